"""The models of a fleet's next run: the list of all boards, on top of the fleet."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from jetbench.session.snapshot import Snapshot
from jetbench.tui.draft import Draft
from jetbench.tui.widgets.canvas import Canvas
from jetbench.tui.widgets.models import ModelsPane


class PickScreen(Screen[None]):
    CSS_PATH = "pick.tcss"
    AUTO_FOCUS = "#models"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", show=False),
        Binding("slash", "filter", show=False),
        Binding("question_mark", "app.help", show=False),
        Binding("escape,enter,q", "dismiss", show=False),
    ]

    def __init__(self, draft: Draft, snapshot: Snapshot) -> None:
        super().__init__()
        self.models = ModelsPane(draft)
        self.models.snapshot = snapshot

    def compose(self) -> ComposeResult:
        yield self.models

    def focused_pane(self) -> Canvas:
        return self.models

    def action_pick(self) -> None:
        self.models.toggle()

    def action_filter(self) -> None:
        self.models.start_filter()

    def on_input_submitted(self) -> None:
        self.models.focus()
