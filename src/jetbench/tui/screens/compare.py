"""Two recordings compared, case by case."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from jetbench.tui.bindings import stepping
from jetbench.tui.draw import comparison as draw
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.widgets.canvas import Canvas

# Baseline, other, anyway: the document of the comparison. RuntimeError with one line where they are not comparable.
Compare = Callable[[Path, Path, bool], Mapping[str, Any]]


class Compared(Message):
    def __init__(self, told: Mapping[str, Any] | None, refused: str = "") -> None:
        super().__init__()
        self.told = told
        self.refused = refused


class ComparePane(Canvas, can_focus=True):
    title = ("c", "Comparison")

    def __init__(self) -> None:
        super().__init__(id="comparison")
        self.result: Compared | None = None
        self._top = self._below = 0

    def hint(self) -> str:
        return "a compare anyway   esc back" if self.result is not None and self.result.told is None else "esc back"

    def more(self) -> str:
        return f"down  {self._below} below" if self._below else f"up  {self._top} above" if self._top else ""

    def rows(self, room: Room) -> list[Row]:
        result = self.result
        if result is None:
            rows = [room.row().put(f"comparing{room.glyphs.more}", "muted")]
        elif result.told is None:
            rows = [*room.paragraph(result.refused, "warn"), room.row()]
            rows += room.paragraph("a compares them all the same, and says so", "muted")
        else:
            rows = draw.draw(result.told, room)
        self._top = min(self._top, max(0, len(rows) - room.height))
        self._below = max(0, len(rows) - room.height - self._top)
        return rows[self._top :]

    def scroll(self, by: int) -> None:
        self._top = min(self._top + self._below, max(0, self._top + by))
        self.redraw()


class CompareScreen(Screen[None]):
    CSS_PATH = "compare.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, run, show=False) for key, run in stepping()),
        Binding("a", "anyway", show=False),
        Binding("escape,q", "dismiss", show=False),
    ]

    def __init__(self, compare: Compare, base: Path, other: Path) -> None:
        super().__init__()
        self.compare = compare
        self.paths = (base, other)
        self.pane = ComparePane()

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        self._begin(anyway=False)

    def _begin(self, anyway: bool) -> None:
        self.pane.result = None
        self.pane.redraw()
        threading.Thread(target=self._work, args=(anyway,), name="compare", daemon=True).start()

    def _work(self, anyway: bool) -> None:
        try:
            message = Compared(self.compare(*self.paths, anyway))
        except Exception as error:
            message = Compared(None, str(error) or type(error).__name__)
        self.post_message(message)

    def on_compared(self, message: Compared) -> None:
        self.pane.result = message
        self.pane.redraw()

    def action_move(self, by: int) -> None:
        self.pane.scroll(by)

    def action_anyway(self) -> None:
        if self.pane.result is not None and self.pane.result.told is None:
            self._begin(anyway=True)
