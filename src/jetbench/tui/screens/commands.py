"""The command palette: every action, theme, set of signs and model by its words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from jetbench.session.snapshot import Snapshot
from jetbench.tui.bindings import Key, action
from jetbench.tui.draft import Draft
from jetbench.tui.draw.frame import Room
from jetbench.tui.glyphs import SETS
from jetbench.tui.row import Row
from jetbench.tui.widgets.canvas import Canvas
from jetbench.tui.widgets.line_input import LineInput
from jetbench.tui.widgets.models import scrolled

LABEL_WIDTH = 22


class Command(msgspec.Struct, frozen=True):
    label: str
    sentence: str
    key: str
    action: str  # as Textual names it


def commands(keys: Sequence[Key], themes: Sequence[str], snapshot: Snapshot, draft: Draft) -> list[Command]:
    found = [Command(key.label, key.help, key.shown, action(key)) for key in keys if key.id != "commands"]
    found += [Command(f"theme {name}", "Put this theme on.", "", f"app.wear({name!r})") for name in themes]
    found += [Command(f"signs {name}", "Draw with these signs.", "", f"app.signs({name!r})") for name in SETS]
    for name in dict.fromkeys((*draft.picked, *(entry.name for entry in snapshot.models))):
        word = "drop" if name in draft.picked else "pick"
        found.append(Command(f"{word} {name}", "A model of the next run.", "", f"app.pick_model({name!r})"))
    return found


def matching(found: Sequence[Command], words: str) -> list[Command]:
    """Those that have every word; first where a label begins with what was typed, then where it holds it."""
    typed = words.lower().split()
    hits = [each for each in found if all(word in f"{each.label} {each.sentence}".lower() for word in typed)]
    whole = " ".join(typed)
    return sorted(hits, key=lambda each: (not each.label.startswith(whole), whole not in each.label))


class CommandList(Canvas):
    title = (":", "Commands")

    def __init__(self, found: Sequence[Command]) -> None:
        super().__init__(id="command-list")
        self.found = self.all = tuple(found)
        self.cursor = self._top = 0

    def more(self) -> str:
        return f"{self.cursor + 1} of {len(self.found)}" if self.found else ""

    def hint(self) -> str:
        return "enter runs it  esc back"

    def rows(self, room: Room) -> list[Row]:
        if not self.found:
            return [room.row().put("no action has these words", "muted")]
        self._top = scrolled(self._top, self.cursor, self.cursor + 1, len(self.found), max(1, room.height))
        return [self._row(i, room) for i in range(self._top, min(len(self.found), self._top + room.height))]

    def _row(self, index: int, room: Room) -> Row:
        each, here = self.found[index], index == self.cursor
        row = room.row("cursor" if here else "ground").put(room.glyphs.cursor if here else " ", "key").gap()
        row.fit(each.label, min(LABEL_WIDTH, max(8, room.width // 2)), "strong" if here else "text", room.glyphs.more)
        left = room.width - row.used - len(each.key) - 2
        return row.gap().fit(each.sentence, max(0, left), "muted", room.glyphs.more).end(each.key, "key", keep=1)

    def narrow(self, words: str) -> None:
        self.found, self.cursor, self._top = tuple(matching(self.all, words)), 0, 0
        self.redraw()

    def move(self, by: int) -> None:
        self.cursor = min(len(self.found) - 1, max(0, self.cursor + by)) if self.found else 0
        self.redraw()


class CommandScreen(ModalScreen[Command]):
    CSS_PATH = "commands.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down,tab", "move(1)", show=False),
        Binding("pageup", "move(-10)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("escape,ctrl+p", "dismiss", show=False),
    ]

    def __init__(self, found: Sequence[Command]) -> None:
        super().__init__()
        self.list = CommandList(found)

    def compose(self) -> ComposeResult:
        with Vertical(id="commands"):
            yield LineInput(placeholder="words of an action, a theme or a model", max_length=60, id="command-words")
            yield self.list

    def on_input_changed(self, event: Input.Changed) -> None:
        self.list.narrow(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self.list.found:
            self.dismiss(self.list.found[self.list.cursor])

    def action_move(self, by: int) -> None:
        self.list.move(by)
