"""Every key and every sign, from the same table as the key bar."""

from __future__ import annotations

from typing import ClassVar

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

    def page(self) -> Text:
        text = Text(no_wrap=False)
        style = self.palette.style
        for group, keys in groups().items():
            text.append(f"{group}\n", style("muted"))
            for key in keys:
                text.append(f"{key.shown:>{INDENT - 2}}  ", style("key")).append(f"{key.help}\n", style("text"))
            if group == "Plan":
                for shown, sentence in MOVING:
                    text.append(f"{shown:>{INDENT - 2}}  ", style("key")).append(f"{sentence}\n", style("text"))
            text.append("\n")
        text.append("Signs\n", style("muted"))
        for sign, role, sentence in self._signs():
            text.append(f"{sign:>{INDENT - 2}}  ", style(role)).append(f"{sentence}\n", style("text"))
        text.append("\nesc goes back", style("muted"))
        return text

    def _signs(self) -> list[tuple[str, str, str]]:
        g = self.glyphs
        return [
            (g.done, "good", "measured"),
            (g.running, "running", "running now"),
            (g.queued, "faint", "waiting for its turn"),
            (g.failed, "bad", "failed or refused; the reason stands below it"),
            (g.warn, "warn", "throttled while it was measured"),
            (g.picked, "accent", "picked for the next run"),
        ]
