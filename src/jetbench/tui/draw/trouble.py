"""A case that did not end well, or hardly fits: the sentence, what it was told from, and what would help."""

from __future__ import annotations

from jetbench.domain.results import CaseResult
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import line, need
from jetbench.tui.row import Row
from jetbench.tui.text import mib


def sentence(result: CaseResult, room: Room) -> list[Row]:
    if not result.error:
        return []
    bad = result.status in ("failed", "refused")
    return room.paragraph(result.error.removeprefix("refused: "), "bad" if bad else "warn")


def evidence(result: CaseResult, room: Room) -> list[Row]:
    rows = []
    for index, text in enumerate(result.evidence):
        rows += line("" if index else "seen", room, need((text, "text")))
    return rows


def remedies(result: CaseResult, room: Room) -> list[Row]:
    """Each with the memory it would need, so that it is seen whether it is enough."""
    told = result.forecast
    room_kib = told.available_kib if told is not None else None
    found = result.remedies or (told.remedies if told is not None and told.verdict in ("tight", "refused") else ())
    rows = []
    for index, remedy in enumerate(found):
        groups = [need((remedy.text, "text"))]
        if remedy.need_kib is not None:
            fits = room_kib is not None and remedy.need_kib <= room_kib
            said = f"needs {mib(remedy.need_kib / 1024)}{', which is there' if fits else ''}"
            groups.append(need((said, "good" if fits else "muted")))
        rows += line("" if index else "try", room, *groups)
    return rows
