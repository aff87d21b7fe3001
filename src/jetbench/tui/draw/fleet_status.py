"""The first line of the fleet: what all of it does, how many boards fare how, what is recorded, how long still."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING

from jetbench.domain.text import printable
from jetbench.tui.draw.fleet import WORDS
from jetbench.tui.draw.status import STATES, Field, Span, fitted, simulated
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.row import Row
from jetbench.tui.text import clip, clock, left, plural, size

if TYPE_CHECKING:
    from jetbench.session.fleet_snapshot import FleetSnapshot

RUNS = ("running", "stopping")


def draw(fleet: FleetSnapshot, width: int, glyphs: Glyphs, wall: str) -> Row:
    word, role = STATES.get(fleet.status, (fleet.status.upper(), "text"))
    wall_field = Field(6, [(wall, "muted")])
    fields = [
        Field(0, [(f"{glyphs.live} {word}", role)]),
        _made_up(fleet),
        Field(1, _counts(fleet), _counts(fleet, short=True)),
        _recording(fleet, glyphs),
        Field(2, _left(fleet)),
        wall_field,
    ]
    row = Row(width, "bar").gap(1)
    for field in fitted([field for field in fields if field.spans], width):
        if field is wall_field:
            row.to(width - len(wall) - 1)
        for text, span_role in field.spans:
            row.put(text, span_role)
        row.gap(3)
    return row


def of_recording(fleet: FleetSnapshot) -> tuple[Field, Field]:
    """What is said of a moment of a recording, beside the track."""
    return _made_up(fleet), Field(5, [(plural(len(fleet.boards), "board"), "strong")])


def _made_up(fleet: FleetSnapshot) -> Field:
    count = sum(simulated(board.snapshot) for board in fleet.boards)
    if not count:
        return Field(0, [])
    of = "" if count == len(fleet.boards) else f" {count} of {len(fleet.boards)}"
    return Field(0, [(f"SIMULATED{of}", "warn")])


def _counts(fleet: FleetSnapshot, short: bool = False) -> list[Span]:
    """``5 boards: 3 running, 1 waiting, 1 LOST``; short: without the number of all, and only what is wrong or runs."""
    found: Counter[str] = Counter(board.state for board in fleet.boards)
    spans: list[Span] = [] if short else [(f"{plural(len(fleet.boards), 'board')}: ", "strong")]
    told = [state for state in WORDS if found[state] and (not short or state in ("running", "lost", "failed"))]
    for index, state in enumerate(told):
        spans.append((f"{', ' if index else ''}{found[state]} {WORDS[state][0]}", WORDS[state][1]))
    return spans or [(plural(len(fleet.boards), "board"), "strong")]


def _recording(fleet: FleetSnapshot, glyphs: Glyphs) -> Field:
    if fleet.recording_ended:
        return Field(1, [(clip(f"REC ended: {printable(fleet.recording_ended)}", 48, glyphs.more), "bad")])
    if not fleet.recording:
        return Field(3, [])
    runs = fleet.status in RUNS
    sign: list[Span] = [("REC ", "bad" if runs else "muted")]
    figures: list[Span] = [(size(fleet.recording_bytes), "text")]
    if runs and fleet.t_start is not None:
        figures.append((f" {clock((fleet.t - fleet.t_start) * 1e-9)}", "text"))
    name = clip(printable(PurePath(fleet.recording).name), 40, glyphs.more)
    return Field(3, [*sign, (f"{name} ", "muted"), *figures], [*sign, *figures])


def _left(fleet: FleetSnapshot) -> list[Span]:
    """Until the last of those that run is through; none is told while others wait for their turn."""
    if fleet.status not in RUNS or any(board.state == "waiting" for board in fleet.boards):
        return []
    seconds = [board.snapshot.progress.seconds_left for board in fleet.boards if board.state == "running"]
    known = [each for each in seconds if each is not None]
    return [(left(max(known)), "text")] if known and len(known) == len(seconds) else []
