"""Pane 3: how long a pass takes."""

from __future__ import annotations

from collections.abc import Callable

from jetbench.domain.results import CaseResult
from jetbench.tui.control import busy
from jetbench.tui.draft import Draft
from jetbench.tui.draw import latency as draw
from jetbench.tui.draw import sheet
from jetbench.tui.draw.axis import Axis
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.widgets.canvas import Canvas


class LatencyPane(Canvas, can_focus=True):
    title = ("3", "Latency ms")
    parts = ("latency", "cases", "status", "board", "software")
    period = 1.0

    def __init__(self, draft: Draft, chosen: Callable[[], CaseResult | None]) -> None:
        super().__init__(id="latency")
        self.draft = draft
        self.chosen = chosen  # the case under the cursor of the models
        self._axis: Axis | None = None
        self._axis_of: int | None = None

    def hint(self) -> str:
        shown = len(self.snapshot.recent_ns)
        return f"last {shown} passes" if shown and busy(self.snapshot) else ""

    def rows(self, room: Room) -> list[Row]:
        snapshot = self.snapshot
        case = snapshot.recent_case
        if case is None or case.id != self._axis_of:
            self._axis, self._axis_of = None, case.id if case else None
        result = self.chosen()
        if snapshot.fault and not (result and result.latency):
            return draw.failure(snapshot, room)
        if busy(snapshot) or (result is None and case is not None):
            rows, self._axis = draw.live(snapshot, room, self._axis)
            return rows
        if result is not None:
            rows, self._axis = draw.finished(result, snapshot, room, self._axis)
            return rows
        return sheet.draw(snapshot, self.draft, room)
