"""All boards of a fleet: status, the boards side by side, keys. What it does with them is in the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.screen import Screen

from jetbench.domain.plan_events import Case
from jetbench.session.fleet_snapshot import FleetSnapshot
from jetbench.session.snapshot import Snapshot
from jetbench.tui.bindings import IN_FLEET_TOO, KEYS, action
from jetbench.tui.playing import View
from jetbench.tui.screens.bench import SMALL, BenchScreen
from jetbench.tui.widgets.bars import KeyBar
from jetbench.tui.widgets.canvas import Canvas
from jetbench.tui.widgets.fleet import FleetPane, FleetStatus, Shown


class FleetScreen(Screen[None]):
    CSS_PATH = "fleet.tcss"
    AUTO_FOCUS = "#fleet"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", show=False),
        Binding("left", "across(-1)", show=False),
        Binding("right", "across(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("home", "across(-100000)", show=False),
        Binding("end", "across(100000)", show=False),
        Binding("1", "view('table')", show=False),
        Binding("2", "view('bars')", show=False),
        Binding("3", "view('points')", show=False),
        Binding("y", "measure", show=False),
        Binding("comma", "app.move(-1)", show=False),
        Binding("full_stop", "app.move(1)", show=False),
        Binding("shift+left", "app.move(-10)", show=False),
        Binding("shift+right", "app.move(10)", show=False),
        *(Binding(key.keys, action(key), id=key.id, show=False) for key in KEYS if key.id in IN_FLEET_TOO - {"pick"}),
        Binding("space", "app.pick", id="pick", show=False),
    ]

    def __init__(self, planned: Callable[[], Sequence[Case]]) -> None:
        super().__init__()
        self.status = FleetStatus()
        self.pane = FleetPane(planned)
        self.keys = KeyBar(IN_FLEET_TOO)

    def compose(self) -> ComposeResult:
        yield self.status
        yield self.pane
        yield self.keys

    def focused_pane(self) -> Canvas:
        return self.pane

    def prepare(self, fleet: FleetSnapshot, snapshot: Snapshot, size: Size, view: View) -> None:
        """Before the first paint."""
        self._arrange(*size)
        self.status.fleet, self.status.snapshot, self.status.view = fleet, snapshot, view
        self.keys.snapshot, self.keys.view = snapshot, view
        self.pane.fleet = fleet
        self.pane.gather()

    def show(self, fleet: FleetSnapshot, snapshot: Snapshot, now: float, view: View, jumped: bool = False) -> None:
        self.status.take(fleet, snapshot, view)
        self.pane.take(fleet, now, jumped)
        self.keys.look(view)
        self.keys.show(snapshot, now)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange(event.size.width, event.size.height)

    def on_screen_resume(self) -> None:
        self.pane.redraw()  # what is planned may be another thing now

    def _arrange(self, width: int, height: int) -> None:
        self.set_class(width < SMALL[0] or height < SMALL[1], "tiny")

    def action_open(self) -> None:
        self.pane.open()

    def action_across(self, by: int) -> None:
        self.pane.across(by)

    def action_move(self, by: int) -> None:
        self.pane.move(by)

    def action_view(self, shown: Shown) -> None:
        self.pane.show_as(shown)

    def action_measure(self) -> None:
        self.pane.next_measure()


class BoardScreen(BenchScreen):
    """One board of the fleet, as if it were alone."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.quit", show=False)]
