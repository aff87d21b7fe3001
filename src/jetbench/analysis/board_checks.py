"""What of the board's state would spoil a measurement, each with what mends it. Pure: from what was told to findings.

Sources: nvpmodel and jetson_clocks, NVIDIA Jetson Linux Developer Guide (Power Management); governors, kernel doc
admin-guide/pm/cpufreq; MemAvailable and swap, man 5 proc_meminfo; under-voltage, Raspberry Pi documentation on
``vcgencmd get_throttled``. The limits are ours: no vendor gives any. Not delivered by the agent, hence not checked:
whether swap is zram.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

import msgspec

from jetbench.analysis.telemetry import TOTAL_POWER, scaled
from jetbench.domain.events import Board, Channel, Telemetry, Throttle
from jetbench.domain.plugins import PROBLEM
from jetbench.domain.text import printable

State = Literal["ok", "warning", "bad", "unknown"]

NEAR_TRIP_C = 10.0  # below a trip: a run of minutes will reach it
FAN_ROOM_C = 30.0  # below a trip: fans of Jetson and Pi 5 start between 45 and 60 C, trips are at 80 to 99 C
LITTLE_MEMORY = 0.15  # share of all memory that is available: torch alone takes about 300 MiB
IDLE_CPU = 25.0  # %: above, something else works before the run has begun
IDLE_GPU = 10.0  # %
SWAP_MIB = 16.0  # less was moved out once and does no harm
_TEXT = 60
_CALM = Throttle()
_GPU_USERS = {"jetson": "jtop"}  # what shows the processes on a GPU; nvidia-smi does not on a Jetson
# Of the desktop, and daemons that keep the driver loaded. /proc names 15 characters of a process.
_DESKTOP = ("Xorg", "Xwayland", "gnome-", "kwin", "plasma", "weston", "sway", "lxqt", "nvidia-persist", "nvargus")
_MOST_NAMED = 4
_BATTERIES = "sys/class/power_supply/"  # where the agent reads them
_SUPPLY = ("under-voltage", "over-current")  # of the words the sensors have for what throttles
_SUPPLIES = {
    "rpi": "a supply and cable that hold the voltage: 5 V 5 A for a Pi 5, 5 V 3 A for a Pi 4",
    "jetson": "a stronger supply, at the barrel jack where there is one, or a lower power mode",
}


class Finding(msgspec.Struct, frozen=True):
    """``remedy`` is a command or a sentence, None where there is nothing to mend or nothing that would."""

    name: str
    state: State
    text: str
    remedy: str | None = None


def findings(
    board: Board | None, row: Telemetry | None = None, throttle: Throttle | None = None
) -> tuple[Finding, ...]:
    """Of the newest telemetry, if any. Empty before the board has answered and for a simulated one."""
    if board is None or board.facts.get("simulated") is True:
        return ()
    values = {} if row is None else {c.id: scaled(c, v) for c, v in zip(board.channels, row.v, strict=False)}
    return of_values(board, values, throttle or Throttle())


def of_values(board: Board, values: Mapping[str, float | None], throttle: Throttle = _CALM) -> tuple[Finding, ...]:
    """The same from readings in their channels' units."""
    if board.facts.get("simulated") is True:
        return ()
    found = [
        *_power_mode(board),
        *_clocks(board),
        *_governor(board),
        *_fan(board, values),
        *_temperature(board, values),
        *_memory(board, values),
        *_swap(values),
        *_load("GPU load", "load.gpu", IDLE_GPU, values, _GPU_USERS.get(board.kind, "nvidia-smi")),
        *_gpu_users(board),
        *_load("CPU load", "load.cpu", IDLE_CPU, values, "top"),
        *_supply(board, throttle),
        *_throttled(throttle),
        *_battery(board, values),
    ]
    return tuple(found)


def troubles(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those to be mended; what is unknown is none."""
    return tuple(finding for finding in found if finding.state in ("warning", "bad"))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _power_mode(board: Board) -> list[Finding]:
    """The numbers of the modes differ between boards, so a command is only given where the table was read."""
    if board.kind != "jetson":
        return []
    told = _table(board.facts.get("jtop")).get("nvpmodel") or board.facts.get("power_mode")
    if not isinstance(told, str) or not told:
        return [Finding("power mode", "unknown", "not told", "sudo nvpmodel -q shows it")]
    mode = printable(told, _TEXT)
    modes = _table(board.facts.get("power_modes"))
    full = next((key for key, name in modes.items() if str(name).upper().startswith("MAXN")), None)
    if mode.upper().startswith("MAXN") or (modes and full is None):
        return [Finding("power mode", "ok", mode)]
    command = f"sudo nvpmodel -m {int(full)}" if full is not None and full.isdigit() else None
    return [Finding("power mode", "warning", f"{mode}, not MAXN", command or "the modes stand in /etc/nvpmodel.conf")]


def _clocks(board: Board) -> list[Finding]:
    if board.kind != "jetson":
        return []
    told = _table(board.facts.get("jtop")).get("jetson_clocks")
    if told is True:
        return [Finding("clocks", "ok", "held by jetson_clocks")]
    if told is False:
        return [Finding("clocks", "warning", "jetson_clocks is off: they follow the load", "sudo jetson_clocks")]
    return [Finding("clocks", "unknown", "jetson_clocks: not told", "sudo jetson_clocks --show")]


def _governor(board: Board) -> list[Finding]:
    """jetson_clocks leaves the governor and lifts its lowest clock to the highest: that holds as well."""
    cpu = _table(board.facts.get("cpu"))
    policies = [_table(policy) for policy in _table(cpu.get("policies")).values()]
    each = [policy.get("governor") for policy in policies] or [cpu.get("governor")]
    names = sorted({printable(name, 20) for name in each if isinstance(name, str) and name})
    if not names:
        return [] if board.kind == "container" else [Finding("governor", "unknown", "not told")]
    text = ", ".join(names)
    held = _table(board.facts.get("jtop")).get("jetson_clocks") is True or (policies and all(map(_held, policies)))
    if names == ["performance"]:
        return [Finding("governor", "ok", text)]
    if held:
        return [Finding("governor", "ok", f"{text}, held at the highest clock")]
    command = "echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor"
    remedy = "sudo jetson_clocks" if board.kind == "jetson" else command
    return [Finding("governor", "warning", f"{text}: the clock follows the load", remedy)]


def _held(policy: Mapping[str, Any]) -> bool:
    lowest, highest = policy.get("min_khz"), policy.get("max_khz")
    return isinstance(lowest, int) and isinstance(highest, int) and lowest >= highest > 0


def _fan(board: Board, values: Mapping[str, float | None]) -> list[Finding]:
    """A fan that stands still is as it should be while the board is cool."""
    pwm, rpm = values.get("fan.pwm"), values.get("fan.rpm")
    if pwm is None and rpm is None:
        return []
    if pwm or rpm:
        return [Finding("fan", "ok", f"{pwm:.0f} %" if pwm is not None else f"{rpm:.0f} rpm")]
    room = _nearest_trip(board, values)
    if room is None or room[0] >= FAN_ROOM_C:
        return [Finding("fan", "ok" if room is not None else "unknown", "stands still; it starts when it gets warm")]
    remedy = "see that it is plugged in"
    if board.kind == "jetson":
        remedy += "; sudo jetson_clocks, with --fan where its --help has that"
    return [Finding("fan", "warning", "stands still although it is warm", remedy)]


def _nearest_trip(board: Board, values: Mapping[str, float | None]) -> tuple[float, Channel, float] | None:
    """Degrees left to the trip, of the zone where they are fewest, with the zone and what it reads."""
    rooms = [
        (c.limit - value, c, value)
        for c in board.channels
        if c.quantity == "temperature" and c.limit is not None and (value := values.get(c.id)) is not None
    ]
    return min(rooms, key=lambda each: each[0], default=None)


def _temperature(board: Board, values: Mapping[str, float | None]) -> list[Finding]:
    nearest = _nearest_trip(board, values)
    if nearest is None:
        return [] if board.kind == "container" else [Finding("temperature", "unknown", "no zone with a trip is read")]
    room, zone, value = nearest
    text = f"{printable(zone.name, 30)} {value:.0f} C, trip at {zone.limit:.0f} C"
    if room <= 0:
        return [Finding("temperature", "bad", text, "wait until it has cooled; see to fan and air")]
    if room < NEAR_TRIP_C:
        return [Finding("temperature", "warning", text, "wait until it has cooled; see to fan and air")]
    return [Finding("temperature", "ok", text)]


def _memory(board: Board, values: Mapping[str, float | None]) -> list[Finding]:
    free = values.get("mem.available")
    if free is None:
        return [Finding("memory", "unknown", "not told")]
    text = f"{free:.0f} MiB available"
    if not board.memory_mib:
        return [Finding("memory", "ok", text)]
    text += f" of {board.memory_mib} MiB"
    if free >= LITTLE_MEMORY * board.memory_mib:
        return [Finding("memory", "ok", text)]
    # systemd's target of a text console is on Jetson Linux, Raspberry Pi OS and desktops alike
    remedy = "sudo systemctl isolate multi-user.target" if board.kind in ("jetson", "rpi") else "end other programs"
    return [Finding("memory", "warning", text, remedy)]


def _swap(values: Mapping[str, float | None]) -> list[Finding]:
    used = values.get("mem.swap_used")
    if used is None:
        return []
    if used < SWAP_MIB:
        return [Finding("swap", "ok", f"{used:.0f} MiB in use")]
    remedy = "sudo swapoff -a && sudo swapon -a, if memory has room for it"
    return [Finding("swap", "warning", f"{used:.0f} MiB in use", remedy)]


def _load(name: str, channel: str, most: float, values: Mapping[str, float | None], shows: str) -> list[Finding]:
    load = values.get(channel)
    if load is None:
        return []
    if load <= most:
        return [Finding(name, "ok", f"{load:.0f} %")]
    return [Finding(name, "warning", f"{load:.0f} % before the run has begun", f"end what uses it: {shows} shows it")]


def _gpu_users(board: Board) -> list[Finding]:
    """The desktop alone takes little of it while nobody works there; its load is a finding of its own."""
    told = _table(board.facts.get("gpu_users"))
    if not told:
        return []
    pairs = [pair for pair in told.get("found") or () if isinstance(pair, (list, tuple)) and len(pair) == 2]
    named = [(pid, printable(str(name), 20)) for pid, name in pairs if isinstance(pid, int)]
    others = [(pid, name) for pid, name in named if not name.startswith(_DESKTOP)]
    shown = (others or named)[:_MOST_NAMED]
    text = ", ".join(f"{name} ({pid})" for pid, name in shown)
    more = len(others or named) - len(shown)
    text += f" and {more} more" if more else ""
    if others:
        return [
            Finding("GPU users", "warning", text, f"end what is not needed: kill {' '.join(str(p) for p, _ in shown)}")
        ]
    if named:
        return [Finding("GPU users", "ok", f"the desktop alone: {text}")]
    if told.get("hidden"):
        return [
            Finding("GPU users", "unknown", "none of this user's; those of others are hidden", "root sees all of them")
        ]
    return [Finding("GPU users", "ok", "none")]


def _supply(board: Board, throttle: Throttle) -> list[Finding]:
    """What is so now is bad; what was so since the start, or since boot as the board's problems tell, a warning."""
    remedy = _SUPPLIES.get(board.kind, "a stronger supply")
    problems = [problem for problem in board.problems if not problem.startswith(PROBLEM)]
    for state, texts in (("bad", throttle.active), ("warning", (*throttle.notices, *problems))):
        for text in texts:
            if _of_supply(text):
                return [Finding("supply", cast(State, state), printable(text, _TEXT), remedy)]
    return []


def _of_supply(text: str) -> bool:
    return any(word in text.lower() for word in _SUPPLY)


def _throttled(throttle: Throttle) -> list[Finding]:
    """For another reason than the supply, which is a finding of its own."""
    causes = ", ".join(printable(text, 40) for text in throttle.active if not _of_supply(text))
    if not throttle.now or (throttle.active and not causes):
        return []
    causes = causes or "it does not say by what"
    return [Finding("throttled", "bad", f"just now: {causes}", "let it cool; see to fan, air and supply")]


def _battery(board: Board, values: Mapping[str, float | None]) -> list[Finding]:
    """A battery tells watts only while it discharges, whatever else measures the whole, as RAPL does."""
    own = [c.id for c in board.channels if c.quantity == "power" and (c.source or "").startswith(_BATTERIES)]
    total = "battery" in (board.power.method or "") and values.get(TOTAL_POWER) is not None
    if not total and all(values.get(name) is None for name in own):
        return []
    return [Finding("battery", "warning", "runs on its battery: clocks may be lower", "plug the charger in")]
