"""The results as a table for a terminal, a pipe or a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from rich.console import RenderableType
from rich.text import Text

from jetbench.analysis.duty import DutyCycle
from jetbench.export.columns import Column, chosen, common
from jetbench.export.document import SIMULATED, document, simulated
from jetbench.export.grid import drawn, room, show
from jetbench.export.remarks import remarks
from jetbench.session.state import SessionState

STYLES = {"measured": "green", "failed": "red", "refused": "red", "interrupted": "yellow", "skipped": "dim"}


def print_table(state: SessionState, file: IO[str], width: int | None = None, duty: DutyCycle | None = None) -> None:
    """Settings, table and reasons. Plain and complete where ``file`` is no terminal, else as wide as that is."""
    limit, made = room(file, width), document(state, duty)
    columns = chosen(made["cases"], limit)
    parts: list[RenderableType] = [Text(SIMULATED, "bold yellow")] if simulated(state.board) else []
    parts += [head(made, columns), drawn(columns, made["cases"], limit, cut="model", styles=STYLES)]
    parts += [Text(remark.text, remark.style) for remark in remarks(made, columns) if remark.text != SIMULATED]
    show(parts, file, limit)


def head(made: Mapping[str, Any], columns: Sequence[Column]) -> Text:
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
    return Text(", ".join(parts), "dim")
