"""One field of the plan, in one line; what is wrong with it is said while it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from jetbench.domain.plan import PlanError
from jetbench.domain.text import printable
from jetbench.tui.text import clip
from jetbench.tui.widgets.line_input import LineInput


class EditScreen(ModalScreen[str]):
    """Dismissed with a text that ``check`` let pass, or with None."""

    CSS_PATH = "ask.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", show=False)]

    def __init__(self, label: str, value: str, check: Callable[[str], object]) -> None:
        super().__init__()
        self.label = label
        self.value = value
        self.check = check

    def compose(self) -> ComposeResult:
        field = LineInput(self.value, max_length=200, id="field")
        with Vertical(classes="dialog"):
            yield Static(self.label, markup=False)
            yield field
            yield Static("enter takes it, esc leaves it", id="verdict", classes="keys", markup=False)

    def wrong(self, text: str) -> str | None:
        try:
            self.check(text)
        except PlanError as error:
            return clip(printable(str(error)), 100)
        return None

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#verdict", Static).update(self.wrong(event.value) or "enter takes it, esc leaves it")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self.wrong(event.value) is None:
            self.dismiss(event.value)
