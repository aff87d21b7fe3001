"""Lines that begin with a label: groups of words behind it, wrapped under one another where room is short."""

from __future__ import annotations

from rich.cells import cell_len

from jetbench.domain.text import printable
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row

Span = tuple[str, str]  # text and its role
Group = tuple[bool, list[Span]]  # needed, or left out where there is no room


def need(*spans: Span) -> Group:
    return True, list(spans)


def nice(*spans: Span) -> Group:
    return False, list(spans)


def label_width(room: Room) -> int:
    return 9 if room.width >= 45 else 7


def line(label: str, room: Room, *groups: Group) -> list[Row]:
    """A label and groups of words. A needed group that has no room begins another line, and wraps if it must."""
    indent = label_width(room)
    rows = [room.row().fit(label, indent, "muted")]
    for needed, spans in groups:
        spans = [(room.glyphs.spell(printable(text)), role) for text, role in spans if text]
        width = sum(cell_len(text) for text, _ in spans)
        gap = 2 if rows[-1].used > indent else 0
        if width + gap > rows[-1].left:
            if not needed:
                continue
            if gap:
                rows.append(room.row().to(indent))
            gap = 0
        rows[-1].gap(gap)
        if width <= rows[-1].left:
            for text, role in spans:
                rows[-1].put(text, role)
        else:
            _flow(rows, spans, indent, room)
    return rows


def _flow(rows: list[Row], spans: list[Span], indent: int, room: Room) -> None:
    """Word by word; one that is longer than a line is cut at its end."""
    for text, role in spans:
        for word in text.split():
            gap = 1 if rows[-1].used > indent else 0
            if gap and cell_len(word) + gap > rows[-1].left:
                rows.append(room.row().to(indent))
                gap = 0
            rows[-1].gap(gap).put(word, role)
