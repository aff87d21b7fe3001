"""Tables as text on a terminal, in a pipe or in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from jetbench.domain.text import shortened
from jetbench.export.columns import GAP, Column, needed, widest

Row = Mapping[str, Any]
# Without a terminal nothing limits a line; this keeps rich from folding one.
_NO_TERMINAL = 500
_LEAST_NAME = 8
NO_STYLES: Mapping[str, str] = {}
_ASCII = str.maketrans({"\N{PLUS-MINUS SIGN}": "+/-", "\N{HORIZONTAL ELLIPSIS}": "..."})


def room(file: IO[str], width: int | None = None) -> int | None:
    """Characters a line may have; None where nothing limits it. ``width`` goes before what the terminal has."""
    if width is not None:
        return width
    console = Console(file=file)
    return console.width if console.is_terminal else None


def drawn(
    columns: Sequence[Column],
    rows: Sequence[Row],
    limit: int | None,
    cut: str,
    total: Row | None = None,
    styles: Mapping[str, str] = NO_STYLES,
) -> Table:
    """The table, with a last row of sums. Of the columns only the one titled ``cut`` may be cut short: half a number
    is another number. ``styles``: of cells that are such a word."""
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    everything = [*rows, total] if total is not None else list(rows)
    name = None
    over = max(0, needed(columns, everything) - limit) if limit is not None else 0
    for column in columns:
        heading = Text(column.title, "bold").append(f"\n{column.unit}", "dim")
        width = widest(column, everything)
        if column.title == cut:
            width = name = max(_LEAST_NAME, width - over)
        table.add_column(heading, justify="right" if column.numeric else "left", no_wrap=True, width=width)
    for row in everything:
        cells = [_cell(column, row, name if column.title == cut else None, styles) for column in columns]
        table.add_row(*cells, style="bold" if row is total else None)
    return table


def _cell(column: Column, row: Row, width: int | None, styles: Mapping[str, str]) -> Text:
    words = column.cell(row)
    if width is not None:
        words = shortened(words, width)
    return Text(words, "dim" if words == "N/A" else styles.get(words, ""))


def hidden(columns: Sequence[Column], shown: Sequence[Column]) -> list[Text]:
    """The line that says what there was no room for."""
    titles = [" ".join(filter(None, (column.title, column.unit))) for column in columns if column not in shown]
    return [Text(f"not shown at this width: {', '.join(titles)}")] if titles else []


def show(parts: Sequence[RenderableType], file: IO[str], limit: int | None) -> None:
    """Print them one below the other; plain where ``file`` is no terminal, and in ASCII where it knows no more."""
    console = Console(file=file, highlight=False, emoji=False, markup=False, width=limit or _NO_TERMINAL)
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=limit is None and isinstance(part, Text))
    text = captured.get()
    if not console.is_terminal:
        text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    file.write(_encodable(text, getattr(file, "encoding", None) or "utf-8"))


def _encodable(text: str, encoding: str) -> str:
    """What an old locale cannot say is said in ASCII."""
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
    return text
