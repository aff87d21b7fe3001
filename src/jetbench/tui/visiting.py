"""The part of the app that opens recordings on top of a session, and goes back to it."""

from __future__ import annotations

import functools
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from textual.app import SuspendNotSupported
from textual.message import Message
from textual.screen import Screen

from jetbench.domain.plan import Plan
from jetbench.tui.control import SessionControl
from jetbench.tui.draft import Draft
from jetbench.tui.paced import GUEST
from jetbench.tui.playing import Player
from jetbench.tui.screens.bench import BenchScreen
from jetbench.tui.scrubbing import TimeApp

if TYPE_CHECKING:  # the screens are imported when they are opened
    from jetbench.tui.screens.compare import Compare
    from jetbench.tui.screens.recordings import Chosen
    from jetbench.tui.screens.results import ResultsScreen

Export = Callable[[], Sequence[Path]]


class Visit(msgspec.Struct, frozen=True):
    """A recording that was read."""

    session: SessionControl
    plan: Plan
    export: Export
    notice: str | None = None  # what had to be left out of it


class Apart(msgspec.Struct, frozen=True):
    """A recording for another kind of screen: the program that shows it."""

    command: tuple[str, ...]


class Library(msgspec.Struct, frozen=True):
    """Where recordings are, and what is done with them. ``open`` and ``compare`` raise RuntimeError with one line."""

    folders: Sequence[Path]
    open: Callable[[Path], Visit | Apart]
    compare: Compare


class Place(msgspec.Struct, frozen=True):
    """A session that is shown, or waits below the one that is."""

    session: SessionControl
    player: Player
    draft: Draft
    export: Export
    bench: BenchScreen


class Read(Message):
    def __init__(self, visit: Visit | Apart | None, error: str = "") -> None:
        super().__init__()
        self.visit = visit
        self.error = error


class VisitingApp(TimeApp):
    """``place`` is the session that is shown; those below it wait."""

    place: Place
    shelf: Callable[[], Library] | None = None  # called when somebody asks for it: it imports much

    @functools.cached_property
    def library(self) -> Library | None:
        return self.shelf() if self.shelf is not None else None

    def __init__(self) -> None:
        super().__init__()
        self._below: list[Place] = []
        self._reading = False
        self._results: ResultsScreen | None = None

    @property
    def bench(self) -> BenchScreen:
        return self.place.bench

    @property
    def home(self) -> Screen[Any]:
        """Where keys mean what the table of keys says: all else is on top of it."""
        return self.bench

    @property
    def draft(self) -> Draft:
        return self.place.draft

    def action_recordings(self) -> None:
        if self.library is None:
            self.say("no folder of recordings is known here")
        elif self.screen is self.bench:
            from jetbench.tui.screens.recordings import RecordingsScreen

            self.push_screen(RecordingsScreen(self.library.folders, self.say), self._chosen)

    def action_results(self) -> None:
        if self.screen is not self.bench:
            return
        from jetbench.tui.screens.results import ResultsScreen

        self._results = ResultsScreen()
        self.follow_results()
        self.push_screen(self._results, self._results_left)

    def follow_results(self) -> None:
        """What is new of the cases, while their screen is open."""
        if self._results is not None:
            self._results.follow(self.snapshot, self.live, self.view.mode)

    def _results_left(self, _: None) -> None:
        self._results = None
        self.call_after_refresh(self._moved)  # what changed meanwhile was not drawn below

    def _chosen(self, chosen: Chosen | None) -> None:
        if chosen is None or self.library is None or self._reading:
            return
        if len(chosen) == 2:
            from jetbench.tui.screens.compare import CompareScreen

            self.push_screen(CompareScreen(self.library.compare, *chosen))
            return
        self._reading = True
        threading.Thread(target=self._read, args=(self.library, chosen[0]), name="replay", daemon=True).start()

    def _read(self, library: Library, path: Path) -> None:
        try:
            message = Read(library.open(path))
        except Exception as error:
            message = Read(None, str(error) or type(error).__name__)
        self.post_message(message)

    def on_read(self, message: Read) -> None:
        self._reading = False
        if message.visit is None:
            self.say(f"not opened: {message.error}", "error")
            return
        if isinstance(message.visit, Apart):
            self._go_apart(message.visit)
            return
        visit, draft = message.visit, Draft(message.visit.plan)
        self._below.append(self.place)
        self._show(Place(visit.session, Player(visit.session, guest=True), draft, visit.export, BenchScreen(draft)))
        self.bench.prepare(self.snapshot, self.size, self.view)
        self.push_screen(self.bench)
        if visit.notice is not None:
            self.say(visit.notice, "warning")

    def _go_apart(self, apart: Apart) -> None:
        """In this terminal, until it is left; what is measured here goes on and is recorded meanwhile."""
        try:
            with self.suspend():
                status = subprocess.run(apart.command, env={**os.environ, GUEST: "1"}, check=False).returncode
        except SuspendNotSupported:
            self.say("this terminal shows no second screen: " + " ".join(apart.command[-3:]), "error")
        except OSError as error:
            self.say(f"not opened: {error.strerror or error}", "error")
        else:
            if status:
                self.say(f"not shown: it ended with status {status}", "error")

    def leave(self) -> bool:
        """Back to the session below; whether there is one."""
        if not self._below or self.screen is not self.bench:
            return bool(self._below)
        self.pop_screen()
        self._show(self._below.pop())
        self.call_after_refresh(self._moved)
        return True

    def _show(self, place: Place) -> None:
        self.place, self.session, self.player, self.export = place, place.session, place.player, place.export
        self._look()

    def _look(self) -> None:
        self.live = self.session.snapshot()
        self.snapshot = self.player.picture(self.live)
        self.view = self.player.view(self.live)
