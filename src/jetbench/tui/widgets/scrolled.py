"""A column that scrolls, with a bar that a terminal without blocks can show."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.scrollbar import ScrollBarRender


class WholeCells(ScrollBarRender):
    """Textual ends its bars with eighths of a block, whatever the terminal."""

    VERTICAL_BARS = [" "]


class Scrolled(VerticalScroll):
    def on_mount(self) -> None:
        self.vertical_scrollbar.renderer = WholeCells  # type: ignore[misc]  # of this bar alone
