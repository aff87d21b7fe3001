"""A simulated board, for demos and tests: power, temperatures, clocks and throttling are made up.

Two heat capacities in a row (die, heat sink, air), a power that goes with the load and the clocks, a governor that
takes clocks away above a trip and gives them back below it, a fan curve, noise from a seeded generator. What is
measured elsewhere, latencies above all, is real and stays as it is: only sensors are simulated.
"""

import random
import threading
from typing import Any, Callable, Dict, List, Optional, Tuple

from .accuracy import assumed
from .board import identity
from .files import Root, monotonic_ns
from .simulated_boards import BOARDS, BoardModel
from .source import channel

WARNING = "SIMULATED BOARD: power, temperature and clocks are made up"
SOURCE = "simulated"
MOST_SCALE = 1000.0

_STEP_S = 0.25  # of the model
_GOVERNOR_S = 1.0
_LOWEST_SPEED = 0.4
_STATES = 12  # of the governor between full speed and the lowest
_LEAKAGE = 0.004  # a kelvin
_CRITICAL_ABOVE = 8.0  # K above the passive trip
_MOST_GAP_S = 600.0  # real seconds; a machine that slept does not wake up to hours of arithmetic


def parse(text: str) -> Tuple[str, float]:
    """ "nano:x20" is ("nano", 20.0). Raises ValueError with one sentence."""
    name, _, speed = text.partition(":")
    if name not in BOARDS:
        raise ValueError("no simulated board %r; there are %s" % (name[:40], ", ".join(sorted(BOARDS))))
    try:
        scale = float(speed[1:]) if speed[:1] == "x" else 1.0 if not speed else 0.0
    except ValueError:
        scale = 0.0
    if not 0.1 <= scale <= MOST_SCALE:
        raise ValueError("%r is no time scale; %s:x20 runs the board's heat 20 times as fast" % (speed[:40], name))
    return name, scale


class Heat(object):
    """Temperatures, clocks and the fan of a board; ``advance`` lets time pass."""

    def __init__(self, model: BoardModel) -> None:
        self._model = model
        self._thermal = model.thermal
        self._governed = 0.0
        self.load = 0.0
        self.state = 0  # of the governor: 0 is full speed
        self.fan = 0.0
        self.die = self.sink = self._thermal.ambient_c
        for _ in range(200):  # until it is as warm as it gets at rest
            self.fan = self._fan_drive()
            self.sink = self._thermal.ambient_c + self.watts() * self._sink_resistance()
            self.die = self.sink + self.watts() * self._thermal.die_k_per_w

    @property
    def speed(self) -> float:
        """The clocks as a share of the highest."""
        return 1.0 - (1.0 - _LOWEST_SPEED) * self.state / _STATES

    @property
    def activity(self) -> float:
        """How far power is between rest and full load."""
        return self.load * self.speed**2.5

    @property
    def leakage(self) -> float:
        return 1.0 + _LEAKAGE * (self.die - 45.0)

    def watts(self) -> float:
        model = self._model
        return (model.idle_w + (model.full_w - model.idle_w) * self.activity) * self.leakage

    def advance(self, seconds: float) -> None:
        thermal = self._thermal
        sink_capacity = thermal.sink_s / thermal.sink_k_per_w
        die_capacity = thermal.die_s / thermal.die_k_per_w
        while seconds > 1e-9:
            step = min(_STEP_S, seconds)
            seconds -= step
            through = (self.die - self.sink) / thermal.die_k_per_w
            out = (self.sink - thermal.ambient_c) / self._sink_resistance()
            self.die += (self.watts() - through) / die_capacity * step
            self.sink += (through - out) / sink_capacity * step
            self.fan += (self._fan_drive() - self.fan) * min(1.0, step / 2.0)
            self._govern(step)

    def _govern(self, step: float) -> None:
        """One state a second, as the kernel's step_wise governor does it."""
        self._governed += step
        if self._governed < _GOVERNOR_S:
            return
        self._governed = 0.0
        if self.die >= self._thermal.trip_c:
            self.state = min(_STATES, self.state + 1)
        elif self.die < self._thermal.trip_c - self._thermal.hysteresis_c:
            self.state = max(0, self.state - 1)

    def _sink_resistance(self) -> float:
        return self._thermal.sink_k_per_w * (1.0 - self._thermal.fan_gain * self.fan)

    def _fan_drive(self) -> float:
        drive = 0.0
        before: Optional[Tuple[float, float]] = None
        for at, share in self._thermal.fan:
            if self.die >= at:
                drive = share
            elif before is not None and self.die > before[0]:
                drive = before[1] + (share - before[1]) * (self.die - before[0]) / (at - before[0])
            before = (at, share)
        return drive


class SimulatedBoard(object):
    """What a ``SensorBoard`` is, without a board. ``set_load`` says how busy it is, 0 to 1."""

    def __init__(self, text: str, clock: Optional[Callable[[], int]] = None, seed: int = 1) -> None:
        self._name, self._scale = parse(text)
        self._model = BOARDS[self._name]
        self._clock = clock or monotonic_ns
        self._chance = random.Random(seed)
        self._seed = seed
        self._heat = Heat(self._model)
        self._counts = [0.0 for _ in self._model.counters]
        self._lock = threading.Lock()
        self._now = self._clock()
        self._channels = self._columns()
        self._throttle = self._state()

    def set_load(self, share: float) -> None:
        """From now on; any thread."""
        with self._lock:
            self._pass_time()
            self._heat.load = min(1.0, max(0.0, float(share)))

    def describe(self) -> Dict[str, Any]:
        """This machine, and in front of it the board that it plays."""
        model, total = self._model, self._model.total
        described = identity(Root("/"))
        described.update(
            model="SIMULATED " + model.model,
            kind=model.kind,
            soc=model.soc,
            channels=[dict(column) for column in self._channels],
            facts=self._facts(described.get("cpus")),
            problems=[WARNING],
            power={
                "method": total.method and "simulated:" + total.method,
                "scope": total.scope and "SIMULATED: " + total.scope,
                "reason": total.reason,
                "reason_text": total.reason_text,
            },
        )
        return described

    def read(self, fresh: bool = False) -> Tuple[List[Optional[int]], Dict[str, str]]:
        with self._lock:
            self._pass_time()
            self._throttle = self._state()
            rails = self._rails()
            members = [rails[rail.label][0] for rail in self._model.rails if rail.label in self._model.total.rails]
            row: List[Optional[int]] = [sum(members) if members else None, int(self._heat.state > 0)]
            for rail in self._model.rails:
                row += rails[rail.label]
            row += self._temperatures() + self._clocks() + self._others()
            return row, {}

    def throttle(self) -> Tuple[bool, List[str], List[str], None]:
        return self._throttle

    def close(self) -> None:
        pass

    # -- the model's time

    def _pass_time(self) -> None:
        now = self._clock()
        seconds = min(_MOST_GAP_S, max(0.0, (now - self._now) * 1e-9)) * self._scale
        self._now = now
        self._heat.advance(seconds)
        if self._counts:  # short over-currents, in bursts, only at full clocks
            expected = seconds * 0.2 * self._heat.activity
            self._counts[-1] += max(0.0, self._chance.gauss(expected, expected**0.5))

    def _state(self) -> Tuple[bool, List[str], List[str], None]:
        active = list(self._model.throttles) if self._heat.state else []
        return bool(active), active, [], None

    # -- readings, in the integers of the channels

    def _rails(self) -> Dict[str, List[int]]:
        """label -> microwatts, millivolts, milliamperes; power is their product, as an INA3221 gives it."""
        found = {}
        common = self._chance.gauss(1.0, 0.012)
        for rail in self._model.rails:
            watts = (rail.idle_w + (rail.full_w - rail.idle_w) * self._heat.activity) * self._heat.leakage
            watts *= common * self._chance.gauss(1.0, 0.006)
            volts = rail.volts * self._chance.gauss(1.0, 0.001) - 0.002 * watts / rail.volts
            millivolts = int(volts * 1e3)
            milliamps = max(1, int(watts / volts * 1e3))
            found[rail.label] = [millivolts * milliamps, millivolts, milliamps]
        return found

    def _temperatures(self) -> List[int]:
        readings = []
        for zone in self._model.zones:
            celsius = (self._heat.sink if zone.of_sink else self._heat.die) + zone.above_die
            readings.append(int((celsius + self._chance.gauss(0.0, 0.12)) * 2) * 500)
        return readings

    def _clocks(self) -> List[int]:
        """At rest the lowest, under load what the governor leaves."""
        busy = self._heat.load > 0.05
        readings = []
        for _, lowest, highest in self._model.policies:
            readings.append(max(lowest, int(highest * self._heat.speed)) if busy else lowest)
        if self._model.gpu:
            _, lowest, highest = self._model.gpu
            readings.append(max(lowest, int(highest * self._heat.speed)) if busy else lowest)
        return readings

    def _others(self) -> List[int]:
        load = self._heat.load
        readings = [self._permille(0.02 + 0.95 * load)]
        if self._model.gpu:
            readings.append(self._permille(0.9 * load) if load else 0)
        if self._model.thermal.fan:
            readings.append(int(self._heat.fan * 1000))
            turning = self._heat.fan * self._model.thermal.fan_rpm
            readings.append(int(turning * self._chance.gauss(1.0, 0.01)) if self._heat.fan > 0.05 else 0)
        return readings + [int(count) for count in self._counts]

    def _permille(self, share: float) -> int:
        return int(1000 * min(1.0, max(0.0, share + self._chance.gauss(0.0, 0.01))))

    # -- what there is

    def _columns(self) -> List[Dict[str, Any]]:
        model, trip = self._model, self._model.thermal.trip_c
        power = channel("power.total", "power", "W", 1e-6, SOURCE)
        if model.total.reason:
            power.update(reason=model.total.reason, hint=model.total.reason_text)
        columns = [power, channel("throttle.now", "state", "", 1.0, SOURCE)]
        for rail in model.rails:
            columns += [
                channel("power." + rail.label, "power", "W", 1e-6, SOURCE),
                channel("voltage." + rail.label, "voltage", "V", 1e-3, SOURCE),
                channel("current." + rail.label, "current", "A", 1e-3, SOURCE),
            ]
        for zone in model.zones:
            limits = {} if zone.of_sink else {"limit": trip, "critical": trip + _CRITICAL_ABOVE}
            columns.append(channel("temp." + zone.name, "temperature", "C", 1e-3, SOURCE, **limits))
        for policy, _, highest in model.policies:
            ident = "clock.cpu." + policy
            columns.append(channel(ident, "clock", "MHz", 1e-3, SOURCE, name=policy, limit=highest / 1e3))
        if model.gpu:
            columns.append(channel("clock.gpu", "clock", "MHz", 1e-6, SOURCE, limit=model.gpu[2] / 1e6))
        columns.append(channel("load.cpu", "load", "%", 0.1, SOURCE))
        if model.gpu:
            columns.append(channel("load.gpu", "load", "%", 0.1, SOURCE))
        if model.thermal.fan:
            columns += [
                channel("fan.pwm", "fan", "%", 0.1, SOURCE),
                channel("fan.rpm", "fan", "rpm", 1.0, SOURCE),
            ]
        return columns + [channel("oc." + name, "counter", "count", 1.0, SOURCE) for name in model.counters]

    def _known(self) -> Dict[str, Any]:
        """Every reading is a new one."""
        return {"accuracy": assumed("simulated board")} if self._model.total.rails else {}

    def _facts(self, cpus: Any) -> Dict[str, Any]:
        model = self._model
        policies = {
            name: {"max_khz": highest, "hardware_max_khz": highest, "governor": SOURCE, "cpus": []}
            for name, _, highest in model.policies
        }
        gpu = None
        if model.gpu:
            gpu = {"name": model.gpu[0], "min_hz": model.gpu[1], "max_hz": model.gpu[2], "governor": SOURCE}
        return {
            "simulated": True,
            "simulation": {
                "board": self._name,
                "time_scale": self._scale,
                "seed": self._seed,
                "ambient_c": model.thermal.ambient_c,
                "trip_c": model.thermal.trip_c,
            },
            "cpu": {"online": cpus, "governor": SOURCE, "policies": policies},
            "gpu": gpu,
            "power": dict({"rails": list(model.total.rails)}, **self._known()),
        }
