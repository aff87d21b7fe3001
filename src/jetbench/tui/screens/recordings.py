"""The recordings there are: one is replayed, two are compared."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from jetbench.tui import shelf
from jetbench.tui.bindings import stepping
from jetbench.tui.draw import recordings as draw
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.shelf import Listed
from jetbench.tui.widgets.canvas import Canvas
from jetbench.tui.widgets.models import scrolled

KEYS = "enter replay   space pick   c compare two   esc back"
BELOW = 4  # lines below the list: the one under the cursor
# One recording to replay, or two to compare: the baseline first.
Chosen = tuple[Path, ...]


class Found(Message):
    def __init__(self, found: Sequence[Listed]) -> None:
        super().__init__()
        self.found = tuple(found)


class RecordingsPane(Canvas, can_focus=True):
    title = ("o", "Recordings")

    def __init__(self) -> None:
        super().__init__(id="recordings")
        self.found: tuple[Listed, ...] | None = None  # None: they are being read
        self.picked: list[Path] = []
        self.cursor = self._top = 0

    def hint(self) -> str:
        return KEYS if len(KEYS) + 24 < self.size.width else "enter space c esc"

    def more(self) -> str:
        return f"{self.cursor + 1} of {len(self.found)}" if self.found else ""

    def rows(self, room: Room) -> list[Row]:
        if self.found is None:
            return [room.row().put(f"reading{room.glyphs.more}", "muted")]
        if not self.found:
            return [room.row().put("nothing is recorded yet: every run writes one", "muted")]
        below = [room.row().put(room.glyphs.axis * room.width, "frame"), *draw.about(self.found[self.cursor], room)]
        height = max(1, room.height - 1 - len(below))
        self._top = scrolled(self._top, self.cursor, self.cursor + 1, len(self.found), height)
        lines = [
            draw.line(found, room, place == self.cursor, found.path in self.picked)
            for place, found in enumerate(self.found)
        ][self._top : self._top + height]
        lines += [room.row() for _ in range(height - len(lines))]
        return [draw.header(room), *lines, *below]

    @property
    def current(self) -> Listed | None:
        return self.found[self.cursor] if self.found else None

    def move(self, by: int) -> None:
        self.cursor = min(len(self.found or ()) - 1, max(0, self.cursor + by)) if self.found else 0
        self.redraw()

    async def on_click(self, event: events.Click) -> None:
        """To the line; at its sign also what space does there, twice what enter does."""
        place = event.y - 2 + self._top
        if self.found and 2 <= event.y < self.size.height - 1 - BELOW and 0 <= place < len(self.found):
            self.move(place - self.cursor)
            if event.chain > 1:
                await self._press("enter")
            elif 4 <= event.x < 6:
                self.pick()

    def pick(self) -> None:
        """At most two: of three the oldest pick goes."""
        here = self.current
        if here is None or here.problem is not None or here.boards:  # boards are compared on the screen of their fleet
            return
        if here.path in self.picked:
            self.picked.remove(here.path)
        else:
            self.picked = [*self.picked, here.path][-2:]
        self.redraw()


class RecordingsScreen(Screen[Chosen]):
    CSS_PATH = "recordings.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, run, show=False) for key, run in stepping()),
        Binding("enter", "replay", show=False),
        Binding("space", "pick", show=False),
        Binding("c", "compare", show=False),
        Binding("escape,q,o", "dismiss", show=False),
    ]

    def __init__(self, folders: Sequence[Path], say: Callable[[str], None]) -> None:
        super().__init__()
        self.folders = tuple(folders)
        self.say = say
        self.pane = RecordingsPane()

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_mount(self) -> None:
        threading.Thread(target=self._read, name="recordings", daemon=True).start()

    def _read(self) -> None:
        self.post_message(Found(shelf.listed(self.folders)))

    def on_found(self, message: Found) -> None:
        self.pane.found = message.found
        self.pane.redraw()

    def action_move(self, by: int) -> None:
        self.pane.move(by)

    def action_pick(self) -> None:
        self.pane.pick()

    def action_replay(self) -> None:
        here = self.pane.current
        if here is not None and here.problem is None:
            self.dismiss((here.path,))

    def action_compare(self) -> None:
        if len(self.pane.picked) == 2:
            self.dismiss(tuple(self.pane.picked))
        else:
            self.say("pick two with space: the first is the baseline")
