"""The results as a table for a terminal, a pipe or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from jetbench.analysis.duty import DutyCycle
from jetbench.export.columns import GAP, Case, Column, chosen, common, widest
from jetbench.export.document import SIMULATED, document, simulated
from jetbench.export.remarks import remarks
from jetbench.session.state import SessionState

_STYLES = {"measured": "green", "failed": "red", "refused": "red", "interrupted": "yellow", "skipped": "dim"}
# Without a terminal nothing limits a line; this keeps rich from folding one.
_NO_TERMINAL = 500
_ASCII = str.maketrans({"\N{PLUS-MINUS SIGN}": "+/-", "\N{HORIZONTAL ELLIPSIS}": "..."})


def print_table(state: SessionState, file: IO[str], width: int | None = None, duty: DutyCycle | None = None) -> None:
    """Settings, table and reasons. Plain and complete where ``file`` is no terminal, else as wide as that is."""
    console = _console(file, width)
    limit = width if width is not None else (console.width if console.is_terminal else None)
    if limit is None:
        console = _console(file, _NO_TERMINAL)
    made = document(state, duty)
    columns = chosen(made["cases"], limit)
    with console.capture() as captured:
        if simulated(state.board):
            console.print(SIMULATED, style="bold yellow")
        console.print(_head(made, columns), style="dim")
        console.print(_table(made["cases"], columns))
        for remark in remarks(made, columns):
            if remark.text != SIMULATED:
                console.print(Text(remark.text, remark.style))
    text = captured.get()
    if not console.is_terminal:
        text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    file.write(_encodable(text, getattr(file, "encoding", None) or "utf-8"))


def _console(file: IO[str], width: int | None) -> Console:
    return Console(file=file, highlight=False, emoji=False, markup=False, width=width)


def _encodable(text: str, encoding: str) -> str:
    """What an old locale cannot say is said in ASCII."""
    try:
        text.encode(encoding)
    except (UnicodeError, LookupError):
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")
    return text


def _table(cases: Sequence[Case], columns: Sequence[Column]) -> RenderableType:
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
    for column in columns:
        heading = Text(column.title, "bold").append(f"\n{column.unit}", "dim")
        # Only a name may be cut short: half a number is another number.
        least = None if column.title == "model" else widest(column, cases)
        table.add_column(heading, justify="right" if column.numeric else "left", no_wrap=True, min_width=least)
    for case in cases:
        table.add_row(*(_cell(column, case) for column in columns))
    return table


def _cell(column: Column, case: Case) -> Text:
    words = column.cell(case)
    if words == "N/A":
        return Text(words, "dim")
    return Text(words, _STYLES.get(words, "") if column.title == "status" else "")


def _head(made: Mapping[str, Any], columns: Sequence[Column]) -> Text:
    """What all cases were measured with."""
    parts = common(made["cases"], columns)
    protocol = made["protocol"]
    if protocol is not None:
        aim = f"until {protocol['until']:.2%}" if protocol["until"] is not None else f"k={protocol['k']}"
        warmup = "until flat" if protocol["warmup"] is None else protocol["warmup"]
        parts += [f"{aim} after the first pass", f"warm-up {warmup}"]
        if protocol["rounds"] > 1:
            parts.append(f"{protocol['rounds']} rounds, seed {protocol['seed']}")
    if made["software"]["torch"]:
        parts.append(f"torch {made['software']['torch']}")
    if made["board"] is not None and made["board"]["model"]:
        parts.insert(0, made["board"]["model"])
    return Text(", ".join(parts))
