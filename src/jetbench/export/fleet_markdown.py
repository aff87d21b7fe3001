"""The table of a fleet as a GitHub table, with its remarks below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jetbench.export.files import replacing
from jetbench.export.fleet_document import cases, told
from jetbench.export.fleet_table import chosen, fleet_remarks, heads, unbeaten
from jetbench.export.markdown import at_start, bullets, table
from jetbench.session.fleet_load import Part


def write(path: Path, parts: Sequence[Part]) -> None:
    """Boards, table and remarks in the order of the table on a terminal. Raises ExportError."""
    boards = told(parts)
    found = cases(boards)
    columns = chosen(found, None)
    about = "\n".join(f"- {at_start(line)}" for line, _ in heads(boards, columns))
    said = bullets([*unbeaten(boards), *(remark.text for remark in fleet_remarks(boards, columns))])
    made = "\n".join(table(found, columns)) if found else ""
    with replacing(path) as file:
        file.write("\n\n".join(part for part in (about, made, "\n".join(said)) if part) + "\n")
