"""Bars of part characters: histograms, areas and gauges, as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.tui.glyphs import Glyphs


def columns(values: Sequence[float], top: float, height: int, levels: str) -> list[str]:
    """Upright bars, a character wide, from the top line down. What is above 0 shows at least a little."""
    parts = len(levels) - 1
    steps = [
        0 if value <= 0 or top <= 0 else min(height * parts, max(1, round(value / top * height * parts)))
        for value in values
    ]
    return [
        "".join(levels[min(parts, max(0, step - below * parts))] for step in steps)
        for below in range(height - 1, -1, -1)
    ]


def gauge(share: float, width: int, glyphs: Glyphs) -> tuple[str, str]:
    """The part that is there and the part that is not."""
    full = min(width, max(0, round(share * width)))
    return glyphs.full * full, glyphs.rest * (width - full)
