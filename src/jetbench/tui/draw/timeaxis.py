"""The one time axis: which stretch is shown, and in which column a moment stands. All charts ask here."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import sub
from typing import TYPE_CHECKING

import msgspec

from jetbench.session.lane import BUCKET_NS, Buckets
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draw.series import Extent, dots_a_cell
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.text import clock

if TYPE_CHECKING:  # the first paint does without
    from jetbench.session.history import Points

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


def of_readings(history: Points, axis: TimeAxis) -> list[Extent]:
    """Lowest and highest reading of every dot. A reading holds until the next one, unless that is overdue."""
    times = history.times
    usual = _usual_pause(times[max(0, bisect_left(times, axis.first) - 1) :])

    def held(place: int, until: int, _: int) -> float | None:
        pauses = [times[at] - times[at - 1] for at in range(max(1, place - 1), place + 1)]
        slower = min(pauses, default=0)  # readings are slower without a run
        return history[place][1] if until - times[place] <= LATE * max(usual, slower) else None

    return _by_dot(times, axis, history.extremes, held)


def of_passes(lane: Buckets, axis: TimeAxis) -> list[Extent]:
    """Shortest and longest pass in ms that began in a dot's time. A long one reaches over all that it took."""

    def shown(first: int, last: int) -> Extent:
        low, high = lane.extremes(first, last)
        return low * 1e-6, high * 1e-6

    def held(place: int, _: int, at: int) -> float | None:
        bucket = lane[place]
        lasted = max(BUCKET_NS, round(bucket.mean * bucket.count))
        return bucket.mean * 1e-6 if bucket.t + lasted > at else None

    return _by_dot(lane.times, axis, shown, held)


def _by_dot(
    times: array[int],
    axis: TimeAxis,
    told: Callable[[int, int], Extent],
    held: Callable[[int, int, int], float | None],
) -> list[Extent]:
    """What is told in the time of every dot; where nothing is, what the last one before still says.

    ``told``: of the places [first, last) in ``times``. ``held``: of a place, whose successor comes at a moment, what
    it says at another one. Steps of Python a dot, not a reading: ten minutes cost no more than one.
    """
    newest = bisect_right(times, axis.now)
    at, found = bisect_left(times, axis.first, 0, newest), []
    for begin in range(axis.first, axis.first + axis.cells * axis.dots * axis.dot_ns, axis.dot_ns):
        first, at = at, bisect_left(times, begin + axis.dot_ns, at, newest)
        extent = told(first, at) if at > first else None
        until = times[first] if first < newest else axis.now + 1
        if extent is None and first and until > begin:
            value = held(first - 1, until, begin)
            extent = None if value is None else (value, value)
        found.append(extent)
    return found


def _usual_pause(times: array[int]) -> int:
    stride = max(1, len(times) // MOST_PAUSES)
    pauses = sorted(map(sub, times[1::stride], times[:-1:stride]))
    return pauses[len(pauses) // 2] if pauses else 0
