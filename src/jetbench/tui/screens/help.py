"""Every key and every sign, from the same table as the key bar."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from jetbench.tui.bindings import MOVING, groups
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.palette import Palette

INDENT = 12


class HelpScreen(ModalScreen[None]):
    CSS_PATH = "help.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "Back", show=False)]

    def __init__(self, palette: Palette, glyphs: Glyphs) -> None:
        super().__init__()
        self.palette = palette
        self.glyphs = glyphs

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Static(self.page(), markup=False)

    def page(self) -> Table:
        page = Table.grid(padding=(0, 2, 0, 0))
        page.add_column(width=INDENT - 2, justify="right")
        page.add_column(ratio=1)
        style = self.palette.style

        def section(title: str, lines: list[tuple[str, str, str]]) -> None:
            page.add_row(Text(title, style("muted"), justify="left"))
            for shown, role, sentence in lines:
                page.add_row(Text(shown, style(role)), Text(sentence, style("text")))
            page.add_row()

        for group, keys in groups().items():
            lines = [(key.shown, "key", key.help) for key in keys]
            section(group, lines + [(shown, "key", text) for shown, text in MOVING] * (group == "Plan"))
        section("Signs", self._signs())
        page.add_row(Text("esc", style("key")), Text("Back.", style("text")))
        return page

    def _signs(self) -> list[tuple[str, str, str]]:
        g = self.glyphs
        return [
            (g.done, "good", "measured"),
            (g.running, "running", "running now"),
            (g.queued, "faint", "waiting for its turn"),
            (g.failed, "bad", "failed or refused; the reason stands below it"),
            (g.warn, "warn", "throttled while it was measured"),
            (g.picked, "accent", "picked for the next run"),
            ("A to D", "text", "how far the figures can be trusted; the case itself says why"),
            ("?", "muted", "behind a percentile: too few passes to tell it"),
            (g.plus_minus, "power", "behind joules and watts: their uncertainty, about 95 %"),
        ]
