"""The one time axis: which stretch is shown, and in which column a moment stands. All charts ask here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter, itemgetter

import msgspec

from jetbench.session.lane import BUCKET_NS, Bucket
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draw.series import Extent, dots_a_cell
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.text import clock

SECOND = 1_000_000_000
GUTTER = 6  # cells for the labels of an upright axis, with its line
WHOLE = 0
WINDOWS = (60, 300, 600, WHOLE)  # seconds; WHOLE: all so far, up to the longest step
STEPS = (60, 90, 120, 180, 240, 300, 420, 600)  # of WHOLE, so that it rarely changes
STEP, IDLE_STEP = 2 * SECOND, 5 * SECOND  # the right edge moves in these steps, without a run in the latter: bytes
MOST_PAUSES = 500  # are looked at, for the usual one
LATE = 2.5  # a reading stands for its time until the next one; if that is this often overdue, there is a gap


class TimeAxis(msgspec.Struct, frozen=True):
    """``cells`` columns up to ``end``. Edges of columns are multiples of ``cell_ns``: they do not move with time."""

    now: int  # the newest that is drawn, CLOCK_MONOTONIC, ns
    end: int  # a moment in the last column: ``now``, or up to a step after it
    cells: int
    dots: int  # a cell
    dot_ns: int
    begin_of_run: int | None = None

    @property
    def cell_ns(self) -> int:
        return self.dot_ns * self.dots

    @property
    def first(self) -> int:
        """Left edge, ns."""
        return (self.end // self.cell_ns - self.cells + 1) * self.cell_ns

    def dot(self, t: int) -> int:
        """Outside of the axis it is below 0, or ``cells * dots`` and more."""
        return (t - self.first) // self.dot_ns

    def column(self, t: int) -> int:
        return self.dot(t) // self.dots

    def labels(self) -> list[tuple[int, str]]:
        """Columns with how long ago they were, the oldest first; the last one is the right edge."""
        window = self.cells * self.cell_ns / SECOND
        step = next((s for s in (15, 30, 60, 120, 150, 300) if window / s <= max(2, self.cells // 14)), 300)
        ago = range(int(window + 0.5) // step * step, 0, -step)
        found = [(max(0, self.column(self.end - s * SECOND)), f"-{clock(s) if s >= 60 else f'{s} s'}") for s in ago]
        return [*found, (self.cells - 1, self.edge())]

    def edge(self) -> str:
        """The right edge by the time of the run: true for now, for a frozen screen and for a recording."""
        if self.begin_of_run is None or self.now < self.begin_of_run:
            return "now"
        return f"run {clock((self.now - self.begin_of_run) // SECOND)}"


def time_axis(snapshot: Snapshot, width: int, glyphs: Glyphs, window: int = WINDOWS[0]) -> TimeAxis:
    """For charts that are ``width`` cells wide with their labels. ``window`` is one of WINDOWS."""
    cells, dots = max(1, width - GUTTER), dots_a_cell(glyphs)
    seconds = window or _whole(snapshot)
    now = end = snapshot.t
    if busy(snapshot) and not looked_at(snapshot):
        now = end = end // STEP * STEP  # lines change only then: each one that does is sent whole
    elif not looked_at(snapshot):
        end = end // IDLE_STEP * IDLE_STEP + IDLE_STEP - 1  # beyond the newest reading: none is hidden
    return TimeAxis(now, end, cells, dots, -(-seconds * SECOND // (cells * dots)), snapshot.t_start)


def looked_at(snapshot: Snapshot) -> bool:
    """Whether it is a picture of an earlier moment, frozen or of a recording: all its revisions are its time."""
    return snapshot.revisions.get("telemetry") == snapshot.t


def _whole(snapshot: Snapshot) -> int:
    oldest = [points[0][0] for points in snapshot.history.values() if points]
    oldest += [snapshot.lane[0].t] if snapshot.lane else []
    begin = snapshot.t_start if snapshot.t_start is not None and busy(snapshot) else min(oldest, default=snapshot.t)
    needed = (snapshot.t - begin) / SECOND
    return next((step for step in STEPS if step >= needed), STEPS[-1])


def window_words(window: int) -> str:
    return "all" if window == WHOLE else f"{window} s" if window < 120 else f"{window // 60} min"


def of_readings(history: Sequence[tuple[int, float | None]], axis: TimeAxis) -> list[Extent]:
    """Lowest and highest reading of every dot. A reading holds until the next one, unless that is overdue."""
    count = axis.cells * axis.dots
    found: list[Extent] = [None] * count
    since, dot_ns, now = axis.first, axis.dot_ns, axis.now  # reckoned once: ten minutes are thousands of readings
    shown = list(_newest(history, since))
    times = [t for t, _ in shown]
    usual = _usual_pause(shown)
    until = now + 1
    for index in range(len(shown) - 1, -1, -1):
        t, value = shown[index]
        if value is not None and t <= now:
            first = last = (t - since) // dot_ns
            if until - t > LATE * usual and index:  # readings are slower without a run
                pause = t - times[index - 1]
                usual_here = min(pause, times[index - 1] - times[index - 2]) if index > 1 else pause
            else:
                usual_here = 0
            if until - t <= LATE * max(usual, usual_here):
                last = max(first, (until - 1 - since) // dot_ns)
            if first == last and 0 <= first < count:
                known = found[first]
                if known is None:
                    found[first] = (value, value)
                elif not known[0] <= value <= known[1]:
                    found[first] = (min(known[0], value), max(known[1], value))
            else:
                _widen(found, range(max(0, first), min(count - 1, last) + 1), value)
        until = min(until, t)
    return found


def _newest(history: Sequence[tuple[int, float | None]], since: int) -> Sequence[tuple[int, float | None]]:
    """What is on the axis, and the reading before it."""
    return history[max(0, bisect_left(history, since, key=itemgetter(0)) - 1) :]


def _usual_pause(points: Sequence[tuple[int, float | None]]) -> int:
    stride = max(1, len(points) // MOST_PAUSES)
    pauses = sorted(points[i + 1][0] - points[i][0] for i in range(0, len(points) - 1, stride))
    return pauses[len(pauses) // 2] if pauses else 0


def _widen(found: list[Extent], places: Iterable[int], value: float) -> None:
    """At the first place the value joins what is there, at those after it stands where there is nothing."""
    for index, place in enumerate(places):
        known = found[place]
        if known is None:
            found[place] = (value, value)
        elif index == 0:
            found[place] = (min(known[0], value), max(known[1], value))


def of_passes(lane: Sequence[Bucket], axis: TimeAxis) -> list[Extent]:
    """Shortest and longest pass in ms that began in a dot's time. A long one reaches over all that it took."""
    count = axis.cells * axis.dots
    found: list[Extent] = [None] * count
    since, dot_ns = axis.first, axis.dot_ns
    first = max(0, bisect_left(lane, since, key=attrgetter("t")) - 1)  # the one before may reach into it
    lane = lane[first : bisect_right(lane, axis.now, key=attrgetter("t")) + 1]
    if not lane:
        return found
    begins = [bucket.t for bucket in lane]
    for bucket, begin in zip(lane, begins, strict=True):
        if begin > axis.now:
            break
        place = (begin - since) // dot_ns
        if 0 <= place < count:
            known, low, high = found[place], bucket.low * 1e-6, bucket.high * 1e-6
            if known is None:
                found[place] = (low, high)
            elif low < known[0] or high > known[1]:
                found[place] = (min(known[0], low), max(known[1], high))
    for bucket, begin, after in zip(lane, begins, [*begins[1:], axis.now + 1], strict=True):
        if (after - 1 - since) // dot_ns == (begin - since) // dot_ns:
            continue  # it ends where it began
        until = min(after, begin + max(BUCKET_NS, round(bucket.mean * bucket.count)))
        value = bucket.mean * 1e-6
        for place in range(max(0, (begin - since) // dot_ns + 1), min(count - 1, (until - 1 - since) // dot_ns) + 1):
            if found[place] is None:
                found[place] = (value, value)
    return found
