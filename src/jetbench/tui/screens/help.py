"""The pane that has the focus, then every key: from the same table as the key bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widgets import Static

from jetbench.tui import about
from jetbench.tui.bindings import KEYS, MOVING, Key, groups
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.palette import Palette
from jetbench.tui.widgets.scrolled import Scrolled

INDENT = 12


class HelpScreen(ModalScreen[None]):
    CSS_PATH = "help.tcss"
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", "Back", show=False)]

    def __init__(self, palette: Palette, glyphs: Glyphs, pane: str = "", keys: Sequence[Key] = KEYS) -> None:
        super().__init__()
        self.pane = pane
        self.keys = tuple(keys)
        self.palette = palette
        self.glyphs = glyphs

    def compose(self) -> ComposeResult:
        with Scrolled(id="help"):
            yield Static(self.page(), markup=False)

    def dress(self, palette: Palette, glyphs: Glyphs) -> None:
        self.palette, self.glyphs = palette, glyphs
        self.query_one(Static).update(self.page())

    def page(self) -> Group:
        parts: list[RenderableType] = []
        style = self.palette.style

        def section(title: str, lines: list[tuple[str, str, str]]) -> None:
            table = Table.grid(padding=(0, 2, 0, 0))
            table.add_column(width=INDENT - 2, justify="right")
            table.add_column(ratio=1)
            for shown, role, sentence in lines:
                table.add_row(Text(shown, style(role)), Text(sentence, style("text")))
            parts.extend([Text(title, style("muted")), table, Text()])

        if self.pane in about.NAMES:
            known = {key.id: key for key in self.keys}
            own = [known[name] for name in about.PANE_KEYS[self.pane] if name in known]
            lines = [*about.drawn(self.pane, self.glyphs), *((key.shown, "key", key.help) for key in own)]
            lines += [(shown, "key", text) for shown, text in about.OWN_KEYS.get(self.pane, ())]
            section(about.NAMES[self.pane], lines)
        for group, keys in groups(self.keys).items():
            lines = [(key.shown, "key", key.help) for key in keys]
            section(group, lines + [(shown, "key", text) for shown, text in MOVING] * (group == "Plan"))
        section("Copying", about.clipboard())
        for pane in about.NAMES:
            if pane != self.pane:
                section(f"Drawn in {about.NAMES[pane]}", about.drawn(pane, self.glyphs))
        section("", [("esc", "key", "Back.")])
        return Group(*parts)

    def on_key(self, event: events.Key) -> None:
        """The key that opened it closes it, whichever the user made it."""
        if any(event.key in key.keys.split(",") for key in self.keys if key.id == "help"):
            event.stop()
            self.dismiss()
