"""What a report says of a fleet as a whole: its boards, and each case by board."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jetbench.analysis import across
from jetbench.domain.metrics import significant
from jetbench.domain.results import CaseResult
from jetbench.domain.text import printable
from jetbench.export.fleet_document import Told, rows
from jetbench.export.report.blocks import Block, Grid, Paragraph

UNBEATEN = "*"
NA = "N/A"


def blocks(boards: Sequence[Told]) -> Iterator[Block]:
    """A row a board; then the median of every case, a column a board."""
    head = ("board", "model", "reached by", "power group", "run", "why")
    yield Grid(head, tuple(_board(each) for each in boards))
    found = rows(boards)
    if found:
        yield Grid(("p50 ms", *(each.name for each in boards)), tuple(_row(row) for row in found))
        yield from (Paragraph(text) for text in dict.fromkeys(_compared(row) for row in found) if text)


def _board(each: Told) -> tuple[str, ...]:
    member, board = each.part.member, (each.made or {}).get("board") or {}
    by = {"ssh": "ssh", "dask": "Dask", "local": "this machine"}.get(member.kind, member.kind)
    where = f"{by} {printable(member.address, 80)}".strip()
    group = printable(member.power_group, 80) if member.power_group is not None else ""
    return each.name, board.get("model") or NA, where, group, each.part.state, each.part.trouble or ""


def _row(row: across.Row) -> tuple[str, ...]:
    best = across.unbeaten(row.results).best
    cells = (_cell(result, place in best) for place, result in enumerate(row.results))
    return (printable(row.name, 80), *cells)


def _cell(result: CaseResult | None, best: bool) -> str:
    if result is None:
        return f"{NA} (not run)"
    if result.latency is None:
        return f"{NA} ({printable(result.status, 20)})"
    return significant(result.latency.p50 * 1e3) + (f" {UNBEATEN}" if best else "")


def _compared(row: across.Row) -> str:
    """What the mark means."""
    if not across.unbeaten(row.results).best:
        return ""
    figures = " and ".join(measure.title for measure in across.axes(row.results))
    return f"{UNBEATEN} no board beats it in {figures}: better in one and, beyond the intervals, behind in none."
