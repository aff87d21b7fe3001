"""A case below the roofs of its device, on log-log axes: the pass as a whole, and its classes of operators.

After Williams, Waterman and Patterson (CACM 2009): FLOP/byte to the right, FLOP/s upwards. In braille the roof is drawn
in dots, else a sign a cell.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from jetbench.domain.why import Roofline, Why
from jetbench.tui.draw.axis import LogAxis, log_axis, place
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.series import DOTS
from jetbench.tui.row import Row

MOST = 12  # rows with its labels
LEAST_WIDTH = 34
LEAST_SHARE = 0.02  # of the time: a class that takes less is told by noise
LETTERS = "abcdefgh"
WHOLE = "@"
UNIT = "GFLOP/s"
Cell = tuple[int, int]


class Point(msgspec.Struct, frozen=True):
    name: str
    sign: str
    role: str
    intensity: float  # FLOP/byte
    reached: float  # FLOP/s
    efficiency: float


class Grid(msgspec.Struct, frozen=True):
    xs: LogAxis
    ys: LogAxis
    width: int
    height: int

    def at(self, x: float, y: float, across: int = 1, up: int = 1) -> Cell:
        """The cell of a value, or one of ``across`` x ``up`` dots in each."""
        return _part(self.xs.share(x), self.width * across), _part(1 - self.ys.share(y), self.height * up)


def draw(why: Why, room: Room) -> list[Row]:
    """No rows where nothing is known or there is no room."""
    line = why.roofline
    if line is None or line.intensity <= 0 or room.width < LEAST_WIDTH:
        return []
    points = _points(why, line)
    gutter = len(UNIT) + 1
    grid = _grid(line, points, room.width - gutter, min(MOST, max(6, room.height)) - 3)
    cells = _roof(line, grid, room)
    for point in reversed(points):  # the pass as a whole is the first, and lies on top
        cells[grid.at(point.intensity, point.reached)] = (point.sign, point.role)
    return [*_chart(cells, grid, gutter, room), *_legend(points, room)]


def _points(why: Why, line: Roofline) -> list[Point]:
    found = [Point("the pass", WHOLE, "strong", line.intensity, line.reached, line.efficiency)]
    told = [row for row in why.classes if row.macs and row.bytes and row.seconds > 0 and row.share >= LEAST_SHARE]
    for sign, row in zip(LETTERS, told, strict=False):
        flops = 2 * row.macs
        found.append(Point(row.name, sign, "accent", flops / row.bytes, flops / row.seconds, row.efficiency))
    return found


def _grid(line: Roofline, points: Sequence[Point], width: int, height: int) -> Grid:
    ridge = line.peak_flops / line.bandwidth
    lowest, highest = min(point.intensity for point in points), max(point.intensity for point in points)
    xs = log_axis(min(lowest, ridge / 2) / 1.5, max(highest, ridge * 2) * 1.5)
    rates = [point.reached for point in points]
    bottom = min(*rates, line.bandwidth * xs.low)
    return Grid(xs, log_axis(bottom / 1.2, max(*rates, line.peak_flops) * 1.3), width, height)


def _part(share: float, count: int) -> int:
    return min(count - 1, max(0, round(share * (count - 1))))


def _roof(line: Roofline, grid: Grid, room: Room) -> dict[Cell, tuple[str, str]]:
    """Two straight lines that meet at the ridge."""
    across, up = (2, 4) if room.glyphs.braille else (1, 1)
    bits: dict[Cell, int] = {}
    signs: dict[Cell, str] = {}
    before: int | None = None
    for x in range(grid.width * across):
        intensity = grid.xs.value(x / (grid.width * across - 1))
        rising = line.bandwidth * intensity < line.peak_flops
        y = grid.at(intensity, min(line.peak_flops, line.bandwidth * intensity), across, up)[1]
        for dot in range(y, max(y + 1, before or 0)):  # no gap where it is steep
            cell = (x // across, dot // up)
            bits[cell] = bits.get(cell, 0) | DOTS[dot % 4][x % 2]
            signs[cell] = "/" if rising else room.glyphs.limit
        before = y
    if room.glyphs.braille:
        signs = {cell: chr(0x2800 + bit) for cell, bit in bits.items()}
    return {cell: (sign, "series") for cell, sign in signs.items()}


def _chart(cells: dict[Cell, tuple[str, str]], grid: Grid, gutter: int, room: Room) -> list[Row]:
    labels = _labels(grid)
    rows = []
    for y in range(grid.height):
        text = labels.get(y, "")
        row = room.row().right(text or ("" if y else UNIT), gutter - 1, "faint")
        row.put(room.glyphs.tick if text else room.glyphs.frame[5], "faint")
        for x in range(grid.width):
            row.put(*cells.get((x, y), (" ", "text")))
        rows.append(row)
    rows.append(room.row().gap(gutter - 1).put(room.glyphs.tick, "faint").put(room.glyphs.axis * grid.width, "faint"))
    return [*rows, _numbers(grid, gutter, room)]


def _labels(grid: Grid) -> dict[int, str]:
    """Ticks of the upright axis by row, below its unit, apart by a row."""
    found: dict[int, str] = {}
    for tick in reversed(grid.ys.ticks()):
        y = grid.at(grid.xs.low, tick)[1]
        if y > 1 and (not found or y - max(found) >= 2):
            found[y] = grid.ys.label(tick * 1e-9)
    return found


def _numbers(grid: Grid, gutter: int, room: Room) -> Row:
    title = "FLOP/byte"
    labels = [(gutter + grid.at(tick, grid.ys.low)[0], grid.xs.label(tick)) for tick in grid.xs.ticks()]
    row = room.row()
    for start, text in place(labels, room.width - len(title) - 2):
        row.to(start).put(text, "muted")
    return row.end(title, "faint")


def _legend(points: Sequence[Point], room: Room) -> list[Row]:
    rows = [room.row()]
    for point in points:
        text = f"{point.name} {point.efficiency:.0%}{' of its roof' if point.sign == WHOLE else ''}"
        if len(text) + 4 > rows[-1].left and rows[-1].used:
            rows.append(room.row())
        rows[-1].gap(2 if rows[-1].used else 0).put(point.sign, point.role).put(f" {text}", "muted")
    return rows
