"""What was observed, before any analysis: of a case its passes, stages and counts; of the board its power."""

from __future__ import annotations

import copy
import struct
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.stretches import Stretches
from jetbench.domain.times import Times

Window = tuple[int, int]  # begin and end, CLOCK_MONOTONIC, ns

COUNTS, WARMUP, ENERGY, SOAK = 0, 1, 2, 3  # what a pass was run for
_PURPOSE = {"W": WARMUP, "E": ENERGY, "L": SOAK}
MOST_IMAGES = 1_000_000


class _Begin(msgspec.Struct, frozen=True):
    """What was known of a case when it began in a round."""

    r: int
    status: str
    was_measured: bool
    error: str | None
    stop: str | None
    end: ev.CaseEnd | None
    memory: ev.Memory | None
    throttled: int  # how many states had been seen


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
        self.calibration: ev.Calibration | None = None  # of its device, where it was asked why it is so fast
        self.profile: ev.Profile | None = None
        self.experiments: list[ev.Experiment] = []
        self.agreement: ev.Agreement | None = None  # of a variant with fp32
        self.data: ev.Data | None = None  # the images it was given, and
        self.hits: list[str] = []  # what it made of them, a letter each
        self.data_parts: dict[str, array[int]] = {}  # ns of each batch of them
        self.unread: str | None = None
        self.stages: dict[str, int] = {}  # of the first round, ns
        self.ledger: dict[str, ev.Stage] = {}  # of the first round, with what they were spent on
        self.idle: list[Window] = []
        self.energy: list[Window] = []
        self.round = Stretches()
        self.index = Stretches(step=1)  # of a pass in its round
        self.purpose = Stretches()
        self.start = Times()
        self.duration = array("I")  # wider once one takes four seconds
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
        self._begin: _Begin | None = None  # of the newest round

    def measured(self) -> Sequence[int]:
        """Durations of the passes that count, ns."""
        found = array(self.duration.typecode)
        for begin, end in self.counting():
            found.extend(self.duration[begin:end])
        return found

    def positions(self) -> Sequence[int]:
        """Where the passes that count stand in the columns."""
        found = array("q")
        for begin, end in self.counting():
            found.extend(range(begin, end))
        return found

    def counting(self) -> Iterator[tuple[int, int]]:
        """Begin and end of every stretch of passes that count."""
        return ((begin, end) for begin, end, purpose in self.purpose.spans() if purpose == COUNTS)

    def items(self, purpose: int) -> int:
        """Items processed by the passes of one purpose."""
        return self.case.batch * self.purpose.count(purpose)

    def begin(self, r: int) -> None:
        """It begins in a round."""
        known = (self.status, self.was_measured, self.error, self.stop, self.end, self.memory)
        self._begin = _Begin(r, *known, len(self.throttled))
        self.status = "running"

    def inherit(self, shared: Mapping[str, ev.Stage]) -> None:
        """Stages of a parent that is gone stay with a case that it measured."""
        if self.ledger:
            self.ledger = {**shared, **self.ledger}

    def set_aside(self, r: int) -> int:
        """The newest round is measured anew: what was seen of it does not count. Returns how many passes that were."""
        if self._begin is not None and self._begin.r == r:
            before = self._begin
            self.status, self.was_measured, self.error = before.status, before.was_measured, before.error
            self.stop, self.end, self.memory = before.stop, before.end, before.memory
            del self.throttled[before.throttled :]
        if self.status in ("skipped", "interrupted", "running"):
            self.status = "measured" if self.was_measured else "queued"
        self.rules = [rule for rule in self.rules if rule.r != r]
        self.transfers = [transfer for transfer in self.transfers if transfer.r != r]
        if r == 0:  # of which the stages are told
            self.profile, self.experiments, self.agreement = None, [], None
            self.data, self.hits, self.data_parts = None, [], {}
            self.stages, self.ledger, self.idle, self.energy = {}, {}, [], []
        found = self.round.find(r)
        return self._keep(found if found >= 0 else len(self.round))

    def until(self, t: int) -> ObservedCase:
        """A copy with the passes that had begun by then."""
        cut = copy.deepcopy(self)
        cut._keep(bisect_right(self.start, t))
        return cut

    def _keep(self, kept: int) -> int:
        """The first ``kept`` passes; returns how many are dropped."""
        dropped = len(self.duration) - kept
        for column in (self.round, self.index, self.purpose, self.start, self.duration, self.device):
            del column[kept:]
        self.faults = {at: value for at, value in self.faults.items() if at < kept}
        self.waits = {at: value for at, value in self.waits.items() if at < kept}
        self.spent = {at: value for at, value in self.spent.items() if at < kept}
        self.gc = {at for at in self.gc if at < kept}
        self.batches = [batch for batch in self.batches if batch[0] < kept]
        self.passes = self.purpose.count(COUNTS)
        for values in self.parts.values():
            del values[self.passes :]
        rounds = {number for begin, end in self.counting() for number in self.round[begin:end]}
        del self.windows[len(rounds) :]
        return dropped

    def add_passes(self, event: ev.Latency) -> bool:
        """Take a batch of passes. False where it is none."""
        count = len(event.d)
        if not count or len(event.s) != count:
            return False
        first = len(self.duration)
        purpose = _PURPOSE.get(event.flags[:1], COUNTS)
        self.round.extend(event.r, count)
        self.purpose.extend(purpose, count)
        self.index.extend(event.i, count)
        if self.duration.itemsize == 4 and not 0 <= min(event.d) <= max(event.d) < 1 << 32:
            self.duration = array("q", self.duration)
        self.duration.frombytes(struct.pack(f"{count}{self.duration.typecode}", *event.d))
        self.start.extend(event.b, event.s)
        if len(event.device) == count and len(self.device) == first:
            self.device.extend(event.device)
        if event.faults:
            self.faults.update((first + at, n) for at, n in event.faults if 0 <= at < count)
        if event.waits:
            self.waits.update((first + at, (n, ns)) for at, n, ns in event.waits if 0 <= at < count)
        if event.gc:
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

    def add_hits(self, event: ev.Hits) -> None:
        """Letters go on where the last ones ended; others are of an image that was told already."""
        if event.i != sum(map(len, self.hits)) or event.i + len(event.hits) > MOST_IMAGES:
            return
        self.hits.append(event.hits)
        self.unread = self.unread or event.unread
        for name, values in event.parts.items():
            self.data_parts.setdefault(name, array("q")).extend(values)

    def add_model(self, event: ev.Model) -> None:
        """Counts, or only the shape the case really ran with."""
        if self.model is None or event.params is not None or event.error is not None:
            self.model = event
        else:
            self.model = msgspec.structs.replace(self.model, input=event.input)

    def keep(self, event: ev.Memory | ev.Forecast | ev.Rule | ev.Transfer) -> None:
        """Take what is said of it once a round, or once a rule."""
        if isinstance(event, ev.Memory):
            self.memory = event
        elif isinstance(event, ev.Forecast):
            self.forecast = event
        elif isinstance(event, ev.Rule):
            self.rules.append(event)
        else:
            self.transfers.append(event)

    def add_end(self, event: ev.CaseEnd) -> None:
        """A later round that fails does not unmake passes an earlier one measured; its error is kept."""
        self.was_measured = self.was_measured or event.status == "measured"
        self.status = "measured" if self.was_measured else event.status
        self.error = event.error or self.error
        self.stop = event.stop or self.stop
        if event.status != "measured":
            self.end = event


class Series:
    """Readings of one quantity, to seven digits."""

    def __init__(self, t: Times | None = None) -> None:
        self.t = Times() if t is None else t
        self.value = array("f")

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
        self.temperatures: dict[str, Series] = {}  # by channel, C
        self.throttle: list[ev.Throttle] = []  # the state at the begin of the run, then every change
        self._ticks = Times()  # the times of all series that have a reading of every tick

    def add(
        self, times: Sequence[int], readings: Sequence[tuple[dict[str, Series], str, Sequence[float | None]]]
    ) -> None:
        """Some ticks: of each quantity the series it is kept with, the channel and the reading of every tick."""
        for kept, name, values in readings:
            whole = None not in values
            series = kept.get(name)
            if series is None:
                if not whole and all(value is None for value in values):
                    continue
                series = kept[name] = Series(self._ticks if whole and not len(self._ticks) else None)
            if series.t is self._ticks and not whole:
                series.t = self._ticks.copy()
            if series.t is self._ticks:
                series.value.extend(values)  # type: ignore[arg-type]
                continue
            for t, value in zip(times, values, strict=True):
                if value is not None:
                    series.add(t, value)
        for t in times:
            self._ticks.append(t)
