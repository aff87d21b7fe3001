"""The list of recordings, line by line."""

from __future__ import annotations

from jetbench.domain.text import printable
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.status import simulated_name
from jetbench.tui.row import Row
from jetbench.tui.shelf import Listed
from jetbench.tui.text import clip, clock, size

# Any other last word says that it went on: it was cut, or is being written.
ENDED = {"interrupted": "stopped", "failed": "failed", "lost": "lost"}
NAME, DATE, STATE, LENGTH, SIZE = 36, 18, 11, 9, 9


def header(room: Room) -> Row:
    name = name_width(room)
    row = room.row().to(4).fit("name", name, "muted").gap(2).fit("begun, UTC", DATE, "muted")
    return row.fit("state", STATE, "muted").right("time", LENGTH, "muted").right("size", SIZE, "muted")


def name_width(room: Room) -> int:
    return max(16, min(NAME + 12, room.width - 6 - DATE - STATE - LENGTH - SIZE))


def line(found: Listed, room: Room, here: bool, picked: bool) -> Row:
    glyphs = room.glyphs
    row = room.row("cursor" if here else "ground").put(glyphs.cursor if here else " ", "accent").gap()
    row.put(glyphs.picked if picked else " ", "accent").gap()
    row.fit(found.path.name, name_width(room), "strong" if here else "text", glyphs.more).gap(2)
    if found.problem is not None:
        return row.fit(found.problem, row.left, "bad", glyphs.more)
    row.fit(found.created[:16].replace("T", " "), DATE, "muted")
    state, role = ("done", "good") if found.whole else (ENDED.get(found.status, "cut"), "warn")
    if found.boards:  # each of them ended in its own way
        state, role = f"{found.boards} board{'s' if found.boards > 1 else ''}", "text"
    row.fit(state, STATE, role)
    row.right(clock(found.seconds) if found.seconds is not None else "N/A", LENGTH, "text")
    return row.right(size(found.size), SIZE, "text")


def about(found: Listed, room: Room) -> list[Row]:
    """Below the list: the whole name, the board, the models."""
    if found.problem is not None:
        return room.paragraph(found.problem, "bad")[:3]
    made_up, name = simulated_name(found.board)
    board = room.row()
    if made_up:
        board.put("SIMULATED ", "warn")
    board.put(clip(printable(name or "board not recorded"), board.left, room.glyphs.more), "strong")
    models = ", ".join(found.models) or "models not recorded"
    return [board, *room.paragraph(models, "text")[:1], *room.paragraph(str(found.path), "muted")[:1]]
