"""What a case is, in a line or two."""

from __future__ import annotations

from rich.cells import cell_len

from jetbench.domain.events import Case
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row

NARROW = 45  # columns; below, the case has a line of its own below its model


def title(case: Case, room: Room, end: str, role: str, ran: tuple[int, ...] = ()) -> list[Row]:
    """The model and ``end`` in one line, with what else tells the case from others in it or below.

    ``ran``: height and width it ran with, where the case leaves them to the model.
    """
    shape = case.size or ran
    size = f"{shape[0]}x{shape[1]}" if shape else ""
    threads = f"{case.threads} thread{'' if case.threads == 1 else 's'}" if case.threads else ""
    narrow = room.width < NARROW
    batch, gap = (f"b{case.batch}", 1) if narrow else (f"batch {case.batch}", 2)
    name_width = room.width - cell_len(end) - 2 if end else room.width
    row = room.row().fit_name(case.model, min(cell_len(case.model), name_width), "strong", room.glyphs.more)
    rows, limit = ([row, room.row()], room.width) if narrow else ([row], name_width)
    for word in (case.variant, batch, size, case.device, threads):
        if word and rows[-1].used + gap + len(word) > limit:
            rows.append(room.row())
            limit = room.width
        if word:
            rows[-1].gap(gap if rows[-1].used else 0).put(word, "muted")
    row.end(end, role, keep=2)
    return rows
