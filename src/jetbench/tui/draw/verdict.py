"""Why a finished case is as fast as it is: the verdict, where its time goes, and what the trials say."""

from __future__ import annotations

from jetbench.analysis import trials
from jetbench.domain.metrics import significant
from jetbench.domain.why import STALLED, UNSURE, OpShare, Roofline, Why
from jetbench.tui.draw import roofline
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import label_width, line, need, nice
from jetbench.tui.row import Row

MOST = 5  # classes of operators
BAR = 12
_NAME = 23


def draw(why: Why, room: Room) -> list[Row]:
    verdict = why.verdict
    role = "bad" if verdict.kind == STALLED else "muted" if verdict.kind == UNSURE else "text"
    sure = [nice((f"{verdict.sure} sure", "muted"))] if verdict.sure else []
    rows = line("why", room, need((verdict.sentence, role)), *sure)
    for doubt in verdict.doubts:
        rows += line("", room, need((f"doubt: {doubt}", "warn")))
    if why.proof is not None:
        role = {True: "good", False: "bad", None: "muted"}[why.proof.agrees]
        rows += line("", room, need((f"trials: {why.proof.text}", role)))
    for evidence in verdict.evidence:
        rows += line("", room, need((evidence, "muted")))
    if why.roofline is not None:
        rows.append(_roofline(why.roofline, room))
    rows += [_share(row, room) for row in why.classes[:MOST]]
    for trial in why.trials:
        if trial.reason is None:
            rows += line("", room, need((f"{trial.name}: ", "muted"), (trials.text(trial), "text")))
    return [*rows, *roofline.draw(why, room)]


def _gauge(made: Row, share: float, room: Room) -> None:
    full, rest = gauge(min(1.0, share), BAR, room.glyphs)
    made.put(full, "bars").put(rest, "faint")


def _roofline(line: Roofline, room: Room) -> Row:
    """How near to the roof it comes, and on which side of the ridge it lies."""
    made = room.row().fit("roof", label_width(room), "muted")
    if made.left > BAR + 8:
        _gauge(made, line.efficiency, room)
    made.put(f" {line.efficiency:>4.0%}", "text")
    ridge = line.peak_flops / line.bandwidth
    for text in (f" of it, {line.intensity:.2g} FLOP/byte", f", the roofs meet at {ridge:.2g}"):
        if len(text) <= made.left:
            made.put(text, "muted")
    return made


def _share(row: OpShare, room: Room) -> Row:
    """A class of operators: its share of the time as a bar, and that of the multiply-adds beside it."""
    made = room.row().to(label_width(room)).fit(row.name, min(_NAME, max(8, room.width - label_width(room) - 16)))
    if made.left > BAR + 8:
        _gauge(made, row.share, room)
    made.put(f" {row.share:>4.0%}", "text")
    for text in (f" of the time, {row.macs_share:.0%} of the MACs", f", {significant(row.seconds * 1e3)} ms"):
        if len(text) <= made.left:
            made.put(text, "muted")
    return made
