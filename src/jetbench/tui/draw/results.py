"""The table of cases that are over: the model and as many columns as have room; below it the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len

from jetbench.analysis.measures import MEASURES, Interval, Measure, input_size, ordered
from jetbench.domain.metrics import significant
from jetbench.domain.results import CaseResult
from jetbench.domain.text import printable
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.models import GRADES, state
from jetbench.tui.row import Row
from jetbench.tui.text import with_error

GAP, CURSOR = 2, 2
LEAST_NAME, WIDE, WIDE_NAME = 12, 90, 24  # cells of a model that no further column takes
FOOT_FROM = 12  # rows of a pane: then the case under the cursor is told of in FOOT of them, else in one
FOOT = 4
QUANTILES = {"latency_p95": 0.95, "latency_p99": 0.99}
ELECTRIC = ("energy", "power", "energy_net", "items_per_j")
Spot = tuple[int, int, int]  # first cell, last + 1, place of a measure


class Sorting(msgspec.Struct, frozen=True):
    """``place`` of MEASURES; None: in the order of the plan."""

    place: int | None = None
    descending: bool = False

    def of(self, results: Sequence[CaseResult]) -> list[CaseResult]:
        if self.place is None:
            return list(results)
        return ordered(results, MEASURES[self.place], self.descending)

    def by(self, place: int | None) -> Sorting:
        """By this measure, what is best first; the other way round where it is sorted by it already."""
        if place is not None and place == self.place:
            return self.turned()
        return Sorting(place, place is not None and MEASURES[place].better > 0)

    def next(self, by: int) -> Sorting:
        """The column beside it; before the first one is the order of the plan."""
        places = [None, *range(len(MEASURES))]
        return self.by(places[(places.index(self.place) + by) % len(places)])

    def turned(self) -> Sorting:
        return Sorting(self.place, self.place is not None and not self.descending)

    @property
    def words(self) -> str:
        if self.place is None:
            return "as planned"
        return f"by {MEASURES[self.place].title}, {'falling' if self.descending else 'rising'}"


class Column(msgspec.Struct, frozen=True):
    place: int
    begin: int  # its first cell, after the gap
    width: int


class Layout(msgspec.Struct, frozen=True):
    name: int  # cells of the model
    columns: tuple[Column, ...]

    @property
    def last(self) -> int:
        """Place of the last measure in view."""
        return self.columns[-1].place if self.columns else 0


def laid_out(results: Sequence[CaseResult], room: Room, first: int) -> Layout:
    """From the column ``first`` on; a long name of a model gives way so that one more fits."""
    longest = max([5, *(cell_len(printable(result.case.model)) for result in results)])
    most = min(longest, WIDE_NAME if room.width >= WIDE else LEAST_NAME)
    found: list[tuple[int, int]] = []
    used = 0
    for place in range(max(1, first), len(MEASURES)):
        measure = MEASURES[place]
        width = max([len(measure.title), *(cell_len(cell(result, measure, room)) for result in results)])
        if CURSOR + most + used + GAP + width > room.width and found:
            break
        found.append((place, width))
        used += GAP + width
    name = max(most, min(longest, room.width - CURSOR - used))
    columns, begin = [], CURSOR + name
    for place, width in found:
        columns.append(Column(place, begin + GAP, width))
        begin += GAP + width
    return Layout(name, tuple(columns))


def cell(result: CaseResult, measure: Measure, room: Room) -> str:
    """A value as the table shows it. ``?`` behind a percentile: too few passes to tell it."""
    if measure.key == "status":
        return " ".join(state(result, room)[:2])
    value = measure.of(result)
    if value is None:
        return "N/A"
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, int) and measure.metric.factor == 1.0:
        return str(value)
    text = significant(value * measure.metric.factor, 3)
    if measure.key in ELECTRIC:
        return _as_far_as_known(value * measure.metric.factor, measure.span(result), room) or text
    share = QUANTILES.get(measure.key)
    return text + "?" if share is not None and result.latency and not result.latency.supports(share) else text


def _as_far_as_known(value: float, span: Interval | None, room: Room) -> str:
    """``0.48``, with its uncertainty where there is room; empty where that is not known. Never 0 of something."""
    if span is None:
        return ""
    text = with_error(value, (span[1] - span[0]) / 2, room.glyphs.plus_minus)
    short = text.partition(" ")[0]
    return text if room.width >= WIDE or not float(short) else short


def header(layout: Layout, sorting: Sorting, room: Room) -> tuple[Row, list[Spot]]:
    """The titles, with a sign at the one that it is sorted by, and where they stand for the mouse."""
    sign = "v" if sorting.descending else "^"
    row = room.row().to(CURSOR - 1)
    row.put(sign if sorting.place == 0 else " ", "accent")
    row.fit("model", layout.name, "strong" if sorting.place == 0 else "muted")
    spots: list[Spot] = [(0, CURSOR + layout.name, 0)]
    for column in layout.columns:
        title, here = MEASURES[column.place].title, column.place == sorting.place
        start = column.begin + column.width - len(title)
        row.to(start - 1).put(sign if here else " ", "accent").put(title, "strong" if here else "muted")
        spots.append((column.begin - GAP, column.begin + column.width, column.place))
    return row, spots


def line(result: CaseResult, layout: Layout, room: Room, here: bool) -> Row:
    row = room.row("cursor" if here else "ground").put(room.glyphs.cursor if here else " ", "key").to(CURSOR)
    row.fit_name(result.case.model, layout.name, "strong" if here else "text", room.glyphs.more)
    for column in layout.columns:
        measure = MEASURES[column.place]
        text = cell(result, measure, room)
        role = "muted" if text == "N/A" else "text"
        if measure.key == "grade" and text in GRADES:
            role = GRADES[text]
        elif measure.key == "status":
            role = state(result, room)[2]
        row.gap(GAP).right(text, column.width, role)
    return row


def name(result: CaseResult) -> str:
    size, case = input_size(result), result.case
    shape = f" {size[0]}x{size[1]}" if size is not None else ""
    threads = f" {case.threads} thread{'' if case.threads == 1 else 's'}" if case.threads else ""
    return printable(f"{case.model} {case.variant} b{case.batch}{shape} {case.device}{threads}")


def about(result: CaseResult, layout: Layout, room: Room, padded: bool = True) -> list[Row]:
    """The whole name of the case, and why its columns in view are N/A."""
    sign, word, role = state(result, room)
    rows = [room.row().fit(name(result), max(8, room.width - len(word) - 4), "strong", room.glyphs.more)]
    rows[0].end(f"{sign} {word}", role)
    if room.height < FOOT_FROM:
        return rows
    why: dict[str, list[str]] = {}
    for column in layout.columns:
        measure = MEASURES[column.place]
        if measure.of(result) is None:
            why.setdefault(printable(measure.why(result)), []).append(measure.metric.title)
    for reason, titles in why.items():
        rows += room.paragraph(f"{', '.join(titles)} N/A: {reason}", "muted")
    if len(rows) > FOOT - 1:
        rows = rows[: FOOT - 1]
        rows[-1] = room.row().fit(f"{rows[-1].text.rstrip()} {room.glyphs.more}", room.width, "muted", room.glyphs.more)
    rule = room.row().put(room.glyphs.axis * room.width, "frame")
    return [rule, *rows, *(room.row() for _ in range(FOOT - 1 - len(rows) if padded else 0))]
