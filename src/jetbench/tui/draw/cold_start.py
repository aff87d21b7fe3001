"""How a case started: a bar a stage, what it was spent on, and why the first pass took so long."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len

from jetbench.analysis.cold_start import sentence, size
from jetbench.domain.results import CaseResult, LedgerEntry
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import line, need, nice
from jetbench.tui.row import Row
from jetbench.tui.text import plural, seconds

AFTER = ("second", "third")  # beside the first pass, and no longer part of the start
LEAST_BAR, MOST_BAR = 4, 30
SECONDS = 8


class Columns(msgspec.Struct, frozen=True):
    name: int
    bar: int
    spent: bool  # beside the bars; else below them

    @staticmethod
    def within(room: Room, ledger: Sequence[LedgerEntry]) -> Columns:
        name = max(len(entry.stage) for entry in ledger) + 1
        longest = max(cell_len(spent_on(entry)) for entry in ledger)
        free = room.width - 2 - name - SECONDS - 2
        beside = free - longest - 2
        if longest and beside >= LEAST_BAR:
            return Columns(name, min(MOST_BAR, beside), True)
        return Columns(name, max(LEAST_BAR, min(MOST_BAR, free)), False)


def draw(result: CaseResult, room: Room) -> list[Row]:
    ledger = result.ledger
    if not ledger:
        return []
    total = sum(entry.seconds for entry in ledger if entry.stage not in AFTER)
    reached = any(entry.stage == "first" for entry in ledger)
    until = "until the first pass was done" if reached else "so far as it came"
    rows = line("start", room, need((seconds(total), "text")), nice((until, "muted")))
    told = sentence(ledger, result.latency.p50 if result.latency else None)
    if told is not None:
        rows += line("", room, need((told, "warn")))
    columns, longest = Columns.within(room, ledger), max(entry.seconds for entry in ledger)
    for entry in ledger:
        rows += _stage(entry, entry.seconds / longest if longest else 0.0, columns, room)
    return rows


def _stage(entry: LedgerEntry, share: float, columns: Columns, room: Room) -> list[Row]:
    row = room.row().to(2).fit(entry.stage, columns.name, "muted").right(seconds(entry.seconds), SECONDS, "text")
    full, _ = gauge(share, columns.bar, room.glyphs)
    role = "faint" if entry.stage in AFTER else "bars"
    row.gap(2).put(full, role)
    spent = spent_on(entry)
    if not spent:
        return [row]
    if columns.spent:
        return [row.to(2 + columns.name + SECONDS + 2 + columns.bar + 2).put(spent, "muted")]
    return [row, *room.paragraph(spent, "muted", indent=4)]


def spent_on(entry: LedgerEntry) -> str:
    """Only what is not 0; what is not known is left out as well."""
    said = [plural(entry.major_faults, "major fault")] if entry.major_faults else []
    for kib, what in ((entry.swap_in_kib, "swapped in"), (entry.read_kib, "read"), (entry.cache_kib, "of kernels")):
        said += [f"{size(kib)} {what}"] if kib else []
    return ", ".join(said)
