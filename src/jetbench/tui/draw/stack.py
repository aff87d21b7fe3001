"""Charts one above the other on one time axis: a head, lines of dots, and below all of them one axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import msgspec
from msgspec.structs import replace

from jetbench.tui.draw.axis import place
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.happened import CASE, FAULT, Happened
from jetbench.tui.draw.happened import line as axis_line
from jetbench.tui.draw.series import Extent, line
from jetbench.tui.draw.timeaxis import GUTTER, TimeAxis
from jetbench.tui.row import Row

FOOT = 2  # lines below the charts: the axis and its times
UPRIGHT = {CASE: "faint", FAULT: "bad"}  # other kinds: accent


class Limit(msgspec.Struct, frozen=True):
    value: float
    words: str


class Chart(msgspec.Struct, frozen=True):
    """One quantity over the axis. ``low`` and ``high`` are the ends of its scale, in its unit."""

    head: Row | None
    role: str
    extents: Sequence[Extent]
    low: float
    high: float
    labels: tuple[str, str]  # at the low and the high end
    limit: Limit | None = None
    log: bool = False
    weight: int = 2  # share of the lines that are left
    least: int = 2  # lines, without the head


def shares(charts: Sequence[Chart], lines: int) -> list[int]:
    """Lines of dots for each chart by its weight, the first ones rounded up."""
    left = lines - sum(chart.head is not None for chart in charts)
    found = []
    for index, chart in enumerate(charts):
        ahead = sum(other.weight for other in charts[index:])
        found.append(max(1, round(left * chart.weight / ahead)))
        left -= found[-1]
    return found


def fitting(charts: Sequence[Chart], lines: int) -> list[Chart]:
    """The first charts for which there is room with their least lines; with one line each, if else there were one."""
    chosen: list[Chart] = []
    for most in (2, 1):
        left, chosen = lines, []
        for chart in charts:
            left -= (chart.head is not None) + min(most, chart.least)
            if left < 0:
                break
            chosen.append(chart)
        if len(chosen) >= min(2, len(charts)):
            break
    return chosen


def draw(charts: Sequence[Chart], axis: TimeAxis, told: Happened, room: Room) -> list[Row]:
    """As many rows as the room has. The charts share what runs through them, column by column."""
    if room.height < FOOT + 1:
        return [chart.head for chart in charts if chart.head is not None][: room.height]
    chosen = fitting(charts, room.height - FOOT)
    if len(chosen) < min(2, len(charts)):
        return [chart.head for chart in charts if chart.head is not None][: room.height]
    rows: list[Row] = []
    for chart, height in zip(chosen, shares(chosen, room.height - FOOT), strict=True):
        rows += [chart.head] if chart.head is not None else []
        rows += body(chart, axis, told, replace(room, height=height)) if height else []
    rows += [room.row() for _ in range(room.height - FOOT - len(rows))]
    return [*rows, axis_line(told, axis, room), times(axis, room)]


def body(chart: Chart, axis: TimeAxis, told: Happened, room: Room) -> list[Row]:
    """Lines of dots with their upright axis."""
    height, glyphs = room.height, room.glyphs
    extents = [_scaled(extent, chart.log) for extent in chart.extents]
    low, high = _value(chart.low, chart.log), _value(chart.high, chart.log)
    drawn = line(extents, height, low, high, glyphs)
    limit = None if chart.limit is None else round((1 - _share(chart.limit.value, chart)) * height - 0.5)
    rows = []
    for y, text in enumerate(drawn):
        label = chart.labels[1] if y == 0 else chart.labels[0] if y == height - 1 else ""
        row = room.row().right(label, GUTTER - 1, "faint").put(glyphs.tick if label else glyphs.frame[5], "faint")
        dashes = chart.limit.words if chart.limit is not None and y == limit else None
        rows.append(_across(row, text, chart.role, dashes, told, axis, room))
    return rows


def _across(row: Row, text: str, role: str, dashes: str | None, told: Happened, axis: TimeAxis, room: Room) -> Row:
    """One line of dots; where it is blank, the limit or what stands upright; tinted where it was throttled."""
    cells: list[tuple[str, str]] = []
    for column, character in enumerate(text[: axis.cells]):
        kind = told.lines.get(column)
        if character != " ":
            cells.append((character, role))
        elif kind is not None:
            cells.append((room.glyphs.mark, UPRIGHT.get(kind, "accent")))
        else:
            cells.append((room.glyphs.limit, "limit") if dashes is not None else (" ", role))
    if dashes is not None:
        _label(cells, f" {dashes} ", room)
    tinted = told.tinted
    marked = [(char, f"{own}@throttled" if column in tinted else own) for column, (char, own) in enumerate(cells)]
    for own, run in groupby(marked, key=lambda cell: cell[1]):
        row.put("".join(char for char, _ in run), own)
    return row


def _label(cells: list[tuple[str, str]], words: str, room: Room) -> None:
    """The words of a limit in its dashes, at the left where nothing crosses them, else further right."""
    size = len(words)
    for start in (2, len(cells) // 2 - size // 2, len(cells) - size - 2):
        free = [char == room.glyphs.limit for char, _ in cells[max(0, start) : start + size]]
        if len(free) == size and all(free):
            cells[start : start + size] = [(char, "limit") for char in words]
            return


def times(axis: TimeAxis, room: Room) -> Row:
    row = room.row()
    labels = axis.labels()
    edge = labels[-1][1]
    for start, text in place([(GUTTER + column, text) for column, text in labels[:-1]], room.width - len(edge) - 1):
        row.to(max(start, GUTTER)).put(text, "faint")
    return row.end(edge, "muted")


def _value(value: float, log: bool) -> float:
    return math.log(max(value, 1e-9)) if log else value


def _scaled(extent: Extent, log: bool) -> Extent:
    return extent if extent is None or not log else (_value(extent[0], True), _value(extent[1], True))


def _share(value: float, chart: Chart) -> float:
    low, high = _value(chart.low, chart.log), _value(chart.high, chart.log)
    share = (_value(value, chart.log) - low) / (high - low) if high > low else 0.0
    return min(0.999, max(0.001, share))
