"""A histogram of the newest passes or a whole case, linear, by their logarithm, or their ECDF; with p50, p95, p99."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby

import msgspec

from jetbench.analysis.latency import percentile
from jetbench.domain.bins import Bins
from jetbench.tui.draw.axis import Axis, Scale, axis, crowd, log_axis, place
from jetbench.tui.draw.bars import columns
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row

MODES = ("linear", "log", "ecdf")
MARKS = (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
GUTTER = 6  # count labels and the tick: the upright axis of every chart in the pane


class Sample(msgspec.Struct, frozen=True):
    """Passes in milliseconds, in order of size, and what is marked of them."""

    ordered: tuple[float, ...]
    marks: tuple[tuple[str, float], ...]

    @staticmethod
    def of(durations_ns: Sequence[int]) -> Sample:
        ordered = tuple(sorted(d * 1e-6 for d in durations_ns))
        return Sample(ordered, tuple((name, percentile(ordered, q)) for name, q in MARKS) if ordered else ())

    @property
    def low(self) -> float:
        return self.ordered[0]

    @property
    def high(self) -> float:
        return self.ordered[-1]

    @property
    def n(self) -> int:
        return len(self.ordered)

    def below(self, value: float) -> int:
        return bisect_right(self.ordered, value)


class Whole(msgspec.Struct, frozen=True):
    """All clean passes of a case, from their bins, in milliseconds."""

    bins: Bins
    marks: tuple[tuple[str, float], ...]

    @staticmethod
    def of(bins: Bins) -> Whole:
        return Whole(bins, tuple((name, bins.percentile(q) * 1e-6) for name, q in MARKS))

    @property
    def low(self) -> float:
        return self.bins.low * 1e-6

    @property
    def high(self) -> float:
        return self.bins.high * 1e-6

    @property
    def n(self) -> int:
        return self.bins.n

    def below(self, value: float) -> int:
        return self.bins.below(round(value * 1e6, 3))


Passes = Sample | Whole


def fitting_axis(sample: Passes, width: int, before: Scale | None, mode: str) -> Scale:
    """Around what matters; far outliers are counted beyond the end. Kept while it still fits: no jitter."""
    if mode == "log":
        return log_axis(sample.low, sample.high)  # all of them are on it
    p99 = sample.marks[-1][1]
    reach = p99 + 0.5 * max(p99 - sample.low, 1e-6)
    high = min(sample.high, reach) if sample.n >= 20 else sample.high
    if isinstance(before, Axis) and before.low <= sample.low and high <= before.high:
        span = high - sample.low
        if span >= 0.4 * (before.high - before.low):
            return before
    return axis(sample.low, high, max(2, width // 9))


def counts(sample: Passes, scale: Scale, bins: int) -> tuple[list[int], int]:
    """Passes a bin, and those beyond the end."""
    edges = [sample.below(scale.value(i / bins)) for i in range(1, bins + 1)]
    found = [after - before for before, after in zip([0, *edges[:-1]], edges, strict=True)]
    return found, sample.n - edges[-1]


def bin_width(n: int, width: int) -> int:
    """Characters a bin: few passes make wide bins."""
    wanted = 1 if n >= 400 else 2 if n >= 60 else 3
    return max(1, min(wanted, width // 8))


def draw(sample: Passes, room: Room, before: Scale | None = None, mode: str = "linear") -> tuple[list[Row], Scale]:
    """As many rows as the room has: bars, the axis, its labels, the marks' names."""
    cell = 1 if mode == "ecdf" else bin_width(sample.n, room.width - GUTTER)
    bins = max(1, (room.width - GUTTER) // cell)
    width, height = bins * cell, max(1, room.height - 3)
    scale = fitting_axis(sample, width, before, mode)
    found, beyond = counts(sample, scale, bins)
    if mode == "ecdf":
        values, top, label = [100 * sum(found[: i + 1]) / sample.n for i in range(bins)], 100.0, "100 %"
    else:
        values, top = [float(n) for n in found], axis(0, max(found), max(4, height // 2)).high
        label = f"{top:.0f}"
    marked = {scale.column(value, bins): name for name, value in reversed(sample.marks)}
    rows = []
    for y, line in enumerate(columns(values, top, height, room.glyphs.levels)):
        text = label if y == 0 else ""
        row = (
            room.row().right(text, GUTTER - 1, "faint").put(room.glyphs.tick if text else room.glyphs.frame[5], "faint")
        )
        rows.append(_bar_line(row, line, cell, marked, room))
    base = room.row().right("0", GUTTER - 1, "faint").put(room.glyphs.tick, "faint")
    base.put(room.glyphs.axis * width, "faint")
    return [*rows, base, _numbers(scale, width, beyond, room), _names(sample, scale, width, room)], scale


def _bar_line(row: Row, line: str, cell: int, marked: dict[int, str], room: Room) -> Row:
    """Runs of bars in one colour; a mark is a coloured bar, and a line above it."""

    def role(column: int) -> str:
        return marked.get(column, "bars")

    for name, run in groupby(range(len(line)), key=role):
        for column in run:
            if name != "bars" and line[column] == " ":
                row.put((room.glyphs.mark + " " * cell)[:cell], name)
            else:
                row.put(line[column] * cell, name)
    return row


def _numbers(scale: Scale, width: int, beyond: int, room: Room) -> Row:
    row = room.row()
    labels = [(GUTTER + round(scale.share(t) * (width - 1)), scale.label(t)) for t in scale.ticks()]
    end = f"+{beyond} beyond" if beyond else "ms"
    for start, text in place(labels, room.width - len(end) - 1):
        row.to(start).put(text, "muted")
    return row.end(end, "warn" if beyond else "faint")


def _names(sample: Passes, scale: Scale, width: int, room: Room) -> Row:
    labels = [
        (GUTTER + int(scale.share(min(value, scale.high)) * (width - 1)), name, name) for name, value in sample.marks
    ]
    row = room.row()
    for start, text, role in crowd(labels, room.width):
        row.to(start).put(text, role)
    return row
