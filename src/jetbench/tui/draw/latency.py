"""Pane 3: the passes of the case that runs, or a finished case in full."""

from __future__ import annotations

from msgspec.structs import replace

from jetbench.domain.bins import Bins
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draw import histogram, stack
from jetbench.tui.draw.axis import Scale
from jetbench.tui.draw.case_title import title
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.happened import happened
from jetbench.tui.draw.histogram import Passes, Sample, Whole
from jetbench.tui.draw.models import STAGES
from jetbench.tui.draw.over_time import passes
from jetbench.tui.draw.timeaxis import WINDOWS, time_axis
from jetbench.tui.row import Row
from jetbench.tui.text import plural, significant, spaced

CHART_FROM = 13  # lines: then latency over time stands below the histogram


def live(
    snapshot: Snapshot,
    room: Room,
    before: Scale | None,
    mode: str = "linear",
    window: int = WINDOWS[0],
    whole: bool = False,
) -> tuple[list[Row], Scale | None]:
    """Figures, the histogram, and below it the passes over the time axis.

    ``whole``: of all clean passes of the case, once there is one, else of the newest ones.
    """
    case = snapshot.recent_case
    stage = snapshot.progress.stage
    said = STAGES.get(stage, stage) if stage and busy(snapshot) else ""
    head = title(case, room, said, "running")[0] if case else room.row()
    sample: Passes | None
    if snapshot.recent_ns:
        sample = Whole.of(snapshot.whole) if whole and snapshot.whole else Sample.of(snapshot.recent_ns)
        rows = [head, *figures(sample, room)]
    else:
        sample, rows = None, [head, _waiting(snapshot, room)]
    left = room.height - len(rows)
    below = left if sample is None else max(6, left * 9 // 20) if left >= CHART_FROM else 0
    if sample is not None and left >= 4:
        bars, before = histogram.draw(sample, replace(room, height=left - below), before, mode)
        rows += bars
    if below and snapshot.lane:
        grid = time_axis(snapshot, room.width, room.glyphs, window)
        chart = passes(snapshot, grid, room, mode == "log")
        rows += stack.draw([chart], grid, happened(snapshot, grid), replace(room, height=below))
    return rows, before


def _waiting(snapshot: Snapshot, room: Room) -> Row:
    stage = snapshot.progress.stage
    return room.row().put(f"{STAGES.get(stage or '', stage or 'starting')}{room.glyphs.more}", "running")


def figures(sample: Passes, room: Room) -> list[Row]:
    """One line of numbers where it fits, two where it does not."""
    named = [(name, significant(value), name) for name, value in sample.marks]
    named += [("min", significant(sample.low), "text"), ("max", significant(sample.high), "text")]
    if isinstance(sample, Whole):
        named += [("clean", str(sample.n), "text"), ("of", str(sample.n + sample.bins.left_out), "text")]
    else:
        named += [("n", str(sample.n), "text")]
    rows, row = [], room.row()
    for name, value, role in named:
        if len(name) + len(value) + 1 > row.left:
            rows.append(row)
            row = room.row()
        row.put(f"{name} ", "muted").fit(value, max(5, len(value)), role).gap(2)
    return [*rows, row]


def recent(
    snapshot: Snapshot, room: Room, before: Scale | None, mode: str = "linear"
) -> tuple[list[Row], Scale | None]:
    """The newest passes of a case that is over, below all that was made of them."""
    rows = [room.row().put(f"the newest {plural(len(snapshot.recent_ns), 'pass', 'passes')}, ms", "muted")]
    bars, scale = histogram.draw(Sample.of(snapshot.recent_ns), replace(room, height=room.height - 1), before, mode)
    return [*rows, *bars], scale


def all_of_it(bins: Bins, room: Room, before: Scale | None, mode: str = "linear") -> tuple[list[Row], Scale | None]:
    """Every clean pass of a case that is over, below all that was made of them."""
    said, flagged = f"whole case: {plural(bins.n, 'clean pass', 'clean passes')}", f", {spaced(bins.left_out)} flagged"
    text = said + (flagged if bins.left_out else "")
    rows = [room.row().put(f"{text}, ms" if len(text) + 4 <= room.width else said, "muted")]
    bars, scale = histogram.draw(Whole.of(bins), replace(room, height=room.height - 1), before, mode)
    return [*rows, *bars], scale


def failure(snapshot: Snapshot, room: Room) -> list[Row]:
    """The request could not be carried out at all: what happened, and what to do."""
    rows = [room.row(), *room.paragraph(snapshot.fault or "", "bad")]
    if snapshot.hint:
        rows += [room.row(), *room.paragraph(snapshot.hint, "text")]
    return rows
