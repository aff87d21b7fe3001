"""The one screen of the app: status, four panes, keys. What it does with them is in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.screen import Screen

from jetbench.domain.results import CaseResult
from jetbench.session.snapshot import Snapshot
from jetbench.tui.bindings import FURTHER, KEYS, PREVIOUS_PANE, action
from jetbench.tui.control import busy
from jetbench.tui.draft import Draft
from jetbench.tui.playing import View
from jetbench.tui.widgets.bars import KeyBar, StatusLine
from jetbench.tui.widgets.board import BoardPane
from jetbench.tui.widgets.canvas import Canvas
from jetbench.tui.widgets.charts import ChartView
from jetbench.tui.widgets.latency import LatencyPane
from jetbench.tui.widgets.log import LogPane
from jetbench.tui.widgets.models import ModelsPane

if TYPE_CHECKING:
    from textual.widgets import Input

WIDE = (100, 30)
SMALL = (60, 16)
TALL = 36
READING_NS = 1_500_000_000
PANES = ("models", "log", "latency", "power")


class BenchScreen(Screen[None]):
    AUTO_FOCUS = "#models"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key.keys, action(key), key.help, id=key.id, show=False) for key in KEYS),
        *(Binding(keys, run, id=name, show=False) for keys, run, name in (*FURTHER, PREVIOUS_PANE)),
    ]

    def __init__(self, draft: Draft) -> None:
        super().__init__()  # no id: one lies over another while a recording is visited
        self.draft = draft
        self.zoomed = False
        self.status = StatusLine()
        self.models = ModelsPane(draft)
        self.log_pane = LogPane()
        self.charts = ChartView()
        self.latency = LatencyPane(draft, self.chosen_result, self.charts)
        self.power = BoardPane(self.charts)
        self.keys = KeyBar()

    def compose(self) -> ComposeResult:
        yield self.status
        with Container(id="panes"):
            yield self.models
            yield self.latency
            yield self.log_pane
            yield self.power
        yield self.keys

    # -- what is drawn

    def show(self, snapshot: Snapshot, now: float, view: View | None = None, jumped: bool = False) -> None:
        """``jumped``: another moment was asked for, and no pane waits until it is due."""
        if view is not None:
            self.status.view = view
            self.keys.look(view)
        for canvas in (self.status, self.models, self.log_pane, self.latency, self.power, self.keys):
            canvas.show(snapshot, now)
            if jumped:
                canvas.redraw()

    def prepare(self, snapshot: Snapshot, size: Size, view: View) -> None:
        """Before the first paint."""
        self.status.view = self.keys.view = view
        self._arrange(*size)
        self.models.follow(snapshot)
        for canvas in (self.status, self.models, self.log_pane, self.latency, self.power, self.keys):
            canvas.snapshot = snapshot

    def redraw_all(self) -> None:
        for canvas in self.query(Canvas):
            canvas.forget()

    def chosen_result(self) -> CaseResult | None:
        """The case to show in full: the one under the cursor, or the first of its model that is over.

        In a run only if it was sought out, or while the board cools down after it.
        """
        entry, snapshot = self.models.current(), self.models.snapshot
        if busy(snapshot) and not self.models.steered:
            cases = [case for case in snapshot.cases if _cools_after(case, snapshot)]
        elif entry is None:
            return None
        else:
            cases = [entry.case] if entry.case else [case for case in snapshot.cases if case.case.model == entry.model]
        return next((case for case in cases if case.status not in ("queued", "running")), None)

    def on_models_pane_cursor_moved(self) -> None:
        self.latency.redraw()

    # -- layout

    def on_resize(self, event: events.Resize) -> None:
        self._arrange(event.size.width, event.size.height)

    def _arrange(self, width: int, height: int) -> None:
        tiny = width < SMALL[0] or height < SMALL[1]
        narrow = width < WIDE[0] or height < WIDE[1]
        self.set_class(tiny, "tiny")
        single = tiny or self.zoomed
        self.set_class(single, "single")
        self.set_class(narrow, "narrow")
        self.set_class(narrow and not single and height >= TALL, "tall")
        if not self.has_class("strip-log"):
            self.add_class("strip-power")
        self._mark(self.focused_pane())

    def focused_pane(self) -> Canvas:
        widget = self.focused
        while widget is not None and widget.id not in PANES:
            parent = widget.parent
            widget = parent if isinstance(parent, Canvas) else None
        return widget if isinstance(widget, Canvas) else self.models

    def _mark(self, pane: Canvas) -> None:
        for canvas in (self.models, self.log_pane, self.latency, self.power):
            canvas.set_class(canvas is pane, "shown")
        if pane.id in ("log", "power"):
            self.set_class(pane.id == "log", "strip-log")
            self.set_class(pane.id == "power", "strip-power")

    def go_to(self, name: str) -> None:
        pane = self.query_one(f"#{name}", Canvas)
        self._mark(pane)
        self.set_focus(pane)  # at once: the z of "3 z" asks which one has it

    # -- actions that change the view alone

    def action_pane(self, name: str) -> None:
        self.go_to(name)

    def action_next_pane(self, by: int = 1) -> None:
        here = PANES.index(self.focused_pane().id or "models")
        self.go_to(PANES[(here + by) % len(PANES)])

    def action_zoom(self) -> None:
        self.zoomed = not self.zoomed
        self._arrange(*self.size)

    def action_window(self) -> None:
        self.charts.next_window()
        self.latency.redraw()
        self.power.redraw()

    def action_histogram(self) -> None:
        self.charts.next_mode()
        self.latency.redraw()
        self.power.redraw()

    def action_whole(self) -> None:
        self.charts.whole = not self.charts.whole
        self.latency.redraw()

    def action_follow(self) -> None:
        self.log_pane.toggle_follow()

    def action_filter(self) -> None:
        self.go_to("models")
        self.models.start_filter()

    def on_descendant_focus(self) -> None:
        self._mark(self.focused_pane())  # the mouse may have moved it

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.models.focus()


def _cools_after(result: CaseResult, snapshot: Snapshot) -> bool:
    """Whether the board has been cooling down after this case for so long that there is time to read."""
    now, last = snapshot.progress, snapshot.recent_case
    if now.stage != "cooldown" or now.stage_since is None or last is None:
        return False
    return result.case.id == last.id and snapshot.t - now.stage_since > READING_NS
