"""A line over columns of buckets: braille, two dots a cell, or bars where there is no braille."""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.tui.draw.bars import columns as bars
from jetbench.tui.glyphs import Glyphs

Bucket = tuple[float, float] | None  # lowest and highest value in it

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row, then left and right


def dots_a_cell(glyphs: Glyphs) -> int:
    return 2 if glyphs.braille else 1


def line(buckets: Sequence[Bucket], height: int, low: float, high: float, glyphs: Glyphs) -> list[str]:
    """Lines of text from the top down, one cell for ``dots_a_cell`` buckets. Gaps stay gaps."""
    if not glyphs.braille:
        tops = [0.0 if bucket is None else max(bucket[1] - low, (high - low) * 1e-3) for bucket in buckets]
        return bars(tops, high - low, height, glyphs.levels)
    width = (len(buckets) + 1) // 2
    cells = [[0] * width for _ in range(height)]
    rows = height * 4
    before: tuple[int, int] | None = None
    for x, bucket in enumerate(buckets):
        if bucket is None:
            before = None
            continue
        bottom, top = (_dot(value, low, high, rows) for value in bucket)  # top is the smaller row
        first, last = top, bottom
        if before is not None:  # joined to the bucket before: no gap in height between them
            first, last = min(first, before[1] + 1), max(last, before[0] - 1)
        for y in range(first, last + 1):
            cells[y // 4][x // 2] |= DOTS[y % 4][x % 2]
        before = (top, bottom)
    return ["".join(chr(0x2800 + bits) if bits else " " for bits in row) for row in cells]


def _dot(value: float, low: float, high: float, rows: int) -> int:
    share = (value - low) / (high - low) if high > low else 0.0
    return min(rows - 1, max(0, rows - 1 - round(share * (rows - 1))))


def by_time(history: Sequence[tuple[int, float | None]], now: int, bucket_ns: int, count: int) -> list[Bucket]:
    """``count`` buckets that end with the one ``now`` falls in; their edges do not move with time."""
    last = now // bucket_ns
    found: list[Bucket] = [None] * count
    for t, value in reversed(history):
        index = count - 1 - (last - t // bucket_ns)
        if index < 0:
            break
        if value is not None and index < count:
            known = found[index]
            found[index] = (value, value) if known is None else (min(known[0], value), max(known[1], value))
    return bridge(found)


def bridge(buckets: list[Bucket], most: int = 2) -> list[Bucket]:
    """Short holes between readings that come a little slower than the buckets are filled; long ones stay."""
    filled = list(buckets)
    last = -1
    for index, bucket in enumerate(buckets):
        if bucket is None:
            continue
        hole = index - last - 1
        if last >= 0 and 0 < hole <= most:
            filled[last + 1 : index] = [buckets[last]] * hole
        last = index
    return filled


def by_index(values: Sequence[float], count: int) -> list[Bucket]:
    """All values, in order, over ``count`` buckets: several in one, or each over several."""
    if 0 < len(values) <= count // 2:
        wide = count // len(values)
        return [(value, value) for value in values for _ in range(wide)]
    each = max(1, -(-len(values) // count))
    return [(min(part), max(part)) for part in (values[i : i + each] for i in range(0, len(values), each))]
