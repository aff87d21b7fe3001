"""Pane 4: what the board takes and how hot it is."""

from __future__ import annotations

from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draw import board as draw
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.widgets.canvas import Canvas


class BoardPane(Canvas, can_focus=True):
    title = ("4", "Power and temperature")
    parts = ("telemetry", "board")
    period = 1.0

    def __init__(self) -> None:
        super().__init__(id="power")

    def show(self, snapshot: Snapshot, now: float) -> None:
        self.period = 1.0 if busy(snapshot) else 2.0
        super().show(snapshot, now)

    def hint(self) -> str:
        board = self.snapshot.board
        return (board.power.scope or "") if board else ""

    def rows(self, room: Room) -> list[Row]:
        return draw.draw(self.snapshot, room)
