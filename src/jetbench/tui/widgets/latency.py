"""Pane 3: how long a pass takes; a case that is over in full, scrolled where it has no room."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from jetbench.domain.results import CaseResult
from jetbench.session.snapshot import Snapshot
from jetbench.tui.bindings import stepping
from jetbench.tui.control import busy
from jetbench.tui.draft import Draft
from jetbench.tui.draw import sheet
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.timeaxis import window_words
from jetbench.tui.row import Row
from jetbench.tui.text import plural, spaced
from jetbench.tui.widgets.charts import ChartPane, ChartView

if TYPE_CHECKING:  # what is drawn of passes is imported when there are some
    from jetbench.tui.draw.axis import Scale

LEAST_BARS = 9  # rows of the histogram below a case; more where there is room


class LatencyPane(ChartPane, can_focus=True):
    title = ("3", "Latency ms")
    parts = ("latency", "cases", "status", "board", "software", "telemetry")

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, run, show=False) for key, run in stepping("scroll_by")),
    ]

    def __init__(self, draft: Draft, chosen: Callable[[], CaseResult | None], view: ChartView | None = None) -> None:
        super().__init__(id="latency")
        self.view = view or ChartView()
        self.draft = draft
        self.chosen = chosen  # the case under the cursor of the models
        self._axis: Scale | None = None
        self._axis_of: int | None = None
        self._made: tuple[CaseResult, Room, list[Row]] | None = None
        self._shown: object = None  # what the lines are of: another one begins at its top
        self._top = self._below = 0  # lines out of view

    def hint(self) -> str:
        shown, all_of_it = len(self.snapshot.recent_ns), self.snapshot.progress.samples
        if not shown or not busy(self.snapshot) or self._shown is not None:
            return ""
        whole = self.snapshot.whole if self.view.whole else None
        keys = f"h {self.view.mode}  w {window_words(self.view.window)}"
        if whole is not None:
            flagged = f", {spaced(whole.left_out)} flagged" if whole.left_out else ""
            which = f"whole case: {spaced(whole.n)} clean{flagged}  "
        else:
            which = f"newest {spaced(shown)} of {spaced(all_of_it)}  " if all_of_it > shown else ""
        return which + keys if len(which + keys) + 24 <= self.size.width else "H whole" if whole is not None else keys

    def more(self) -> str:
        hidden = self._top + self._below
        if hidden and not self.has_focus_within:
            text = f"3 z shows {plural(hidden, 'more line')}"
            return text if len(text) + 6 <= self.size.width else f"3 z  {hidden} more"
        if self._below:
            return f"down  {self._below} below"
        return f"up  {self._top} above" if self._top else ""

    def show(self, snapshot: Snapshot, now: float) -> None:
        super().show(snapshot, now)
        if snapshot.progress.stage == "cooldown":  # nothing but time decides what stands here meanwhile
            chosen = self.chosen()
            if chosen is not None and chosen.case.id != self._shown:
                self.redraw()

    def rows(self, room: Room) -> list[Row]:
        snapshot, result = self.snapshot, self.chosen()
        case = snapshot.recent_case
        if case is None or case.id != self._axis_of:
            self._axis, self._axis_of = None, case.id if case else None
        if snapshot.fault or result is not None or busy(snapshot):
            return self._measured(snapshot, result, room)
        return self._in_view("plan", sheet.draw(snapshot, self.draft, room), room)

    def _measured(self, snapshot: Snapshot, result: CaseResult | None, room: Room) -> list[Row]:
        """Of a run: why there was none, the case that is over, or the one that goes on."""
        from jetbench.tui.draw import latency as draw

        if snapshot.fault and not (result and result.latency):
            return self._in_view("fault", draw.failure(snapshot, room), room)
        if result is not None:
            return self._in_view(result.case.id, self._finished(result, room), room)
        self._shown, self._top, self._below = None, 0, 0
        view = self.view
        rows, self._axis = draw.live(snapshot, room, self._axis, view.mode, view.window, view.whole)
        return rows

    def _finished(self, result: CaseResult, room: Room) -> list[Row]:
        """Made once a result; below it the histogram of all of it, or of its newest passes while these are there."""
        from jetbench.tui.draw import latency as draw

        if self._made is None or self._made[0] is not result or self._made[1] != room:
            from jetbench.tui.draw.details import details

            self._made = (result, room, details(result, room))
        rows, snapshot = self._made[2], self.snapshot
        height = max(LEAST_BARS, room.height - len(rows) - 1)
        below = Room(room.width, height, room.glyphs)
        if self.view.whole and result.histogram is not None:
            bars, self._axis = draw.all_of_it(result.histogram, below, self._axis, self.view.mode)
            return [*rows, room.row(), *bars]
        if snapshot.recent_case is None or snapshot.recent_case.id != result.case.id or len(snapshot.recent_ns) < 2:
            return rows
        bars, self._axis = draw.recent(snapshot, below, self._axis, self.view.mode)
        return [*rows, room.row(), *bars]

    def _in_view(self, of: object, rows: list[Row], room: Room) -> list[Row]:
        if of != self._shown:
            self._shown, self._top = of, 0
        self._top = min(self._top, max(0, len(rows) - room.height))
        self._below = max(0, len(rows) - room.height - self._top)
        return rows[self._top :]

    def action_scroll_by(self, by: int) -> None:
        self._top = min(self._top + self._below, max(0, self._top + by))
        self.redraw()
