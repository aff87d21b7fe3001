"""A session as a line from its begin to its end, with what happened in it and where the view stands."""

from __future__ import annotations

from jetbench.session.timeline import Moment
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.playing import View
from jetbench.tui.row import Row


def track(row: Row, view: View, width: int, glyphs: Glyphs) -> None:
    """``[━━━┊━━│──!!──]`` in ``width`` cells: each event has a sign of its own, whatever its colour."""
    cells = width - 2
    if cells < 3:
        return
    signs: dict[int, tuple[int, str, str]] = {}
    for moment in view.moments:
        found = _sign(moment, glyphs)
        if found is not None:
            column = _column(moment.t, view, cells)
            signs[column] = max(signs.get(column, found), found)
    here = _column(view.here, view, cells)
    row.put("[", "muted")
    for column in range(cells):
        if column == here:
            row.put(glyphs.frame[5], "key")
        elif column in signs:
            row.put(*signs[column][1:])
        else:
            row.put(*((glyphs.full, "running") if column < here else (glyphs.rest, "muted")))
    row.put("]", "muted")


def _sign(moment: Moment, glyphs: Glyphs) -> tuple[int, str, str] | None:
    """Rank, sign and role. What ends is not shown: it begins at the next sign."""
    if moment.kind == "throttle" and not moment.text:
        return None
    return {
        "case": (1, glyphs.mark, "text"),
        "board": (1, glyphs.mark, "text"),
        "throttle": (2, glyphs.warn, "warn"),
        "mark": (3, "m", "accent"),
        "fault": (4, glyphs.failed, "bad"),
    }.get(moment.kind)


def _column(t: int, view: View, cells: int) -> int:
    length = max(1, view.span.end - view.span.begin)
    return min(cells - 1, max(0, (t - view.span.begin) * cells // length))
