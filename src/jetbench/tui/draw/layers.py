"""The layers of a finished case that have the most multiply-adds, as its profile tells them."""

from __future__ import annotations

from rich.cells import cell_len

from jetbench.domain.results import CaseResult, LayerCost
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import line, need, nice
from jetbench.tui.row import Row
from jetbench.tui.text import percent, si, size

MOST, BAR = 5, 12
LONGEST = 40  # cells of a name


def draw(result: CaseResult, room: Room) -> list[Row]:
    """Where no profile was made: how one is."""
    if not result.layers:
        told = result.latency is not None and result.model is not None and result.model.params is not None
        return line("layers", room, need(("N/A", "muted")), nice(("--why tells them", "muted"))) if told else []
    macs = sum(layer.macs for layer in result.layers)
    most = sorted(result.layers, key=lambda layer: layer.macs, reverse=True)[:MOST]
    share = sum(layer.macs for layer in most) / macs if macs else 0.0
    words = f"{len(most)} of them {'has' if len(most) == 1 else 'have'} {percent(share)} of the MACs"
    rows = line("layers", room, need((str(len(result.layers)), "text")), need((words, "muted")))
    name = min(LONGEST, max(cell_len(_name(layer)) for layer in most), max(8, room.width - BAR - 12))
    return rows + [_layer(layer, macs, name, room) for layer in most if macs]


def _name(layer: LayerCost) -> str:
    return f"{layer.name} {layer.kind}"


def _layer(layer: LayerCost, macs: int, width: int, room: Room) -> Row:
    row = room.row().to(2).fit(_name(layer), width, "muted", room.glyphs.more).gap(2)
    full, rest = gauge(layer.macs / macs, BAR, room.glyphs)
    row.put(full, "bars").put(rest, "faint")
    for text, role in (
        (percent(layer.macs / macs).rjust(4), "text"),
        (f"{si(layer.macs)}MACs", "muted"),
        (size(layer.bytes), "muted"),
    ):
        if row.left >= cell_len(text) + 2:
            row.gap(2).put(text, role)
    return row
