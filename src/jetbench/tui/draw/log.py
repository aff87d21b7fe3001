"""Pane 2: lines of the log, wrapped to the width."""

from __future__ import annotations

from jetbench.domain.text import printable
from jetbench.session.snapshot import LogLine
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.text import clock, wrap

ROLES = {"debug": "faint", "info": "text", "warning": "warn", "error": "bad"}
MOST_LINES = 6  # of one entry: a model may print a book


def wrapped(entry: LogLine, begin: int, room: Room) -> list[Row]:
    """Time, a sign where it is not a plain line, and the text; later lines stand under the text."""
    stamp = clock((entry.t - begin) * 1e-9) if entry.t else ""
    sign = {"warning": room.glyphs.warn, "error": room.glyphs.failed}.get(entry.level, " ")
    role = ROLES.get(entry.level, "text")
    if entry.source == "model" and role == "text":
        role = "muted"
    first = room.row().right(stamp, 5, "faint").gap().put(sign, role).gap()
    indent = first.used
    source = f"{entry.source}: " if entry.source not in ("agent", "screen", "") else ""
    lines = wrap(room.glyphs.spell(printable(source + entry.text)), max(8, room.width - indent))
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], room.glyphs.more]
    rows = [first.put(lines[0], role)]
    return rows + [room.row().to(indent).put(text, role) for text in lines[1:]]
