"""What runs through every chart: throttled spans and their onsets, begins of cases, marks and faults, by column."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from rich.cells import cell_len

from jetbench.domain.events import Case
from jetbench.session.snapshot import Snapshot
from jetbench.session.timeline import Moment
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.timeaxis import GUTTER, SECOND, TimeAxis
from jetbench.tui.row import Row
from jetbench.tui.text import clip, seconds

# By the words that sensors give for a cause; what none of them fits is an exclamation mark.
CAUSES = (
    ("V", "voltage", re.compile("volt", re.IGNORECASE)),
    ("P", "power", re.compile("power|over-?current|oc[0-9]", re.IGNORECASE)),
    ("T", "heat", re.compile("therm|temp|throttle-alert|balanced|heavy|hot", re.IGNORECASE)),
    ("C", "clock held down", re.compile("freq|clock", re.IGNORECASE)),
)
OTHER = "!"
MARK, FAULT, CASE = "m", "x", "case"
BY_SENSORS, BY_LATENCY = "S", "L"  # onsets of throttling


class Span(msgspec.Struct, frozen=True):
    begin: int
    end: int  # ns, exclusive
    causes: str


class Happened(msgspec.Struct, frozen=True):
    """By column. ``letters``: of the cause it was throttled for; ``lines``: kind of what stands upright there."""

    letters: dict[int, str]
    lines: dict[int, str]
    names: dict[int, str]  # of the cases that begin
    throttled_s: float  # of the stretch that is shown

    @property
    def tinted(self) -> frozenset[int]:
        return frozenset(self.letters)


def letter(causes: str) -> str:
    return next((sign for sign, _, known in CAUSES if known.search(causes)), OTHER)


def legend(letters: Sequence[str]) -> str:
    """T heat, P power."""
    names = {sign: name for sign, name, _ in CAUSES} | {OTHER: "other cause"}
    return ", ".join(f"{sign} {names[sign]}" for sign in dict.fromkeys(letters))


def spans(moments: Sequence[Moment], end: int) -> list[Span]:
    """Throttled stretches up to ``end``; another cause begins another span."""
    found: list[Span] = []
    begin, causes = None, ""
    for moment in moments:
        if moment.kind == "throttle" and moment.t <= end:
            if begin is not None:
                found.append(Span(begin, moment.t, causes))
            begin, causes = (moment.t, moment.text) if moment.text else (None, "")
    return [*found, Span(begin, end + 1, causes)] if begin is not None else found


def happened(snapshot: Snapshot, axis: TimeAxis) -> Happened:
    letters: dict[int, str] = {}
    shown_ns = 0
    for span in spans(snapshot.moments, axis.now):
        first, last = axis.column(span.begin), axis.column(span.end - 1)
        shown_ns += max(0, min(span.end, axis.now) - max(span.begin, axis.first))
        for column in range(max(0, first), min(axis.cells - 1, last) + 1):
            letters[column] = letter(span.causes)
    cases = {result.case.id: result.case for result in snapshot.cases}
    lines: dict[int, str] = {}
    names: dict[int, str] = {}
    for moment in reversed(snapshot.moments):
        if moment.t < axis.first:
            break
        column, kind = axis.column(moment.t), _kind(moment)
        if kind is None or moment.t > axis.now or not 0 <= column < axis.cells:
            continue
        if kind == CASE:
            lines.setdefault(column, CASE)
            case = cases.get(moment.case) if moment.case is not None else None
            if moment.kind == "case" and case is not None:
                names.setdefault(column, _named(case))
        elif lines.get(column) != FAULT:
            lines[column] = kind
    for t, kind in _onsets(snapshot):
        column = axis.column(t)
        if axis.first <= t <= axis.now and 0 <= column < axis.cells and lines.get(column) not in (MARK, FAULT):
            lines[column] = kind
    return Happened(letters, lines, names, shown_ns / SECOND)


def _onsets(snapshot: Snapshot) -> list[tuple[int, str]]:
    """When a soak began to throttle: as the latencies tell it by themselves, and, written over that, the sensors."""
    found = list(snapshot.onsets)
    for result in snapshot.cases:
        if result.soak is not None:
            found += result.soak.onsets[:1]
            found += [result.soak.latency_onset] if result.soak.latency_onset is not None else []
    told = [(onset.t, BY_LATENCY if onset.signal == "latency" else BY_SENSORS) for onset in found]
    return sorted(told, key=lambda entry: entry[1])  # L before S


def _kind(moment: Moment) -> str | None:
    return {"case": CASE, "case_end": CASE, "mark": MARK, "fault": FAULT}.get(moment.kind)


def _named(case: Case) -> str:
    return f"{case.model} b{case.batch}" if case.batch != 1 else case.model


def line(happened: Happened, axis: TimeAxis, room: Room) -> Row:
    """The axis itself: the letters of causes, m of marks, x of faults, S and L of onsets, the names of cases."""
    cells: list[tuple[str, str]] = [(room.glyphs.axis, "faint")] * axis.cells
    for column, sign in happened.letters.items():
        cells[column] = (sign, "warn")
    for column, name in happened.names.items():
        _write(cells, column + 1, clip(room.glyphs.spell(name), 20, room.glyphs.more), happened)
    for column, kind in happened.lines.items():
        cells[column] = _SIGNS.get(kind) or (room.glyphs.mark, "text")
    row = room.row().to(GUTTER - 1).put(room.glyphs.frame[5], "faint")
    for text, role in cells:
        row.put(text, role)
    return row


_SIGNS = {
    MARK: (MARK, "accent"),
    FAULT: (FAULT, "bad"),
    BY_SENSORS: (BY_SENSORS, "bad"),
    BY_LATENCY: (BY_LATENCY, "bad"),
}


def _write(cells: list[tuple[str, str]], start: int, name: str, happened: Happened) -> None:
    """The name, where there is nothing else all along it."""
    end = start + cell_len(name)
    free = all(column not in happened.letters and column not in happened.lines for column in range(start, end + 1))
    if end < len(cells) and free and cell_len(name) == len(name):
        cells[start:end] = [(character, "muted") for character in name]


def throttled_words(happened: Happened) -> str:
    """``throttled 11.0 s of what is shown (T heat)``; empty where it was not."""
    if not happened.letters:
        return ""
    return f"throttled {seconds(happened.throttled_s)} of what is shown: {legend(list(happened.letters.values()))}"
