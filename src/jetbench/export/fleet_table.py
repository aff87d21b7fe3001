"""The results of a fleet as one table: the board is a column, and the rows of one case stand together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO, Any

from rich.console import RenderableType
from rich.text import Text

from jetbench.analysis import across
from jetbench.domain.text import printable
from jetbench.export.columns import SETTINGS, Column, fitting
from jetbench.export.columns import told as there
from jetbench.export.document import SIMULATED
from jetbench.export.fleet_document import Told, cases, rows
from jetbench.export.grid import drawn, room, show
from jetbench.export.remarks import Remark, remarks
from jetbench.export.table import STYLES, head

BOARD = Column("board", "", lambda case: printable(case["board"], 40), 110, numeric=False)


def print_fleet(boards: Sequence[Told], file: IO[str], width: int | None = None) -> None:
    """Boards, table, which boards none beats, and reasons. Plain and complete where ``file`` is no terminal."""
    limit, found = room(file, width), cases(boards)
    columns = chosen(found, limit)
    parts: list[RenderableType] = [Text(line, style) for line, style in heads(boards, columns)]
    if found:
        parts.append(drawn(columns, found, limit, cut="model", styles=STYLES))
    parts += [Text(line) for line in unbeaten(boards)]
    parts += [Text(remark.text, remark.style) for remark in fleet_remarks(boards, columns)]
    show(parts, file, limit)


def chosen(found: Sequence[dict[str, Any]], width: int | None) -> tuple[Column, ...]:
    """The columns that fit; the board stays."""
    return fitting([BOARD, *there(found)], found, width, apart=SETTINGS, least=4)


def heads(boards: Sequence[Told], columns: Sequence[Column]) -> Iterator[tuple[str, str]]:
    """A line a board: what it is, and how its run ended where that was not in order."""
    for each in boards:
        about = head(each.made, columns).plain if each.made is not None and each.made["board"] is not None else ""
        made_up = SIMULATED if each.made is not None and SIMULATED in each.made["warnings"] else ""
        style = "red" if each.part.state in ("lost", "failed") else "bold yellow" if made_up else "dim"
        yield f"{each.name}: {'; '.join(filter(None, (each.part.ended, made_up, about)))}", style


def unbeaten(boards: Sequence[Told]) -> Iterator[str]:
    """A line a case in which boards can be compared."""
    for row in rows(boards):
        found = across.unbeaten(row.results)
        if found.best:
            named = ", ".join(boards[place].name for place in sorted(found.best))
            by = " and ".join(measure.title for measure in across.axes(row.results))
            yield f"{printable(row.name, 80)}: of {len(found.compared)} boards none beats {named} in {by}"


def fleet_remarks(boards: Sequence[Told], columns: Sequence[Column]) -> Iterator[Remark]:
    """Of each board its own; what all of them say is said once, at the end."""
    own = [(each.name, list(remarks(each.made, columns))) for each in boards if each.made is not None]
    count = Counter(text for _, found in own for text in {remark.text for remark in found})
    shared = {text for text, times in count.items() if times == len(own) > 1 and not text.startswith(" ")}
    for name, found in own:
        for remark in found:
            if remark.text not in shared and remark.text != SIMULATED:
                indent = remark.text.startswith(" ")
                yield Remark(remark.text if indent else f"{name}: {remark.text}", remark.style)
    for remark in own[0][1] if own else ():
        if remark.text in shared and remark.text != SIMULATED:
            yield remark
