"""The part of the app that names its actions: help, the command palette, copying."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from jetbench.domain.text import printable
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import SessionControl, busy
from jetbench.tui.draw import status
from jetbench.tui.looks import LooksApp
from jetbench.tui.paced import PacedDriver
from jetbench.tui.screens.bench import BenchScreen


class CommandingApp(LooksApp):
    ENABLE_COMMAND_PALETTE = False  # Textual's: 157 kB to open and close
    BINDINGS: ClassVar[list[BindingType]] = [Binding("C", "copy", show=False)]
    session: SessionControl
    live: Snapshot

    @property
    def bench(self) -> BenchScreen:
        raise NotImplementedError

    @property
    def home(self) -> Screen[Any]:
        raise NotImplementedError

    def get_driver_class(self) -> type[Driver]:
        chosen = super().get_driver_class()
        return PacedDriver if chosen is LinuxDriver else chosen

    def on_resize(self) -> None:
        """Terminals move their lines about, or drop them."""
        if isinstance(self._driver, PacedDriver):
            self._driver.forget()

    def action_repaint(self) -> None:
        self.on_resize()
        self.refresh(layout=True)

    def action_help(self) -> None:
        from jetbench.tui.screens.help import HelpScreen

        pane = getattr(self.screen, "focused_pane", self.bench.focused_pane)()
        self.push_screen(HelpScreen(self.palette, self.glyphs, pane.id or "", self.keys))

    def action_commands(self) -> None:
        from jetbench.tui.bindings import IN_FLEET_TOO
        from jetbench.tui.screens.commands import Command, CommandScreen, commands

        screen = self.screen
        if screen is not self.home:
            return

        async def run(chosen: Command | None) -> None:
            if chosen is not None:
                await self.run_action(chosen.action, screen)

        known = self.keys if screen is self.bench else tuple(key for key in self.keys if key.id in IN_FLEET_TOO)
        shown = commands(known, self.own_themes, self.live, self.bench.draft)
        self.push_screen(CommandScreen(shown), run)

    def headline(self, width: int, wall: str) -> str:
        """What is shown, as the first line of a copy tells it."""
        return status.draw(self.live, width, self.glyphs, wall).text.strip()

    # -- back to the shell for a while

    def action_suspend(self) -> None:
        if isinstance(self._driver, PacedDriver):
            self.action_suspend_process()
        else:
            self.say("there is no shell behind this screen")

    def hold(self) -> str | None:
        """Before this process is stopped: the run must not wait for it. Or why it should not be stopped."""
        return None if self.session.hold() or not busy(self.live) else "the run would stand still"

    def release(self) -> None:
        self.session.release()

    def action_wear(self, name: str) -> None:
        self.wear(name)

    def action_signs(self, name: str) -> None:
        self.use_glyphs(name)

    def action_pick_model(self, name: str) -> None:
        if busy(self.live):
            self.say("a run goes on; a model is picked when it is over")
            return
        self.bench.draft.toggle(name)
        self.redraw()

    def action_copy(self) -> None:
        """What the focused pane shows: to the terminal's clipboard and to a file."""
        from jetbench.tui import copying

        pane = copying.pane_of(self.screen)
        if pane is None:
            return
        text = copying.text_of(pane, self.headline(copying.WIDTH, time.strftime("%Y-%m-%d %H:%M")))
        sent = copying.clipboard(text)
        if self._driver is not None:
            for sequence in copying.sequences(sent):
                self._driver.write(sequence)
        lines = sent.count("\n")
        try:
            file: Path = copying.write(text, pane.title[1])
        except OSError as error:
            self.say(f"{lines} lines to the clipboard; no file: {error.strerror or error}", "warning")
            return
        part = "" if sent == text else f" of {text.count(chr(10))}, the file has all"
        self.say(f"{lines} lines to the clipboard{part}\n{printable(str(file))}")
