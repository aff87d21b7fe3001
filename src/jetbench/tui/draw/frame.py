"""What drawing needs to know: the room, the signs; and a box around rows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.segment import Segment
from textual.strip import Strip

from jetbench.tui.glyphs import Glyphs
from jetbench.tui.palette import Palette
from jetbench.tui.row import Row
from jetbench.tui.text import wrap


class Room(msgspec.Struct, frozen=True):
    width: int
    height: int
    glyphs: Glyphs

    def row(self, ground: str = "ground") -> Row:
        return Row(self.width, ground)

    def paragraph(self, text: str, role: str = "text", indent: int = 0) -> list[Row]:
        lines = wrap(self.glyphs.spell(text), max(8, self.width - indent))
        return [self.row().to(indent).put(line, role) for line in lines]


def boxed(
    rows: Sequence[Row], room: Room, palette: Palette, title: tuple[str, str], hint: str, more: str, focus: bool
) -> list[Strip]:
    """Rows in a frame. ``title`` is the pane's number and name; a hint that has no room is left out.

    ``more`` stands in the lower edge: what of the pane is out of view, and how to get there.
    """
    corners, flat, upright = room.glyphs.frame[:4], room.glyphs.frame[4], room.glyphs.frame[5]
    role = "focus" if focus else "frame"
    outer = room.width + 4
    top = Row(outer).put(f"{corners[0]}{flat} ", role)
    if title[0]:
        top.put(title[0], "key" if focus else "muted").gap()
    top.put(title[1], "title" if focus else "text").put(" ", role)
    room_left = top.left - 3
    if hint and room_left - len(hint) >= 3:
        top.put(flat * (room_left - len(hint) - 1), role).put(f" {hint} ", "faint").put(flat, role)
    top.put(flat * (top.left - 1), role).put(corners[1], role)
    side = palette.style(role)
    blank = palette.style("text")
    left, right = [Segment(upright, side), Segment(" ", blank)], [Segment(" ", blank), Segment(upright, side)]
    lines = [top.strip(palette)]
    for index in range(room.height):
        row = rows[index] if index < len(rows) else Row(room.width)
        lines.append(Strip([*left, *row.segments(palette), *right], outer))
    bottom = Row(outer).put(corners[3], role)
    if more and len(more) + 6 <= outer:
        bottom.put(flat * (outer - len(more) - 5), role).put(f" {more} ", "accent" if focus else "muted")
    bottom.put(flat * (bottom.left - 1), role).put(corners[2], role)
    lines.append(bottom.strip(palette))
    return lines
