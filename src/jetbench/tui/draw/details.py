"""A finished case in full: what it is, how fast, how far that is true, what it costs, how it started.

All of it, most telling first; the pane scrolls through what has no room.
"""

from __future__ import annotations

from collections.abc import Iterator

from jetbench.domain.events import Rule
from jetbench.domain.results import CaseResult
from jetbench.tui.draw import cold_start, costs, images, layers, trouble, trust
from jetbench.tui.draw.case_title import title
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import line, need
from jetbench.tui.draw.models import state
from jetbench.tui.row import Row

RULES = {"cooldown": "cool-down", "warmup": "warm-up", "measure": "measure", "energy": "energy", "soak": "soak"}


def details(result: CaseResult, room: Room) -> list[Row]:
    """Rows of any number; sections are apart by a line where all of them fit into the room that way."""
    sections = [rows for rows in _sections(result, room) if rows]
    apart = sum(map(len, sections)) + len(sections) - 1 <= room.height
    rows = list(sections[0])
    for section in sections[1:]:
        rows += [room.row(), *section] if apart else section
    return rows


def _sections(result: CaseResult, room: Room) -> Iterator[list[Row]]:
    sign, word, role = state(result, room)
    ran = result.model.input[2:] if result.model is not None and len(result.model.input) == 4 else ()
    yield [*title(result.case, room, f"{sign} {word}", role, ran), *trouble.sentence(result, room)]
    remedies = trouble.remedies(result, room)
    if result.latency is None:
        yield [*trouble.evidence(result, room), *remedies]
        yield [*costs.memory(result, room), *costs.model(result, room)]
    else:
        yield trouble.evidence(result, room)
        yield trust.latency(result, result.latency, room)
        yield _soak(result, room)
        if result.why is not None:
            from jetbench.tui.draw import verdict  # few runs ask why

            yield verdict.draw(result.why, room)
        yield images.draw(result.data, room)
        yield [*costs.power(result, room), *costs.parts(result, room)]
        yield [*costs.memory(result, room), *remedies, *costs.model(result, room), *layers.draw(result, room)]
    yield cold_start.draw(result, room)
    yield rules(result, room)


def _soak(result: CaseResult, room: Room) -> list[Row]:
    if result.soak is None:
        return []
    from jetbench.tui.draw import soak  # few cases have one

    return soak.draw(result.soak, room)


def rules(result: CaseResult, room: Room) -> list[Row]:
    """What each rule of the protocol came to, in the last round that had it."""
    newest: dict[str, Rule] = {rule.name: rule for rule in result.rules}
    rows: list[Row] = []
    for name, shown in RULES.items():
        rule = newest.get(name)
        if rule is None:
            continue
        role = "warn" if rule.outcome in ("not_flat", "cap", "abort") else "text"
        later = f" (round {rule.r + 1})" if rule.r else ""
        groups = [need((f"{shown:<9}  ", "muted"), (f"{rule.text}{later}", role))]
        rows += line("" if rows else "rules", room, *groups)
    return rows
