"""What the terminal shows, and the least that makes it show the next picture.

Textual sends every segment that it drew anew, changed or not, each with all its colours; the first picture is four
whole ones. Here a picture is compared with what stands there, and what is sent are the cells that differ.
"""

from __future__ import annotations

import re

from rich.cells import cell_len

from jetbench.tui.sgr import PLAIN, Look, after, blank, change

# Where the cursor goes, how characters look, the next line, characters: of these a picture is made.
PICTURE = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([\d;]*)m|(\n)|([^\x00-\x1f\x7f]+)")
# These paint nothing: modes and questions, what the window is told (OSC), the bell.
ASIDE = re.compile(r"(?:\x1b\[[?>=<][\d;]*\$?[a-zA-Z]|\x1b\[\d*n|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07)*")
MOST_KNOWN = 2000
NEAR = 4  # cells; to write so many again is shorter than to step over them

Cell = tuple[str, Look]
UNKNOWN: Cell = ("\0", PLAIN)


class Shown:
    """Cells are (character with what combines with it, look); the second half of a wide one is ("", look)."""

    def __init__(self) -> None:
        self._rows: dict[int, list[Cell]] = {}
        self._cursor = (0, 0)  # where it stays: what is typed with an input method is shown there
        self._known: dict[tuple[str, Look], list[Cell]] = {}  # texts of former pictures
        self._one: dict[Cell, Cell] = {}  # cells that are alike are one: it takes no time to see that
        self._wide = False  # whether there ever was a character of two cells

    def forget(self) -> None:
        """Somebody else has written there, or the terminal has another size."""
        self._rows.clear()

    def least(self, data: str) -> str:
        """What has the same effect as ``data``; it begins and ends in the plain look."""
        read = self._read(data)
        if read is None:
            if not ASIDE.fullmatch(data):
                self.forget()
            return data
        wanted, cursor = read
        out: list[str] = []
        look = PLAIN
        for y in sorted(wanted):
            old, new = self._rows.get(y, []), wanted[y]
            if old != new:
                look = _write(y, old, new, look, out, self._wide)
                self._rows[y] = new
        if look != PLAIN:
            out.append("\x1b[m")
        if self._cursor != cursor or (out and cursor != (0, 0)):
            self._cursor = cursor
            out.append(f"\x1b[{cursor[1] + 1};{cursor[0] + 1}H")
        return "".join(out)

    def _read(self, data: str) -> tuple[dict[int, list[Cell]], tuple[int, int]] | None:
        """The rows that it writes to, as they are then, and where the cursor is. None: not a picture."""
        rows: dict[int, list[Cell]] = {}
        look, x, y, read = PLAIN, 0, 0, 0
        for token in PICTURE.finditer(data):
            if token.start() != read:
                return None
            read = token.end()
            row, column, parameters, line, text = token.groups()
            if text is not None:
                if y not in rows:
                    rows[y] = self._rows.get(y, []).copy()
                put = self._put(rows[y], x, text, look)
                if put is None:
                    return None
                x = put
            elif parameters is not None:
                known = after(look, parameters)
                if known is None:
                    return None
                look = known
            elif line:
                x, y = 0, y + 1
            else:
                x, y = int(column) - 1, int(row) - 1
        return (rows, (x, y)) if read == len(data) and look == PLAIN else None

    def _put(self, row: list[Cell], x: int, text: str, look: Look) -> int | None:
        """Where the cursor is then. None: that cannot be told."""
        cells = self._known.get((text, look))
        if cells is None:
            cells = self._cells(text, look)
            if cells is None:
                return None
            if len(self._known) > MOST_KNOWN:
                self._known.clear()
            self._known[text, look] = cells
        end = x + len(cells)
        if x > len(row):
            row.extend([UNKNOWN] * (x - len(row)))
        if 0 < x < len(row) and not row[x][0]:  # the first half of a character stays behind,
            row[x - 1] = UNKNOWN
        if end < len(row) and not row[end][0]:  # or the second
            row[end] = UNKNOWN
        row[x:end] = cells
        return end

    def _cells(self, text: str, look: Look) -> list[Cell] | None:
        empty, one = blank(look), self._one
        if not text.strip(" "):  # most of a picture
            return [one.setdefault((" ", empty), (" ", empty))] * len(text)
        if text.isascii():
            return [one.setdefault(cell, cell) for cell in ((sign, empty if sign == " " else look) for sign in text)]
        cells: list[Cell] = []
        for sign in text:
            width = cell_len(sign)
            cell = (sign, empty if sign == " " else look)
            if width > 0:
                cells += [one.setdefault(cell, cell), *([("", look)] * (width - 1))]
                self._wide = self._wide or width > 1
            elif cells and cells[-1][0]:
                cells[-1] = (cells[-1][0] + sign, look)
            else:
                return None
        return cells if len(cells) == cell_len(text) else None  # else some signs are one together


def _write(y: int, old: list[Cell], new: list[Cell], look: Look, out: list[str], wide: bool) -> Look:
    """The cells of a row that differ. The look that the terminal is left in."""
    if wide and not (all(sign for sign, _ in old) and all(sign for sign, _ in new)):
        differ = [x for x, cell in enumerate(new) if cell is not UNKNOWN]  # no half of a character goes alone
    else:
        differ = [x for x, (was, cell) in enumerate(zip(old, new, strict=False)) if cell is not was]
        differ += range(len(old), len(new))
        differ = [x for x in differ if new[x] is not UNKNOWN]
    at, put = -1, None
    for x in differ:
        if x == at:
            pass
        elif at < 0:
            out.append(f"\x1b[{y + 1};{x + 1}H")
        else:
            between = new[at:x]
            if len(between) <= NEAR and all(its is not UNKNOWN and not change(look, its[1])[0] for its in between):
                out += [sign for sign, _ in between]
            else:
                out.append(f"\x1b[{x - at}C")
        sign, wanted = new[x]
        if wanted is not put and sign:
            turned, look = change(look, wanted)
            out.append(turned)
            put = wanted  # whatever looks so needs no change
        out.append(sign)
        at = x + 1
    return look
