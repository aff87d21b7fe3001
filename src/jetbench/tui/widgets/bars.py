"""The line at the top and the keys at the bottom."""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual import events

from jetbench.session.snapshot import Snapshot
from jetbench.tui.bindings import KEYS, Key, Mode, action
from jetbench.tui.control import busy
from jetbench.tui.draw import status as draw
from jetbench.tui.draw.frame import Room
from jetbench.tui.playing import View
from jetbench.tui.row import Row
from jetbench.tui.widgets.canvas import Canvas


class StatusLine(Canvas):
    framed = False

    def __init__(self) -> None:
        super().__init__(id="status")
        self.view = View()

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Some of it moves with time alone, so it is drawn each time; only what changed is sent."""
        self.snapshot = snapshot
        self.redraw()

    def rows(self, room: Room) -> list[Row]:
        if self.view.mode != "live":
            return [draw.moved(self.snapshot, self.view, room.width, room.glyphs)]
        return [draw.draw(self.snapshot, room.width, room.glyphs, time.strftime("%H:%M"))]


class KeyBar(Canvas):
    framed = False
    parts = ("status",)

    def __init__(self, only: frozenset[str] | None = None) -> None:
        """``only``: ids of the keys that mean something on this screen."""
        super().__init__(id="keys")
        self.view = View()
        self.only = only
        self.spots: list[tuple[int, int, Key]] = []  # first and last + 1 cell of each key

    def look(self, view: View) -> None:
        """Other keys mean something in a recording, and while the view is frozen."""
        turned = (view.mode, view.guest) != (self.view.mode, self.view.guest)
        self.view = view
        if turned:
            self.redraw()

    def rows(self, room: Room) -> list[Row]:
        running, mode = busy(self.snapshot), self.view.mode
        row = Row(room.width, "bar").gap(1)
        self.spots = []
        keys: tuple[Key, ...] = getattr(self.app, "keys", KEYS)  # with the user's own in it
        if self.only is not None:
            keys = tuple(key for key in keys if key.id in self.only)
        for key in fitting(room.width - 2, mode, keys):
            begin = row.used
            able = mode == "replay" or key.when == "always" or running == (key.when == "busy")
            word = "back" if key.id == "quit" and self.view.guest else key.word(mode)
            row.put(key.shown, "key" if able else "faint").put(f" {word}", "muted" if able else "faint")
            self.spots.append((begin, row.used, key))
            row.gap(2)
        return [row]

    async def on_click(self, event: events.Click) -> None:
        for begin, end, key in self.spots:
            if begin <= event.x < end:
                await self.app.run_action(action(key), self.screen)


def fitting(width: int, mode: Mode = "live", keys: Sequence[Key] = KEYS) -> list[Key]:
    """The keys that have room, the most important of them, in the table's order."""
    wanted = sorted((key for key in keys if key.place(mode)), key=lambda key: key.place(mode))
    chosen: list[Key] = []
    for key in wanted:
        needed = len(key.shown) + len(key.word(mode)) + 3
        if needed <= width:
            chosen.append(key)
            width -= needed
    return [key for key in keys if key in chosen]
