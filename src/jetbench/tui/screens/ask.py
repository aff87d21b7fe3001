"""A question with two answers."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from jetbench.tui.palette import Palette


class AskScreen(ModalScreen[bool]):
    CSS_PATH = "ask.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", show=False),
        Binding("n,escape,q", "answer(False)", show=False),
    ]

    def __init__(self, question: str, yes: str, no: str, palette: Palette) -> None:
        super().__init__()
        self.question = question
        self.yes, self.no = yes, no
        self.palette = palette

    def compose(self) -> ComposeResult:
        style = self.palette.style
        keys = Text().append("y", style("key")).append(f" {self.yes}    ", style("muted"))
        keys.append("n", style("key")).append(f" {self.no}", style("muted"))
        with Vertical(classes="dialog"):
            yield Static(self.question, markup=False)
            yield Static(keys, classes="keys", markup=False)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
