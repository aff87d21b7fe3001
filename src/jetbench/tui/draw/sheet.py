"""Before the first run: what would be measured, on what, with what."""

from __future__ import annotations

from jetbench.domain.events import Software
from jetbench.session.snapshot import Snapshot
from jetbench.tui.draft import Draft
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.text import clock, mib

LABEL = 10


def draw(snapshot: Snapshot, draft: Draft, room: Room) -> list[Row]:
    cases = draft.cases
    first = room.row()
    if cases:
        first.put("s", "key").put(f" measures {cases} case{'' if cases == 1 else 's'}", "strong")
    else:
        first.put("space", "key").put(" picks a model", "strong")
    rows = [first, room.row()]
    for label, text in (*plan_lines(draft), *_software(snapshot.software), *_board(snapshot)):
        lines = room.paragraph(text, "text", indent=LABEL)
        rows += [room.row().fit(label, LABEL, "muted").put(lines[0].text.strip()), *lines[1:]]
    return rows


def plan_lines(draft: Draft) -> list[tuple[str, str]]:
    """How each case is measured: a label and a text a line."""
    plan = draft.base
    limit = f"at most {clock(plan.max_time)} a case"
    if draft.until is not None:
        passes = f"until the median is known to {draft.text('passes')}, {limit}"
    else:
        passes = f"{draft.text('passes')} after the first, {limit}"
    protocol = draft.protocol
    more = [f"warm-up {_warmup(protocol.warmup)}"] if protocol.warmup != 0 else []
    more += [f"{plan.rounds} rounds"] if plan.rounds > 1 else []
    found = [("passes", ", ".join([passes, *more]))]
    if protocol.cooldown_s:
        found.append(("cool-down", f"at most {clock(protocol.cooldown_s)} before a case, until the board is as it was"))
    if protocol.energy:
        found.append(("joules", f"{protocol.energy_s:g} s of passes, {protocol.idle_s:g} s at rest before, some after"))
    if protocol.soak_s:
        found.append(("soak", f"then passes until the board has settled, {clock(protocol.soak_s)} at most"))
    found.append(("format", ", ".join(plan.variants)))
    where: list[str] = [plan.device] if plan.device != "auto" else []
    where += [f"{plan.threads} thread{'' if plan.threads == 1 else 's'}"] if plan.threads is not None else []
    return [*found, *([("on", ", ".join(where))] if where else [])]


def _warmup(passes: int | None) -> str:
    return "until flat" if passes is None else f"{passes} pass{'' if passes == 1 else 'es'}"


def _board(snapshot: Snapshot) -> list[tuple[str, str]]:
    board = snapshot.board
    if board is None:
        return [("board", "not yet known")]
    parts = [board.model or board.cpu_model or board.kind]
    parts += [f"{board.cpus} cores"] if board.cpus else []
    parts += [mib(board.memory_mib)] if board.memory_mib else []
    return [("board", ", ".join(parts)), *([("system", board.os)] if board.os else [])]


def _software(software: Software | None) -> list[tuple[str, str]]:
    if software is None:
        return [("software", "asked when the models are listed")]
    parts = [f"Python {software.python}"]
    parts += [f"torch {software.torch}"] if software.torch else ["no torch"]
    parts += [f"torchvision {software.torchvision}"] if software.torchvision else []
    device = (
        software.cuda_device if software.cuda else f"CPU; {software.cuda_reason}" if software.cuda_reason else "CPU"
    )
    return [("device", device or "CUDA"), ("software", ", ".join(parts))]
