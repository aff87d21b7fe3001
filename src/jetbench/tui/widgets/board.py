"""Pane 4: what the board takes and how hot it is."""

from __future__ import annotations

from jetbench.tui.draw import readings
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.timeaxis import window_words
from jetbench.tui.row import Row
from jetbench.tui.widgets.charts import ChartPane, ChartView


class BoardPane(ChartPane, can_focus=True):
    title = ("4", "Power and temperature")
    parts = ("telemetry", "board", "latency", "status")

    def __init__(self, view: ChartView | None = None) -> None:
        super().__init__(id="power")
        self.view = view or ChartView()

    def hint(self) -> str:
        board = self.snapshot.board
        scope = (board.power.scope or "") if board else ""
        window = f"w {window_words(self.view.window)}"
        return f"{scope}  {window}" if scope and len(scope) < self.size.width // 2 else window

    def rows(self, room: Room) -> list[Row]:
        if self.snapshot.board is None and not self.snapshot.lane:
            return readings.no_power(self.snapshot, room)  # nothing to chart at the first paint
        from jetbench.tui.draw import board as draw

        return draw.draw(self.snapshot, room, self.view.window, self.view.mode == "log")
