"""A line over columns of extents: braille, two dots a cell, or bars where there is no braille."""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.tui.draw.bars import columns as bars
from jetbench.tui.glyphs import Glyphs

Extent = tuple[float, float] | None  # lowest and highest value of a dot's width; None: nothing was told

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row, then left and right


def dots_a_cell(glyphs: Glyphs) -> int:
    return 2 if glyphs.braille else 1


def line(extents: Sequence[Extent], height: int, low: float, high: float, glyphs: Glyphs) -> list[str]:
    """Lines of text from the top down, one cell for ``dots_a_cell`` extents. Gaps stay gaps."""
    if not glyphs.braille:
        tops = [0.0 if extent is None else max(extent[1] - low, (high - low) * 1e-3) for extent in extents]
        return bars(tops, high - low, height, glyphs.levels)
    width = (len(extents) + 1) // 2
    cells = [[0] * width for _ in range(height)]
    rows = height * 4
    before: tuple[int, int] | None = None
    for x, extent in enumerate(extents):
        if extent is None:
            before = None
            continue
        bottom, top = (_dot(value, low, high, rows) for value in extent)  # top is the smaller row
        first, last = top, bottom
        if before is not None:  # joined to the one before: no gap in height between them
            first, last = min(first, before[1] + 1), max(last, before[0] - 1)
        for y in range(first, last + 1):
            cells[y // 4][x // 2] |= DOTS[y % 4][x % 2]
        before = (top, bottom)
    return ["".join(chr(0x2800 + bits) if bits else " " for bits in row) for row in cells]


def _dot(value: float, low: float, high: float, rows: int) -> int:
    share = (value - low) / (high - low) if high > low else 0.0
    return min(rows - 1, max(0, rows - 1 - round(share * (rows - 1))))
