"""Pane 2: the tail of the log. An own one: RichLog costs 6 to 10 kB a line."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from jetbench.session.snapshot import LogLine
from jetbench.tui.bindings import stepping
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.log import wrapped
from jetbench.tui.row import Row
from jetbench.tui.widgets.canvas import Canvas


class LogPane(Canvas, can_focus=True):
    title = ("2", "Log")
    parts = ("log",)
    period = 0.5

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, run, show=False) for key, run in stepping("scroll_by", -1)),
    ]

    def __init__(self) -> None:
        super().__init__(id="log")
        self.below = 0  # lines hidden under the last one drawn; 0: the newest is in view
        self.follow = True
        self._lines: list[Row] = []
        self._seen: tuple[LogLine, ...] = ()
        self._width = 0

    def hint(self) -> str:
        return "" if self.follow else f"held  f follows  {self.below} below"

    def rows(self, room: Room) -> list[Row]:
        added = self._take(room)
        if not self.follow:
            self.below += added
        self.below = min(self.below, max(0, len(self._lines) - room.height))
        end = len(self._lines) - self.below
        return self._lines[max(0, end - room.height) : end]

    def _take(self, room: Room) -> int:
        """Wrap only the lines that came since the last time. Returns how many rows were added."""
        log = self.snapshot.log
        new = _newer(self._seen, log)
        if room.width != self._width or new is None:
            self._lines, self._width, new = [], room.width, log
        begin = log[0].t if log else 0
        if self.snapshot.board is not None:
            begin = self.snapshot.board.t
        rows = [row for entry in new for row in wrapped(entry, begin, room)]
        self._seen = log
        self._lines = (self._lines + rows)[-6 * max(1, len(log)) :]
        return len(rows)

    def on_resize(self, event: events.Resize) -> None:
        self.below = 0 if self.follow else self.below
        super().on_resize(event)

    def action_scroll_by(self, by: int) -> None:
        most = max(0, len(self._lines) - self.room.height)
        self.below = min(most, max(0, self.below + by))
        self.follow = self.below == 0
        self.redraw()

    def toggle_follow(self) -> None:
        self.follow = not self.follow
        if self.follow:
            self.below = 0
        self.redraw()


def _newer(seen: tuple[LogLine, ...], log: tuple[LogLine, ...]) -> tuple[LogLine, ...] | None:
    """What was appended since; None when it cannot be told, and all must be wrapped anew."""
    if not seen:
        return log
    last = seen[-1]
    for index in range(len(log) - 1, -1, -1):
        if log[index] is last:
            return log[index + 1 :]
    return None
