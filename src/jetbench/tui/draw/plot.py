"""Finished cases as a plot: lines along batch or input size, or points of two measures; a letter tells whose they are.

What cannot be drawn is told below with its reason. Scales are logarithmic where values are far apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
from msgspec.structs import replace
from rich.cells import cell_len

from jetbench.analysis import series
from jetbench.analysis.measures import BY_NAME, Measure
from jetbench.analysis.series import Point
from jetbench.domain.metrics import significant
from jetbench.domain.results import CaseResult
from jetbench.domain.text import printable
from jetbench.tui.draw.axis import LogAxis, Scale, axis, log_axis, place
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.results import name
from jetbench.tui.draw.series import DOTS
from jetbench.tui.row import Row
from jetbench.tui.text import plural

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SHARED = "*"  # more than one point in a cell
ROLES = ("series", "p50", "p95", "power", "temperature", "p99")
FAR = 20.0  # the largest value by the smallest: beyond, a scale is logarithmic
FAR_SWEPT = 8.0  # of batches and input sizes: people double them
LEAST = 5  # rows of the chart with its labels: what stands below it gives way
Cell = tuple[int, int]


class Mark(msgspec.Struct, frozen=True):
    """A point, in the units that are shown."""

    x: float
    y: float
    letter: str
    role: str
    low: float  # ends of the interval of y; both the value where there is none
    high: float
    left: float  # and of x
    right: float
    result: CaseResult
    here: bool  # the case under the cursor


class Drawn(msgspec.Struct, frozen=True):
    """Rows, and whose letter is at which cell of which row, for the mouse."""

    rows: list[Row]
    spots: dict[Cell, CaseResult] = {}


class Names(msgspec.Struct, frozen=True):
    """Where the ticks of the lower axis are, with their labels, and what it is of."""

    ticks: tuple[tuple[float, str], ...]
    title: str


def along(
    results: Sequence[CaseResult], y: Measure, axis_name: str, room: Room, here: CaseResult | None = None
) -> Drawn:
    """A line a model and whatever else differs, over batches or the size of the input."""
    lines = series.lines(results, y, axis_name)
    paths, labels = [], {}
    for index, line in enumerate(lines):
        paths.append([_mark(point, index, here) for point in line.points])
        for point in line.points:
            if point.x is not None:
                labels[point.x] = _label(point.result, axis_name)
    legend = [(_letter(index), line.name, _role(index)) for index, line in enumerate(lines)]
    points = [point for line in lines for point in line.points]
    own = next((point for point in points if here is not None and point.result is here), None)
    head = room.row().put("y", "key").put(f" {y.title}", "strong").gap(3).put("b", "key")
    head.put(" along ", "muted").put(axis_name, "strong")
    below = [*_legend(legend, room), *_own(own, None, y, room), *_missing(points, None, y, room)]
    return _plot(head, paths, Names(tuple(sorted(labels.items())), axis_name), below, room, joined=True)


def scattered(
    results: Sequence[CaseResult],
    x: Measure,
    y: Measure,
    room: Room,
    here: CaseResult | None = None,
    owners: Sequence[str] = (),
    best: frozenset[int] | None = None,
) -> Drawn:
    """A point a case, a letter a model; a capital where no other case is better in both.

    ``owners``: whose letter each case has instead of its model's. ``best``: places of those with a capital.
    """
    points = series.scatter(results, x, y)
    best = series.pareto(points, x, y) if best is None else best
    whose = list(owners) or [result.case.model for result in results]
    letters = {owner: index for index, owner in enumerate(dict.fromkeys(whose))}
    marks = [_mark(point, letters[whose[i]], here, i in best) for i, point in enumerate(points)]
    legend = [(_letter(index), owner, _role(index)) for owner, index in letters.items()]
    own = next((point for point in points if here is not None and point.result is here), None)
    head = room.row().put("y", "key").put(f" {y.title}", "strong").gap(3).put("x", "key").put(f" {x.title}", "strong")
    if best:
        text = "CAPITAL: none is better in both"
        head.end(text if len(text) + 2 <= head.left else "CAPITAL: best", "muted", keep=2)
    title = next((owner for owner, point in zip(owners, points, strict=False) if point is own), "")
    below = [*_legend(legend, room), *_own(own, x, y, room, title), *_missing(points, x, y, room)]
    return _plot(head, [marks], Names((), x.title), below, room, joined=False)


def _letter(index: int, best: bool = False) -> str:
    if index >= len(LETTERS):
        return "#" if best else "+"
    return LETTERS[index].upper() if best else LETTERS[index]


def _role(index: int) -> str:
    return ROLES[index % len(ROLES)]


def _label(result: CaseResult, axis_name: str) -> str:
    return str(BY_NAME["input"].of(result)) if axis_name == "input" else str(result.case.batch)


def _mark(point: Point, index: int, here: CaseResult | None, best: bool = False) -> Mark | None:
    if point.x is None or point.y is None:
        return None
    low, high = point.interval or (point.y, point.y)
    left, right = point.x_interval or (point.x, point.x)
    letter, role, result = _letter(index, best), _role(index), point.result
    return Mark(point.x, point.y, letter, role, low, high, left, right, result, result is here)


# -- below the chart


def _legend(entries: Sequence[tuple[str, str, str]], room: Room) -> list[Row]:
    """Whose letters they are, in at most three lines."""
    rows, most = [room.row()], 3 if room.height >= 20 else 2 if room.height >= 14 else 1
    rest = f"{room.glyphs.more} {len(entries)} in all"
    for index, (letter, text, role) in enumerate(entries):
        text = printable(text)
        needed = cell_len(text) + 2 + (2 if rows[-1].used else 0)
        last = len(rows) == most
        keep = 0 if not last or index == len(entries) - 1 else len(rest) + 2
        if needed + keep > rows[-1].left and rows[-1].used:
            if last:
                rows[-1].gap(2).put(rest, "muted")
                break
            rows.append(room.row())
        rows[-1].gap(2 if rows[-1].used else 0).put(letter, role).put(f" {text}", "muted")
    return rows


def _own(point: Point | None, x: Measure | None, y: Measure, room: Room, title: str = "") -> list[Row]:
    """The case under the cursor in figures; ``title``: another one than its name."""
    if point is None:
        return []
    row = room.row().put(room.glyphs.cursor, "key").gap()
    words = [_figure(y, point)]
    if x is not None:
        words.append(_figure(x, Point(point.result, None, point.x, point.x_interval)))
    figures = "  ".join(words)
    title = title or name(point.result)
    row.fit(title, min(cell_len(title), room.width - len(figures) - 4), "strong", room.glyphs.more)
    return [row.gap(2).put(figures, "text")]


def _figure(measure: Measure, point: Point) -> str:
    if point.y is None:
        return f"{measure.metric.title} N/A"
    text = f"{measure.metric.title} {significant(point.y, 3)} {measure.metric.heading_unit}".rstrip()
    if point.interval is None:
        return text
    return f"{text} [{significant(point.interval[0], 3)}, {significant(point.interval[1], 3)}]"


def _missing(points: Sequence[Point], x: Measure | None, y: Measure, room: Room) -> list[Row]:
    rows: list[Row] = []
    for reason, count in series.missing(points, x, y).items():
        rows += room.paragraph(f"{plural(count, 'case')} not drawn, {printable(reason)}", "warn")
    most = 3 if room.height >= 20 else 1
    if len(rows) > most:
        rows = rows[:most]
        text = f"{rows[-1].text.rstrip()} {room.glyphs.more}"
        rows[-1] = room.row().fit(text, room.width, "warn", room.glyphs.more)
    return rows


# -- the chart


def _plot(
    head: Row, paths: Sequence[Sequence[Mark | None]], names: Names, below: list[Row], room: Room, joined: bool
) -> Drawn:
    marks = [mark for path in paths for mark in path if mark is not None]
    if not marks:
        return Drawn([head, room.row(), *room.paragraph("nothing to draw", "muted"), *below])
    below = below[: max(0, room.height - 1 - LEAST)]
    inner = replace(room, height=max(LEAST, room.height - 1 - len(below)))
    chart = _chart(paths, marks, names, inner, joined)
    spots = {(x, y + 1): result for (x, y), result in chart.spots.items()}
    return Drawn([head, *chart.rows, *below], spots)


def _scale(low: float, high: float, most: int, far: float = FAR) -> Scale:
    return log_axis(low, high) if low > 0 and high / low >= far else axis(low, high, most)


def _lower(marks: Sequence[Mark], names: Names, width: int) -> Scale:
    """Where intervals reach below zero they are cut at the edge: a scale is made for values."""
    low, high = min(mark.left for mark in marks), max(mark.right for mark in marks)
    if low <= 0 < min(mark.x for mark in marks):
        low = min(mark.x for mark in marks)
    return _scale(low, high, max(1, width // 9), FAR_SWEPT if names.ticks else FAR)


def _chart(
    paths: Sequence[Sequence[Mark | None]], marks: Sequence[Mark], names: Names, room: Room, joined: bool
) -> Drawn:
    height = room.height - 2
    ys = _scale(min(mark.low for mark in marks), max(mark.high for mark in marks), max(1, height // 3))
    labels: dict[int, str] = {}
    for tick in ys.ticks():
        labels.setdefault(_row(ys, tick, height), ys.label(tick))
    gutter = max(map(len, labels.values())) + 1
    width = room.width - gutter
    xs = _lower(marks, names, width)
    cells: dict[Cell, tuple[str, str]] = {}
    if joined:
        for path in paths:
            cells |= _joined(path, xs, ys, width, height, room)
    for mark in marks:
        column, line = _column(xs, mark.x, width), _row(ys, mark.y, height)
        for x in range(_column(xs, mark.left, width), _column(xs, mark.right, width) + 1):
            cells[(x, line)] = (room.glyphs.axis, mark.role)
        for y in range(_row(ys, mark.high, height), _row(ys, mark.low, height) + 1):
            cells[(column, y)] = (room.glyphs.mark, mark.role)
    cells |= _letters(marks, xs, ys, width, height)
    spots = {(gutter + _column(xs, mark.x, width), _row(ys, mark.y, height)): mark.result for mark in marks}
    rows = []
    for y in range(height):
        text = labels.get(y, "")
        row = room.row().right(text, gutter - 1, "faint")
        row.put(room.glyphs.tick if text else room.glyphs.frame[5], "faint")
        for x in range(width):
            row.put(*cells.get((x, y), (" ", "text")))
        rows.append(row)
    base = room.row().gap(gutter - 1).put(room.glyphs.tick, "faint").put(room.glyphs.axis * width, "faint")
    return Drawn([*rows, base, _numbers(names, xs, gutter, width, room)], spots)


def _column(xs: Scale, value: float, width: int) -> int:
    return min(width - 1, max(0, round(xs.share(value) * (width - 1))))


def _row(ys: Scale, value: float, height: int) -> int:
    return min(height - 1, max(0, height - 1 - round(ys.share(value) * (height - 1))))


def _letters(marks: Sequence[Mark], xs: Scale, ys: Scale, width: int, height: int) -> dict[Cell, tuple[str, str]]:
    """Where two fall into one cell a sign says so, unless one of them is under the cursor."""
    found: dict[Cell, tuple[str, str]] = {}
    for mark in sorted(marks, key=lambda mark: mark.here):
        cell = (_column(xs, mark.x, width), _row(ys, mark.y, height))
        if mark.here:
            found[cell] = (mark.letter, "strong@cursor")
        elif cell in found and found[cell][0].lower() != mark.letter.lower():
            found[cell] = (SHARED, "text")
        elif cell in found:
            found[cell] = (min(found[cell][0], mark.letter), mark.role)  # the capital of the two
        else:
            found[cell] = (mark.letter, mark.role)
    return found


def _joined(
    path: Sequence[Mark | None], xs: Scale, ys: Scale, width: int, height: int, room: Room
) -> dict[Cell, tuple[str, str]]:
    """From point to point; what is missing leaves a gap."""
    across, up = (2, 4) if room.glyphs.braille else (1, 1)
    bits: dict[Cell, int] = {}
    role = "text"
    for before, mark in pairwise(path):
        if before is None or mark is None:
            continue
        role = mark.role
        ends = []
        for each in (before, mark):
            x, y = xs.share(each.x) * (width * across - 1), (1 - ys.share(each.y)) * (height * up - 1)
            ends.append((x, y))
        for x, y in _between(*ends):
            cell = (min(width - 1, x // across), min(height - 1, y // up))
            bits[cell] = bits.get(cell, 0) | (DOTS[y % 4][x % 2] if room.glyphs.braille else 1)
    return {
        cell: (chr(0x2800 + bit) if room.glyphs.braille else room.glyphs.queued, role) for cell, bit in bits.items()
    }


def _between(first: tuple[float, float], last: tuple[float, float]) -> Iterator[Cell]:
    steps = max(1, round(max(abs(last[0] - first[0]), abs(last[1] - first[1]))))
    for step in range(steps + 1):
        share = step / steps
        yield round(first[0] + (last[0] - first[0]) * share), round(first[1] + (last[1] - first[1]) * share)


def _numbers(names: Names, xs: Scale, gutter: int, width: int, room: Room) -> Row:
    ticks = names.ticks or tuple((tick, xs.label(tick)) for tick in xs.ticks())
    labels = [(gutter + _column(xs, value, width), text) for value, text in ticks]
    title = f"{names.title}, log" if isinstance(xs, LogAxis) else names.title
    row = room.row()
    for start, text in place(labels, room.width - len(title) - 2):
        row.to(start).put(text, "muted")
    return row.end(title, "faint")
