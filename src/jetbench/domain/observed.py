"""What was observed, before any analysis: of a case its passes, stages and counts; of the board its power."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import msgspec

from jetbench.domain import events as ev

Window = tuple[int, int]  # begin and end, CLOCK_MONOTONIC, ns

COUNTS, WARMUP, ENERGY = 0, 1, 2  # what a pass was run for
_PURPOSE = {"W": WARMUP, "E": ENERGY}


class ObservedCase:
    """Everything that was said of one case. Passes are kept in columns, in the order they were told."""

    def __init__(self, case: ev.Case) -> None:
        self.case = case
        self.status = "queued"
        self.was_measured = False  # in any round
        self.error: str | None = None
        self.stop: str | None = None
        self.end: ev.CaseEnd | None = None  # the last one that did not end well
        self.model: ev.Model | None = None
        self.memory: ev.Memory | None = None
        self.forecast: ev.Forecast | None = None
        self.rules: list[ev.Rule] = []
        self.transfers: list[ev.Transfer] = []
        self.stages: dict[str, int] = {}  # of the first round, ns
        self.ledger: dict[str, ev.Stage] = {}  # of the first round, with what they were spent on
        self.idle: list[Window] = []
        self.energy: list[Window] = []
        self.round = array("l")
        self.index = array("q")
        self.start = array("q")
        self.duration = array("q")
        self.purpose = array("b")
        self.device = array("q")  # by events of the accelerator: empty, or one for each pass
        self.parts: dict[str, array[int]] = {}  # end to end: one for each pass that counts
        self.faults: dict[int, int] = {}  # position of a pass: major page faults
        self.waits: dict[int, tuple[int, int]] = {}  # involuntary switches, ns waited for a core (-1: unknown)
        self.gc: set[int] = set()
        self.spent: dict[int, dict[str, int]] = {}  # position of an early pass: what it was spent on
        self.batches: list[tuple[int, int, int, int]] = []  # position, passes, KiB swapped in, ms stolen
        self.passes = 0  # that count
        self.windows: list[Window] = []  # first start and last end of measuring, by round
        self.throttled: list[bool | None] = []  # states seen while it was measured

    def measured(self) -> Sequence[int]:
        """Durations of the passes that count, ns."""
        return array("q", (d for d, p in zip(self.duration, self.purpose, strict=True) if p == COUNTS))

    def positions(self) -> Sequence[int]:
        """Where the passes that count stand in the columns."""
        return array("q", (i for i, p in enumerate(self.purpose) if p == COUNTS))

    def items(self, purpose: int) -> int:
        """Items processed by the passes of one purpose."""
        return self.case.batch * self.purpose.count(purpose)

    def add_passes(self, event: ev.Latency) -> bool:
        """Take a batch of passes. False where it is none."""
        count = len(event.d)
        if not count or len(event.s) != count:
            return False
        first = len(self.duration)
        purpose = _PURPOSE.get(event.flags[:1], COUNTS)
        self.round.extend([event.r] * count)
        self.index.extend(range(event.i, event.i + count))
        self.start.extend(event.b + start for start in event.s)
        self.duration.extend(event.d)
        self.purpose.extend([purpose] * count)
        if len(event.device) == count and len(self.device) == first:
            self.device.extend(event.device)
        self.faults.update((first + at, n) for at, n in event.faults if 0 <= at < count)
        self.waits.update((first + at, (n, ns)) for at, n, ns in event.waits if 0 <= at < count)
        self.gc.update(first + at for at in event.gc if 0 <= at < count)
        if event.spent:
            self.spent[first] = event.spent
        if event.swap_in_kib or event.steal_ms:
            self.batches.append((first, count, event.swap_in_kib, event.steal_ms))
        if purpose == COUNTS:
            self._add_counting(event, count)
        return True

    def _add_counting(self, event: ev.Latency, count: int) -> None:
        for name, values in event.parts.items():
            if len(values) == count:
                self.parts.setdefault(name, array("q")).extend(values)
        window = (event.b + event.s[0], event.b + event.s[-1] + event.d[-1])
        if event.i == 0 or not self.windows:
            self.windows.append(window)
        else:
            self.windows[-1] = (self.windows[-1][0], window[1])
        self.passes += count

    def add_stage(self, event: ev.Stage) -> None:
        """Take a stage that is over."""
        if event.ns is None:
            return
        self.stages.setdefault(event.name, event.ns)
        self.ledger.setdefault(event.name, event)
        if event.name in ("idle", "energy"):
            windows = self.idle if event.name == "idle" else self.energy
            windows.append((event.t - event.ns, event.t))

    def add_model(self, event: ev.Model) -> None:
        """Counts, or only the shape the case really ran with."""
        if self.model is None or event.params is not None or event.error is not None:
            self.model = event
        else:
            self.model = msgspec.structs.replace(self.model, input=event.input)

    def add_end(self, event: ev.CaseEnd) -> None:
        """A later round that fails does not unmake passes an earlier one measured; its error is kept."""
        self.was_measured = self.was_measured or event.status == "measured"
        self.status = "measured" if self.was_measured else event.status
        self.error = event.error or self.error
        self.stop = event.stop or self.stop
        if event.status != "measured":
            self.end = event


class Series:
    """Readings of one quantity."""

    def __init__(self) -> None:
        self.t = array("q")  # CLOCK_MONOTONIC, ns
        self.value = array("d")

    def add(self, t: int, value: float) -> None:
        self.t.append(t)
        self.value.append(value)


class PowerSeries:
    """Total power of the board while a run lasts: readings in W, and the energy counter in J where it has one."""

    def __init__(self) -> None:
        self.t = array("q")  # CLOCK_MONOTONIC, ns
        self.watts = array("d")
        self.counter_t = array("q")
        self.joules = array("d")


class ObservedBoard:
    """What the board did while a run lasted."""

    def __init__(self) -> None:
        self.power = PowerSeries()
        self.clocks: dict[str, Series] = {}  # by channel, MHz
        self.loads: dict[str, Series] = {}  # by channel, %
        self.throttle: list[ev.Throttle] = []  # the state at the begin of the run, then every change
