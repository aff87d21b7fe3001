"""One board: every channel it has, read as one row of integers."""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from jetbench_agent.plugins import PluginError

from . import (
    accuracy,
    battery,
    cooling,
    cpu,
    emc,
    fan,
    gpu,
    gpu_users,
    hwmon_temperature,
    ina238,
    ina3221,
    kernel_log,
    memory,
    nvml,
    plugged,
    power_mode,
    rapl,
    rpi,
    soctherm,
    thermal,
    total,
    x86_throttle,
)
from .aside import label
from .board import identity, is_bare, is_nano_2gb
from .files import MEANINGS, Reading, Root
from .parts import Part, cost_us
from .source import Source, channel
from .sweep import Sweep

# Power first, so that its reads lie closest together. A new sensor is a module in this list (see source.py).
MODULES = (
    ina3221, ina238, rapl, nvml, rpi, battery, thermal, hwmon_temperature, cpu, gpu, emc, fan, memory, cooling,
    soctherm, kernel_log, x86_throttle, power_mode,
)  # fmt: skip
DERIVED = 2  # column 0 is the total power, column 1 the throttle state: made of the readings of the same row

Row = Tuple[List[Optional[int]], Dict[str, str]]


class SensorBoard:
    def __init__(self, root: Root, modules: Sequence[Any] = MODULES, problems: Sequence[str] = ()) -> None:
        self._root = root
        self._problems: List[str] = list(problems)
        self._costs: Optional[Dict[str, float]] = None
        self._facts: Dict[str, Any] = {"reasons": MEANINGS}
        self._parts = [part for part in map(self._part, modules) if part is not None]
        self._sweep = Sweep(self._parts)
        root.closing.append(self._sweep.close)
        for source in self._sweep.sources:
            self._know(source.facts)
            self._problems += source.problems
        self._state: cooling.State = cooling.merged([], root)
        self._rule: Dict[str, Any] = {}
        self._members: List[int] = []
        self._monitors: Dict[str, Source] = {}
        self._resolve(self._sweep.first())
        self._channels = self._columns()
        self._sweep.bound(self._channels[DERIVED:])
        self._ids = [column["id"] for column in self._channels]
        self._silent = frozenset(column["id"] for column in self._channels if "reason" in column)
        why = self.read()[1]
        self._explain(why)
        self._problems += self._findings(why)

    def describe(self) -> Dict[str, Any]:
        """The fields of the ``Board`` event.

        facts: cpu, gpu, power_mode, power (rails of the total, its energy counters, update_ms and accuracy of its
        monitors), reasons (what each reason code means), read_cost_us (of each source).
        """
        if self._costs is None:
            self._costs = self.costs()
        described = identity(self._root)
        facts = dict(self._facts, read_cost_us=self._costs)
        described.update(power=self._rule, channels=self._channels, facts=facts, problems=self._problems)
        if not self._root.is_real:
            described["root"] = self._root.prefix
        return described

    def settings(self) -> Dict[str, Any]:
        """Of the facts those that a person changes, as they are now, and who uses the GPU."""
        return dict(power_mode.facts(self._root), **dict(cpu.facts(self._root), **gpu_users.users(self._root)))

    def read(self, fresh: bool = False) -> Row:
        """(values, why): a reading for every channel, None where there is none.

        ``why`` has the reason code of what is missing just now; a channel with a ``reason`` of its own is not in it.
        ``fresh`` reads the slow sources as well: for the start and the end of a run.
        """
        row: List[Any] = [0] * DERIVED + self._sweep.read(fresh)
        row[0] = total.add([row[place] for place in self._members]) if self._members else self._rule["reason"]
        row[1] = self._throttle_now()
        if "read_error" in row:
            self._look_for_the_lost()
        why = {}
        for place, reading in enumerate(row):
            if type(reading) is not int:
                row[place] = None
                if self._ids[place] not in self._silent:
                    why[self._ids[place]] = reading
        return row, why

    def throttle(self) -> cooling.State:
        """(now, active, notices, reason) as of the last ``read``."""
        return self._state

    def overdue(self) -> bool:
        """Whether a read hangs. Asked by another thread, which then has to go on in place of the one that reads."""
        return self._sweep.overdue()

    def monitor(self, ident: str) -> Dict[str, Any]:
        """update_ms and accuracy of what measures a power channel."""
        source = self._monitors.get(ident)
        return accuracy.facts([source]) if source is not None else {}

    def costs(self) -> Dict[str, float]:
        """Microseconds that a read of each source takes, measured now."""
        found: Dict[str, float] = {}
        for source in self._sweep.sources:
            name = label(source)
            found[name] = round(found.get(name, 0.0) + cost_us(source), 1)
        return found

    def take_logs(self) -> List[str]:
        """What happened to the sources since the last call, a sentence each."""
        if not self._sweep.logs:
            return []
        logs, self._sweep.logs = self._sweep.logs, []
        return logs

    def close(self) -> None:
        self._root.close()

    # -- the start ---------------------------------------------------------------------------------------------------

    def _part(self, module: Any) -> Optional[Part]:
        """One kind of sensor that cannot be understood must not hide the others."""
        part = None
        try:
            part = Part(self._root, module)
            self._know(module.facts(self._root) if hasattr(module, "facts") else {})
        except PluginError as error:
            self._problems.append(str(error))
        except Exception as error:
            self._problems.append("%s: %r" % (module.__name__.rsplit(".", 1)[-1], error))
        return part

    def _know(self, facts: Dict[str, Any]) -> None:
        for key, value in facts.items():
            known = self._facts.get(key)
            self._facts[key] = dict(known, **value) if isinstance(known, dict) and isinstance(value, dict) else value

    def _resolve(self, row: List[Reading]) -> None:
        """The rule of the total power, with what can be read at the start."""
        rails: List[Tuple[str, Optional[str]]] = []
        places: List[int] = []
        monitors: List[Source] = []
        names: List[str] = [""] * DERIVED
        for source in self._sweep.sources:
            for name, driver, column in source.rails():
                rails.append((name, driver))
                places.append(len(names) + column)
                monitors.append(source)
            names += [column["id"] for column in source.channels]
        self._monitors = {names[place]: monitor for place, monitor in zip(places, monitors)}
        readings = [row[place - DERIVED] for place in places]
        why = [reading if type(reading) is str else None for reading in readings]
        lacking = [source.no_power for source in self._sweep.sources if source.no_power]
        nano, bare = is_nano_2gb(self._root), is_bare(self._root)
        self._rule, members = total.resolve(rails, nano, bare, why, lacking[0] if lacking else None)
        self._members = [places[member] for member in members]
        counters = ["energy." + names[place].split(".", 1)[1] for place in self._members]
        has_counters = bool(counters) and all(counter in names for counter in counters)
        power = {"rails": [rails[member][0] for member in members]}
        power.update(accuracy.facts([monitors[member] for member in members]))
        self._know({"power": dict(power, energy=counters) if has_counters else power})

    def _columns(self) -> List[Dict[str, Any]]:
        power = channel("power.total", "power", "W", 1e-6, self._rule["method"] or "", hint=self._rule["reason_text"])
        if self._rule["reason"]:
            power["reason"] = self._rule["reason"]
        state = channel("throttle.now", "state", "", 1.0, cooling.FOLDER if self._sweep.throttling else "")
        if not self._sweep.throttling:
            state.update(reason="no_sensor", hint=self._state[3])
        return _unique([power, state] + [column for source in self._sweep.sources for column in source.channels])

    def _explain(self, why: Dict[str, str]) -> None:
        """A column that is missing at the start says what to do about it, and so does an unknown throttle state."""
        for column in self._channels:
            reason = why.get(column["id"])
            if column["id"] == "throttle.now" and reason:
                column.setdefault("hint", self._state[3])
            elif reason in ("no_permission", "gated", "read_error"):
                column.setdefault("hint", MEANINGS[reason])

    def _findings(self, why: Dict[str, str]) -> List[str]:
        """What a person should know about this board before measuring."""
        found = []
        denied = [column for column in self._channels if why.get(column["id"]) == "no_permission"]
        if denied:
            names = ", ".join(column["id"] for column in denied)
            found.append("no permission to read %s: %s" % (names, denied[0].get("hint")))
        if self._rule["reason"] == "unresolved_rails":
            found.append(self._rule["reason_text"])
        if self._members and why.get("power.total") in ("no_permission", "read_error"):
            found.append("the power rails are there and cannot be read: " + why["power.total"])
        return found

    # -- a tick ------------------------------------------------------------------------------------------------------

    def _throttle_now(self) -> Reading:
        if not self._sweep.throttling:
            return "no_sensor"
        alone = next((source.alone for source in self._sweep.throttling if source.alone), None)
        self._state = cooling.merged([source.throttle for source in self._sweep.throttling], self._root, alone)
        if self._state[0] is not None:
            return int(self._state[0])
        code = (self._state[3] or "").split(":", 1)[0]
        return code if code in MEANINGS else "no_sensor"

    def _look_for_the_lost(self) -> None:
        for part in self._parts:
            if part.rediscovered():
                self._sweep.resort()
                if part.is_whole():
                    self._sweep.logs.append("%s: its devices were gone and have been found again" % part.name)


def _unique(columns: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """A second "temp.acpitz" becomes "temp.acpitz-2", and its name likewise."""
    taken = set()
    for column in columns:
        ident, name, number = column["id"], column["name"], 1
        while column["id"] in taken:
            number += 1
            column.update(id="%s-%d" % (ident, number), name="%s-%d" % (name, number))
        taken.add(column["id"])
    return columns


def open_board(root: str = "/", clock: Optional[Callable[[], int]] = None) -> SensorBoard:
    """The board below ``root``. ``clock`` gives nanoseconds for what is read at intervals; tests set it."""
    under = Root(root, clock)
    added, problems = plugged.begin(under)  # they are asked while ours look for their files
    return SensorBoard(under, MODULES + tuple(added), problems)
