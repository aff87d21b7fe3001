"""The part of the app that moves through time: freeze, play, step, jump, go to, mark."""

from __future__ import annotations

import time
from typing import Any

from textual.app import App

from jetbench.domain.plan import PlanError
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import SessionControl
from jetbench.tui.draw.status import hours
from jetbench.tui.playing import Player, View

FREEZE_FIRST = "p freezes the view; then this key moves through it"
NOT_BEGUN = "nothing to look back on yet: no run has begun"
GO_TO = "Go to: 90, 1:30, -10s, +10s or 50%"
NOTE = "Mark this moment; a note, or nothing"
NOTE_AGE_S = 2.0  # beyond, a note says when its moment was: it was typed that long


class TimeApp(App[None]):
    """``player`` is over ``session``; ``live`` is the newest picture of it, whatever is looked at."""

    session: SessionControl
    player: Player
    live: Snapshot  # the newest picture
    snapshot: Snapshot  # the one that is shown
    view: View  # where it is from

    def pull(self, jumped: bool = False) -> None:
        raise NotImplementedError

    def say(self, text: str, severity: str = "information") -> None:
        raise NotImplementedError

    def _moved(self) -> None:
        self.pull(jumped=True)

    def _can_move(self) -> bool:
        if self.player.head.follows:
            self.say(FREEZE_FIRST)
            return False
        return True

    def action_freeze(self) -> None:
        if self.session.is_replay:
            self.player.toggle()
        elif not self.player.head.follows:
            self.player.follow()
        elif self.live.t_start is None:
            self.say(NOT_BEGUN)
            return
        else:
            self.player.freeze()
        self._moved()

    def action_step(self, by: int) -> None:
        if self._can_move():
            self.player.step(by > 0)
            self._moved()

    def action_move(self, seconds: int) -> None:
        if self._can_move():
            self.player.move(seconds)
            self._moved()

    def action_jump(self, by: int) -> None:
        if not self._can_move():
            return
        if not self.player.jump(by > 0):
            self.say("no event after this" if by > 0 else "no event before this")
        self._moved()

    def action_faster(self, steps: int) -> None:
        if self.session.is_replay:
            self.player.faster(steps)
            self._moved()
        else:
            self.say("a run is measured at its own speed; [ and ] are for recordings")

    def action_seek(self) -> None:
        if not self._can_move():
            return

        def check(text: str) -> int:
            try:
                return self.player.parse(text)
            except ValueError as error:
                raise PlanError(str(error)) from error

        def go(text: str | None) -> None:
            if text is not None:
                self.player.to(check(text))
                self._moved()

        from jetbench.tui.screens.edit import EditScreen

        self.push_screen(EditScreen(GO_TO, "", check), go)

    def action_mark(self) -> None:
        """The moment when the key was pressed, or the one looked at."""
        if self.session.is_replay:
            self.say("this is a recording: nothing can be marked in it")
            return
        frozen, pressed = not self.player.head.follows, time.monotonic()
        begin = self.live.t_start or self.live.t
        moment = self.player.here if frozen else self.session.snapshot().t
        told = hours((moment - begin) * 1e-9)

        def mark(note: str | None) -> None:
            if note is None:
                return
            late = frozen or time.monotonic() - pressed > NOTE_AGE_S
            try:
                self.session.mark(note, moment if late else None)
            except RuntimeError as error:
                self.say(str(error), "warning")
            else:
                self.say(f"marked {told}")
                self._moved()

        from jetbench.tui.screens.edit import EditScreen

        self.push_screen(EditScreen(NOTE, "", _anything), mark)


def _anything(_text: str) -> Any:
    return None
