"""Pane 3: the passes of the case that runs, or a finished case in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draw import details, histogram
from jetbench.tui.draw.axis import Axis, axis
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.histogram import Sample
from jetbench.tui.draw.models import STAGES
from jetbench.tui.draw.series import by_index, dots_a_cell, line
from jetbench.tui.row import Row
from jetbench.tui.text import plural, significant

GUTTER = histogram.GUTTER


def live(snapshot: Snapshot, room: Room, before: Axis | None) -> tuple[list[Row], Axis | None]:
    """Figures, the histogram, and below it the same passes in their order."""
    case = snapshot.recent_case
    stage = snapshot.progress.stage
    said = STAGES.get(stage, stage) if stage and busy(snapshot) else ""
    head = details.title(case, room, said, "running")[0] if case else room.row()
    if not snapshot.recent_ns:
        return [head, room.row(), _waiting(snapshot, room)], before
    sample = Sample.of(snapshot.recent_ns)
    rows = [head, *figures(sample, room)]
    left = room.height - len(rows)
    if left >= 4:
        below = min(9, left // 3) if left >= 14 and len(sample.ordered) > 2 else 0
        bars, before = histogram.draw(sample, replace(room, height=left - below - (1 if below else 0)), before)
        rows += bars
        if below:
            rows += [room.row(), *in_order(snapshot.recent_ns, replace(room, height=below))]
    return rows, before


def _waiting(snapshot: Snapshot, room: Room) -> Row:
    stage = snapshot.progress.stage
    return room.row().put(f"{STAGES.get(stage or '', stage or 'starting')}{room.glyphs.more}", "running")


def figures(sample: Sample, room: Room) -> list[Row]:
    """One line of numbers where it fits, two where it does not."""
    named = [(name, significant(value), name) for name, value in sample.marks]
    named += [("min", significant(sample.low), "text"), ("max", significant(sample.high), "text")]
    named += [("n", str(len(sample.ordered)), "text")]
    rows, row = [], room.row()
    for name, value, role in named:
        if len(name) + len(value) + 1 > row.left:
            rows.append(row)
            row = room.row()
        row.put(f"{name} ", "muted").fit(value, max(5, len(value)), role).gap(2)
    return [*rows, row]


def in_order(durations_ns: Sequence[int], room: Room) -> list[Row]:
    """The passes one after the other: drift, throttling and stalls show here and in no histogram."""
    width, height = room.width - GUTTER, max(1, room.height - 1)
    values = [d * 1e-6 for d in durations_ns]
    buckets = by_index(values, width * dots_a_cell(room.glyphs))
    ordered = sorted(values)
    high = min(ordered[-1], 3 * ordered[len(ordered) // 2])  # one stall must not flatten all else
    scale = axis(ordered[0], high, 2)
    rows = []
    for y, text in enumerate(line(buckets, height, scale.low, scale.high, room.glyphs)):
        label = scale.label(scale.high) if y == 0 else scale.label(scale.low) if y == height - 1 else ""
        upright = room.glyphs.tick if label else room.glyphs.frame[5]
        rows.append(room.row().right(label, GUTTER - 1, "faint").put(upright, "faint").put(text, "series"))
    foot = room.row().to(GUTTER).put("oldest", "faint").end("passes in order, ms       newest", "faint")
    return [*rows, foot]


def recent(snapshot: Snapshot, room: Room, before: Axis | None) -> tuple[list[Row], Axis | None]:
    """The newest passes of a case that is over, below all that was made of them."""
    rows = [room.row().put(f"the newest {plural(len(snapshot.recent_ns), 'pass', 'passes')}, ms", "muted")]
    bars, scale = histogram.draw(Sample.of(snapshot.recent_ns), replace(room, height=room.height - 1), before)
    return [*rows, *bars], scale


def failure(snapshot: Snapshot, room: Room) -> list[Row]:
    """The request could not be carried out at all: what happened, and what to do."""
    rows = [room.row(), *room.paragraph(snapshot.fault or "", "bad")]
    if snapshot.hint:
        rows += [room.row(), *room.paragraph(snapshot.hint, "text")]
    return rows
