"""What the panes with charts share: the stretch of time, the histogram's mode, and when they draw."""

from __future__ import annotations

import msgspec

from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draw.timeaxis import IDLE_STEP, STEP, WINDOWS, looked_at
from jetbench.tui.widgets.canvas import Canvas

RARE = ("board", "software", "models")  # parts of the snapshot for which no pane waits


class ChartView(msgspec.Struct):
    """Chosen by keys, one for all panes."""

    window: int = WINDOWS[0]
    mode: str = "linear"  # of histogram.MODES
    whole: bool = False  # the histogram is of the whole case, not of its newest passes

    def next_window(self) -> None:
        self.window = WINDOWS[(WINDOWS.index(self.window) + 1) % len(WINDOWS)]

    def next_mode(self) -> None:
        from jetbench.tui.draw.histogram import MODES  # the first paint has no passes to draw

        self.mode = MODES[(MODES.index(self.mode) + 1) % len(MODES)]


class ChartPane(Canvas):
    """Draws when the session's own clock has ticked, so that all charts have the same right edge in every frame."""

    _tick: tuple[bool, int] = (False, -1)
    _rare: tuple[int, ...] = ()

    def show(self, snapshot: Snapshot, now: float) -> None:
        turned = snapshot.status != self.snapshot.status
        self.snapshot = snapshot
        revisions = tuple(snapshot.revisions.get(part, 0) for part in self.parts)
        past = looked_at(snapshot)  # each step of it shows
        tick = past, snapshot.t if past else snapshot.t // (STEP if busy(snapshot) else IDLE_STEP)
        rare = tuple(snapshot.revisions.get(part, 0) for part in (RARE if busy(snapshot) else (*RARE, "cases")))
        turned = turned or rare != self._rare
        self._rare = rare
        if turned or (revisions != self._drawn and tick != self._tick):
            self._drawn, self._tick = revisions, tick
            self.redraw()
