"""Pane 1: pick models, see how their cases fare."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.message import Message

from jetbench.domain.results import CaseResult
from jetbench.session.snapshot import Snapshot
from jetbench.tui.bindings import stepping
from jetbench.tui.control import busy
from jetbench.tui.draft import Draft
from jetbench.tui.draw import models as draw
from jetbench.tui.draw.frame import Room
from jetbench.tui.entries import Entry, entries
from jetbench.tui.row import Row
from jetbench.tui.widgets.canvas import Canvas

if TYPE_CHECKING:  # imported when somebody filters: the first paint does without
    from textual.widgets import Input

    from jetbench.tui.widgets.filter_input import FilterInput

TIMED_PERIOD = 0.95  # seconds between pictures of a stage that is bound by time


def scrolled(top: int, begin: int, end: int, lines: int, height: int) -> int:
    """The first line in view: moved no further than the lines [begin, end) under the cursor need."""
    top = min(top, begin, max(0, lines - height))
    return max(top, min(begin, end - height), 0)


class ModelsPane(Canvas, can_focus=True):
    title = ("1", "Models")
    parts = ("models", "cases", "status", "software", "latency")

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, run, show=False) for key, run in stepping()),
        Binding("escape", "clear_filter", show=False),
    ]

    class CursorMoved(Message):
        """Another case is under the cursor."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(id="models")
        self.draft = draft
        self.planned = tuple(draft.picked)  # stay at the top, picked or not
        self.words = ""
        self.cursor: tuple[str, int | None] | None = None
        self.steered = False  # the person moved the cursor in this run: do not follow the running case
        self._top = self._above = 0  # lines of the list that are out of view; of the pane before it
        self._starts: list[int] = []  # of each model in the lines of the list
        self._field: FilterInput | None = None

    def hint(self) -> str:
        return "space pick  / filter" if not busy(self.snapshot) else ""

    # -- what is listed

    def listed(self) -> list[Entry]:
        return entries(self.snapshot, self.planned, self.draft.picked, self.words)

    def current(self) -> Entry | None:
        found = self.listed()
        return found[self._index(found)] if found else None

    def _index(self, listed: list[Entry]) -> int:
        return next((i for i, entry in enumerate(listed) if entry.key == self.cursor), 0)

    def show(self, snapshot: Snapshot, now: float) -> None:
        self.follow(snapshot)
        super().show(snapshot, now)
        if draw.timed(snapshot) is not None and now - self._drawn_at >= TIMED_PERIOD:
            self._drawn_at = now
            self.redraw()  # it moves with time alone

    def follow(self, snapshot: Snapshot) -> None:
        """The cursor to the case that runs, unless the person moved it in this run."""
        if busy(snapshot) and not busy(self.snapshot):
            self.steered = False
        running = snapshot.progress.case
        if running is not None and not self.steered:
            several = sum(result.case.model == running.model for result in snapshot.cases) > 1
            self.cursor = (running.model, running.id if several else None)

    # -- drawing

    def rows(self, room: Room) -> list[Row]:
        foot = draw.foot(self.snapshot, self.draft, room)
        top = [room.row().put("/", "key")] if self.filtering else []
        top += [*draw.waiting(self.snapshot, room), draw.header(room, bool(self.snapshot.cases))]
        height, self._above = room.height - len(top) - len(foot), len(top)
        body = self._body(room, max(1, height))
        body += [room.row() for _ in range(height - len(body))]
        return [*top, *body[: max(1, height)], *foot]

    def _body(self, room: Room, height: int) -> list[Row]:
        listed = self.listed()
        if not listed:
            return [room.row().to(4).put("no model has that in its name", "muted")]
        index, live = self._index(listed), self._live_p50()
        cases: dict[str, list[CaseResult]] = {}
        for result in self.snapshot.cases:
            cases.setdefault(result.case.model, []).append(result)
        reasons = [draw.reason(entry, room) for entry in listed]
        self._starts = starts = list(accumulate((1 + len(rows) for rows in reasons), initial=0))
        self._top = scrolled(self._top, starts[index], starts[index + 1], starts[-1], height)
        whole = max(start for start in starts if start <= self._top)
        if starts[index + 1] - whole <= height:
            self._top = whole  # no reason without its model
        rows: list[Row] = []
        for i, entry in enumerate(listed):  # only what is in view is drawn: a list may be long
            if starts[i + 1] > self._top and starts[i] < self._top + height:
                siblings, published = cases.get(entry.model, ()), not self.snapshot.cases
                rows.append(draw.line(entry, room, siblings, live, i == index, self.has_focus, published))
                rows += reasons[i]
        hidden = self._top - max((start for start in starts if start <= self._top), default=0)
        return rows[hidden : hidden + height]

    def _live_p50(self) -> float | None:
        recent = self.snapshot.recent_ns
        if not recent or not busy(self.snapshot):
            return None
        from jetbench.analysis.latency import percentile  # the first paint has no passes

        return percentile(sorted(recent), 0.5) * 1e-9

    # -- keys

    @property
    def filtering(self) -> bool:
        return self._field is not None and bool(self._field.display)

    def action_move(self, by: int) -> None:
        listed = self.listed()
        if listed:
            self._point(listed, self._index(listed) + by)

    def _point(self, listed: list[Entry], index: int) -> None:
        self.steered = True
        self.cursor = listed[min(len(listed) - 1, max(0, index))].key
        self.redraw()
        self.post_message(self.CursorMoved())

    async def on_click(self, event: events.Click) -> None:
        """To the line; at its sign also what space does there."""
        listed, line = self.listed(), event.y - 1 - self._above + self._top
        foot = self.size.height - 1 - len(draw.foot(self.snapshot, self.draft, self.room))
        if event.y <= self._above or event.y >= foot or not listed or not 0 <= line < self._starts[-1]:
            return
        self._point(listed, bisect_right(self._starts, line) - 1)
        if 4 <= event.x < 6:
            await self.app.run_action("pick")

    def start_filter(self) -> None:
        if self._field is None:
            from jetbench.tui.widgets.filter_input import FilterInput

            self._field = FilterInput()
            self.mount(self._field)
        self._field.display = True
        self.screen.set_focus(self._field)  # at once: letters may follow in the same bunch of bytes
        self.redraw()

    def action_clear_filter(self) -> None:
        if not self.words and not self.filtering:
            raise SkipAction  # esc may mean something to the screen
        if self._field is not None:
            self._field.value = ""
            self._field.display = False
        self.redraw()

    def on_descendant_blur(self) -> None:
        if self._field is not None:
            self._field.display = bool(self._field.value)
        self.redraw()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.words = event.value
        self.cursor, self._top = None, 0
        self.redraw()

    def toggle(self) -> None:
        entry = self.current()
        if entry is not None:
            self.draft.toggle(entry.model)
            self.redraw()
