"""A line being drawn: words with roles, put at columns; a palette makes a Strip of it."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.strip import Strip

from jetbench.domain.text import printable
from jetbench.tui.palette import Palette
from jetbench.tui.text import clip, shortened


class Row:
    """Text from anywhere may be put: it is made printable here, and cut at the width here."""

    __slots__ = ("ground", "spans", "used", "width")

    def __init__(self, width: int, ground: str = "ground") -> None:
        self.width = max(0, width)
        self.ground = ground
        self.used = 0
        self.spans: list[tuple[str, str]] = []

    @property
    def left(self) -> int:
        return self.width - self.used

    def put(self, text: str, role: str = "text") -> Row:
        text = text if text.isprintable() else printable(text)
        cells = cell_len(text)
        if cells > self.left:
            text, cells = set_cell_size(text, self.left), self.left
        if cells:
            if self.spans and self.spans[-1][1] == role:
                text = self.spans.pop()[0] + text
            self.spans.append((text, role))
            self.used += cells
        return self

    def fit(self, text: str, width: int, role: str = "text", more: str = "…") -> Row:
        """The text in exactly ``width`` cells."""
        width = min(width, self.left)
        text = clip(printable(text), width, more)
        return self.put(text + " " * (width - cell_len(text)), role)

    def fit_name(self, text: str, width: int, role: str = "text", more: str = "…") -> Row:
        """A name in exactly ``width`` cells, cut in the middle."""
        width = min(width, self.left)
        text = shortened(printable(text), width, more)
        return self.put(text + " " * (width - cell_len(text)), role)

    def gap(self, cells: int = 1) -> Row:
        return self.put(" " * min(cells, self.left), self.spans[-1][1] if self.spans else "text")

    def to(self, column: int) -> Row:
        return self.gap(column - self.used) if column > self.used else self

    def right(self, text: str, width: int, role: str = "text") -> Row:
        """The text at the right end of ``width`` cells."""
        text = printable(text)
        return self.put(" " * max(0, width - cell_len(text)) + text, role)

    def end(self, text: str, role: str = "text", keep: int = 1) -> Row:
        """The text at the right end of the line, if there is room for it and ``keep`` cells before it."""
        text = printable(text)
        if cell_len(text) + keep <= self.left:
            self.to(self.width - cell_len(text)).put(text, role)
        return self

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.spans)

    def segments(self, palette: Palette) -> list[Segment]:
        made = [Segment(text, palette.style(role, self.ground)) for text, role in self.spans]
        if self.left:
            made.append(Segment(" " * self.left, palette.style("text", self.ground)))
        return made

    def strip(self, palette: Palette) -> Strip:
        return Strip(self.segments(palette), self.width)
