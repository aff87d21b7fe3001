"""A question with two answers, or three."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from jetbench.tui.glyphs import Glyphs
from jetbench.tui.palette import Palette


class AskScreen(ModalScreen[str]):
    """Dismissed with "yes", "no" or "leave". ``leave``: what that would do, where it can be done."""

    CSS_PATH = "ask.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer('yes')", show=False),
        Binding("n,escape,q", "answer('no')", show=False),
        Binding("l", "answer('leave')", show=False),
    ]

    def __init__(self, question: str, yes: str, no: str, palette: Palette, leave: str | None = None) -> None:
        super().__init__()
        self.question = question
        self.answers = {"yes": yes, "no": no, **({"leave": leave} if leave is not None else {})}
        self.palette = palette

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self.question, markup=False)
            yield Static(self._keys(), classes="keys", markup=False)

    def _keys(self) -> Text:
        style = self.palette.style
        keys = Text()
        for answer, words in self.answers.items():
            click = Style(meta={"@click": f"screen.answer('{answer}')"})
            keys.append(answer[0], style("key") + click).append(f" {words}", style("muted") + click).append("    ")
        return keys

    def dress(self, palette: Palette, glyphs: Glyphs) -> None:
        self.palette = palette
        self.query_one(".keys", Static).update(self._keys())

    def action_answer(self, answer: str) -> None:
        if answer in self.answers:
            self.dismiss(answer)
