"""The results as a GitHub table with its remarks below, to be pasted into an issue or a README."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jetbench.analysis.duty import DutyCycle
from jetbench.domain.text import printable
from jetbench.export.columns import Case, Column, chosen
from jetbench.export.document import SIMULATED, document, simulated
from jetbench.export.files import replacing
from jetbench.export.remarks import remarks
from jetbench.export.table import head
from jetbench.session.state import SessionState

_SPECIAL = re.compile(r"[\\`*|\[\]~$]")
# Within a word an underline is one; elsewhere it may begin emphasis.
_UNDERLINE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# Somebody who happens to have a model's name is not to be told about it. Nothing less splits the two on GitHub.
_MENTION = re.compile(r"@(?=[A-Za-z0-9])")
_BLOCK = re.compile(r"([-+#=])|(\d{1,9})([.)])")


def write(path: Path, state: SessionState) -> None:
    """Raises ExportError."""
    with replacing(path) as file:
        file.write(dumps(state))


def dumps(state: SessionState, duty: DutyCycle | None = None) -> str:
    """Settings, table and remarks in the order of the table on a terminal; every column is there."""
    made = document(state, duty)
    columns = chosen(made["cases"], None)
    parts = [f"**{escaped(SIMULATED)}**"] if simulated(state.board) else []
    parts.append(at_start(head(made, columns).plain))
    parts.append("\n".join(table(made["cases"], columns)))
    said = bullets(remark.text for remark in remarks(made, columns) if remark.text != SIMULATED)
    return "\n\n".join([part for part in [*parts, "\n".join(said)] if part]) + "\n"


def escaped(text: str) -> str:
    """Text that is shown as it is, wherever it stands in a line: no table, code, emphasis, link, HTML or mention."""
    shown = _SPECIAL.sub(r"\\\g<0>", printable(text, 2000))
    shown = _UNDERLINE.sub(r"\\_", shown).translate(_HTML)
    return _MENTION.sub("@<!-- -->", shown)


def at_start(text: str) -> str:
    """The same at the beginning of a line: no heading, list or rule either."""
    shown = escaped(text.strip())
    found = _BLOCK.match(shown)
    if found is None:
        return shown
    at = 0 if found[1] else found.end(2)
    return f"{shown[:at]}\\{shown[at:]}"


def table(cases: Sequence[Case], columns: Sequence[Column]) -> Iterator[str]:
    yield _row(_heading(column) for column in columns)
    yield _row("---:" if column.numeric else "---" for column in columns)
    for case in cases:
        yield _row(escaped(column.cell(case)) for column in columns)


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _heading(column: Column) -> str:
    return escaped(f"{column.title} ({column.unit})" if column.unit else column.title)


def bullets(lines: Iterable[str]) -> Iterator[str]:
    """What is indented on a terminal belongs to the line before it."""
    for line in lines:
        yield f"{'  ' if line.startswith(' ') else ''}- {at_start(line)}"
