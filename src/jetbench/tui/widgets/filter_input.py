"""The line above the models that they are filtered by."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from jetbench.tui.widgets.line_input import LineInput


class FilterInput(LineInput):
    """One line to filter by; esc clears it, enter and the arrows go on to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave(True)", show=False),
        Binding("enter,down,up", "leave(False)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(placeholder="part of a name, or timm:NAME", max_length=400, id="filter")

    def action_leave(self, clear: bool) -> None:
        if clear:
            self.value = ""
        if self.parent is not None and isinstance(self.parent, Widget):
            self.parent.focus()
