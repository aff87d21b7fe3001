"""The sheet before the start: the state of the board with what mends it, and what will be run. It follows the board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from jetbench.analysis.ahead import Ahead, ahead
from jetbench.domain.plan import PlanError
from jetbench.session.readiness import readiness
from jetbench.session.snapshot import Snapshot
from jetbench.tui.bindings import KEYS, Key, action, stepping
from jetbench.tui.draft import Draft
from jetbench.tui.draw import readiness as draw
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.text import plural
from jetbench.tui.widgets.canvas import Canvas

PERIOD_S = 1.0
ASK_S = 3.0  # a look at every process takes tens of milliseconds on a small board


class SheetPane(Canvas, can_focus=True):
    title = ("u", "Before the start")

    def __init__(self, draft: Draft, look: Callable[[], Snapshot], startable: bool) -> None:
        super().__init__(id="sheet")
        self.draft = draft
        self.look = look
        self.startable = startable
        self._top = self._lines = self._height = 0

    def hint(self) -> str:
        return "enter starts  esc back" if self.startable else "esc back"

    def more(self) -> str:
        below = self._lines - self._top - self._height
        if below > 0:
            return f"{plural(below, 'line')} below"
        return f"{plural(self._top, 'line')} above" if self._top else ""

    def rows(self, room: Room) -> list[Row]:
        snapshot = self.look()
        found = readiness(snapshot)
        lines = draw.rows(found, snapshot.board is not None, self._ahead(snapshot), self.draft, room)
        self._lines, self._height = len(lines), room.height
        self._top = max(0, min(self._top, len(lines) - room.height))
        return lines[self._top : self._top + room.height]

    def _ahead(self, snapshot: Snapshot) -> Ahead | None:
        try:
            plan = self.draft.plan()
        except PlanError:
            return None
        return ahead(plan.cases(), plan.protocol(), snapshot.cases)

    def move(self, by: int) -> None:
        self._top = max(0, min(self._top + by, self._lines - self._height))
        self.redraw()


class SheetScreen(Screen[bool]):
    """Dismissed with True to start. ``startable``: whether a run may begin now."""

    CSS_PATH = "sheet.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", show=False),
        Binding("escape,q", "dismiss(False)", show=False),
        *(Binding(key, run, show=False) for key, run in stepping()),
        *(Binding(key.keys, action(key), id=key.id, show=False) for key in KEYS if key.id in ("copy", "help", "theme")),
    ]

    def __init__(
        self,
        draft: Draft,
        look: Callable[[], Snapshot],
        startable: bool,
        keys: Sequence[Key],
        ask: Callable[[], None] = lambda: None,
    ) -> None:
        """``ask``: has the board say anew how it is set. Not while it measures."""
        super().__init__()
        self.pane = SheetPane(draft, look, startable)
        self.keys = tuple(keys)
        self.ask = ask

    def compose(self) -> ComposeResult:
        yield self.pane

    def focused_pane(self) -> Canvas:
        return self.pane

    def on_mount(self) -> None:
        self.pane.focus()
        self.set_interval(PERIOD_S, self.pane.redraw)
        if self.pane.startable:
            self.ask()
            self.set_interval(ASK_S, self.ask)

    def action_start(self) -> None:
        if self.pane.startable:
            self.dismiss(True)

    def action_move(self, by: int) -> None:
        self.pane.move(by)

    def on_key(self, event: events.Key) -> None:
        """The keys that started and opened it, whichever the user made them."""
        pressed = {key.id for key in self.keys if event.key in key.keys.split(",")}
        if "start" in pressed:
            event.stop()
            self.action_start()
        elif "sheet" in pressed:
            event.stop()
            self.dismiss(False)
