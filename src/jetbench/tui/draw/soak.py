"""A soak: what is lost when a case runs for minutes, and, while it runs, where its temperature leads."""

from __future__ import annotations

from jetbench.analysis.soak_words import outlook, sentences
from jetbench.domain.results import SoakResult
from jetbench.session.snapshot import Snapshot
from jetbench.session.soaking import soaking
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import line, need
from jetbench.tui.row import Row
from jetbench.tui.text import clock

LOST = 0.97  # retention: below, it is slower by what anyone would notice (as of the onset)


def draw(found: SoakResult, room: Room) -> list[Row]:
    """A sentence a line: speed, throttling, clean and throttled passes apart, temperature, how it ended."""
    rows: list[Row] = []
    for number, sentence in enumerate(sentences(found)):
        lost = number == 0 and found.retention is not None and found.retention < LOST
        hot = sentence.startswith("throttled after") or (found.outcome == "abort" and sentence.startswith("aborted"))
        rows += line("soak" if not number else "", room, need((sentence, "warn" if lost or hot else "text")))
    return rows


def running(snapshot: Snapshot, degree: str) -> tuple[str, str] | None:
    """For the first line while one runs, in full and short: where its temperature leads. None: nothing is told yet."""
    now = soaking(snapshot)
    if now is None:
        return None
    spent = f"soak {clock(now.seconds)}/{clock(now.most)}"
    if now.prediction is None:
        return spent, spent
    eta = f" {clock(now.prediction.eta_s)}" if now.prediction.eta_s >= 1 else ""
    full = f"{spent} {outlook(now.prediction)}".replace(" C", f" {degree}C")
    return full, f"{spent} to {now.prediction.final_c:.0f} {degree}C{eta}"
