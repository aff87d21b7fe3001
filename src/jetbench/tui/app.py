"""The app: pulls a snapshot a few times a second, shows it, and passes on what the keys ask for."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from textual.app import ScreenStackError
from textual.message import Message
from textual.screen import Screen

from jetbench.domain.plan import Plan
from jetbench.domain.text import printable
from jetbench.session.snapshot import Snapshot
from jetbench.tui.commanding import CommandingApp
from jetbench.tui.config import Config
from jetbench.tui.control import SessionControl, busy
from jetbench.tui.draft import Draft
from jetbench.tui.draw import readings
from jetbench.tui.looks import Dressed
from jetbench.tui.paced import PacedDriver
from jetbench.tui.playing import Player, View
from jetbench.tui.screens.bench import BenchScreen
from jetbench.tui.starting import StartingApp
from jetbench.tui.text import clip
from jetbench.tui.visiting import Library, Place
from jetbench.tui.widgets.canvas import Canvas

FIELDS = {
    "batch": "Batches, such as 1,2,4",
    "input": "Input sizes, such as 224 or 240x320,\nor 'own' for the one each model was made for",
    "expect": "What you expect, scored when the run is over:\nlatency: a < b < c; energy: a / b = 2",
    "passes": "Passes after the first, such as 10,\nor the precision to reach, such as 1%",
}
SHARED_CORES_PERIOD = 1.0  # seconds between pulls while the cases run on the screen's core as well


class Exported(Message):
    def __init__(self, files: Sequence[Path], error: str | None = None) -> None:
        super().__init__()
        self.files = files
        self.error = error


AFTER_PAINT_S = 0.5
SOON_S = 0.03  # what the agent has told by now is folded


class BenchApp(StartingApp, CommandingApp):
    TITLE = "jetbench-tui"
    CSS_PATH = "screens/bench.tcss"  # a default screen's own is not loaded

    def __init__(
        self,
        session: SessionControl,
        plan: Plan,
        export: Callable[[], Sequence[Path]],
        theme: str | None = None,
        glyphs: str = "auto",
        fps: float = 2.0,
        player: Player | None = None,
        notice: str | None = None,
        library: Callable[[], Library] | None = None,
        config: Config | None = None,
    ) -> None:
        """``player``: where in the session it begins. ``notice``: said once, when the screen stands."""
        super().__init__()
        self.session = session
        self.player = player or Player(session)
        self.view = View()
        self.notice = notice
        self.shelf = library
        self.export = export
        self.dress(theme, glyphs, config or Config())
        self.period = 1.0 / min(15.0, max(0.1, fps))
        self.snapshot = self.live = Snapshot()
        self._pulled = float("-inf")
        self._stop_asked = False
        self._exporting = False
        self._loop_of_app: asyncio.AbstractEventLoop | None = None
        self._exit_asked = False
        self.begin_error: Exception | None = None
        draft = Draft(plan)
        self.place = Place(session, self.player, draft, export, BenchScreen(draft))

    def get_default_screen(self) -> Screen[Any]:
        """Not pushed on an empty one, and filled before it is painted: a paint costs 18 kB."""
        self._look()
        self.bench.prepare(self.snapshot, self.size, self.view)
        return self.bench

    def on_mount(self) -> None:
        self._loop_of_app = asyncio.get_running_loop()
        if self._exit_asked:
            self.exit()
            return
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        if self.notice is not None:
            self.say(self.notice, "warning")
        self.set_interval(self.period, self.pull)
        self.call_after_refresh(self._stands)
        self.set_timer(AFTER_PAINT_S, self._settle)

    def _stands(self) -> None:
        """What was put off, in a thread: it imports much, and keys are answered meanwhile."""

        loop, context = asyncio.get_running_loop(), contextvars.copy_context()

        def begin() -> None:
            try:
                self.session.begin()
            except Exception as error:  # the agent cannot be read; the screen ends, and the program says why
                self.begin_error = error
                self.request_exit()
            else:
                with contextlib.suppress(RuntimeError):  # the loop is closed: the app is over
                    loop.call_soon_threadsafe(self.set_timer, SOON_S, self._soon, context=context)

        threading.Thread(target=begin, name="begin", daemon=True).start()

    def _settle(self) -> None:
        """What may wait until the screen stands: importing torch takes a core for seconds."""
        gc.enable()
        gc.freeze()
        self.ask()

    def ask(self) -> None:
        self.session.request_settings()
        self.session.request_models()

    def _soon(self) -> None:
        with contextlib.suppress(ScreenStackError):  # the app is over
            self.pull()

    # -- the frame

    def pull(self, jumped: bool = False) -> None:
        """Take the newest snapshot, and let each pane draw what is new in it. ``jumped``: by a key, at once."""
        now = time.monotonic()
        protocol = self.live.protocol
        shared = protocol is not None and protocol.shared_cores and busy(self.live)
        if shared and not jumped and now - self._pulled < SHARED_CORES_PERIOD - 0.05:
            return
        if not jumped and isinstance(self._driver, PacedDriver):
            line = self._driver
            if not line.pace.due(now, self._pulled, self.period, line.queued):
                return
        self._pulled = now
        was_busy, before = busy(self.live), (self.snapshot, self.view)
        self._look()
        if not busy(self.live):
            self._stop_asked = False
            if was_busy and self.view.mode == "frozen":
                self.say(f"the run is over: {self.live.status}; p follows")
        self.follow_results()
        if before[0] is self.snapshot and before[1] == self.view and not jumped:
            return  # frozen or paused: nothing is drawn, nothing is sent
        self.paint(now, jumped)

    def paint(self, now: float, jumped: bool) -> None:
        if self.screen is self.bench:
            self.bench.show(self.snapshot, now, self.view, jumped)

    def say(self, text: str, severity: str = "information") -> None:
        level = "error" if severity == "error" else "warning" if severity == "warning" else "information"
        lines = [clip(printable(line), 200) for line in text.splitlines()[:8]]
        self.notify("\n".join(lines), severity=level, markup=False, timeout=6)  # type: ignore[arg-type]

    # -- run

    def action_stop(self) -> None:
        if self._only_read() or not busy(self.session.snapshot()):
            return
        self.session.stop(force=self._stop_asked)
        if not self._stop_asked:
            self.say("stopping after this pass; x once more ends the case at once")
        self._stop_asked = True

    def action_pick(self) -> None:
        if self.session.is_replay:
            self.action_freeze()
        elif busy(self.live):
            self.say("a run goes on; x stops it")
        elif self.bench.focused_pane() is not self.bench.models:
            self.bench.go_to("models")
        else:
            self.bench.models.toggle()
            self.bench.latency.redraw()

    def action_energy(self) -> None:
        if self._only_read():
            return
        if busy(self.live):
            self.say("a run goes on; x stops it")
            return
        self.draft.toggle_energy()
        reading = readings.power(self.snapshot)
        if self.draft.base.energy and self.snapshot.board is not None and (reading is None or reading.channel.reason):
            self.say(f"no joules will come of it here: {readings.why_no_power(self.snapshot)}", "warning")
        self.bench.models.redraw()
        self.bench.latency.redraw()

    def action_edit(self, field: str) -> None:
        if self._only_read():
            return
        if busy(self.live):
            self.say("a run goes on; x stops it")
            return

        def take(text: str | None) -> None:
            if text is not None:
                self.draft.set(field, text)
            self.bench.redraw_all()

        from jetbench.tui.screens.edit import EditScreen

        check = lambda text: self.draft.parse(field, text)  # noqa: E731
        self.push_screen(EditScreen(FIELDS[field], self.draft.text(field), check), take)

    # -- export, in a thread of its own: a large session takes seconds to write

    def action_export(self) -> None:
        if not self._exporting:
            self._exporting = True
            threading.Thread(target=self._export, name="export", daemon=True).start()

    def _export(self) -> None:
        try:
            message = Exported(tuple(self.export()))
        except Exception as error:
            message = Exported((), str(error) or type(error).__name__)
        self.post_message(message)

    def on_exported(self, message: Exported) -> None:
        self._exporting = False
        if message.error is not None:
            self.say(f"nothing exported: {message.error}", "error")
        else:
            self.say(_files(message.files))

    # -- view

    def redraw(self) -> None:
        for screen in self.screen_stack:
            for canvas in screen.query(Canvas):
                canvas.forget()
            if isinstance(screen, Dressed):
                screen.dress(self.palette, self.glyphs)

    # -- the end

    async def action_quit(self) -> None:
        from jetbench.tui.screens.ask import AskScreen

        if self.leave():
            return
        taken = self.session.snapshot()
        if not busy(taken):
            self.exit()
        elif not isinstance(self.screen, AskScreen):
            question = "A run goes on. What was measured so far is in the recording."
            leave = "leave it" if taken.host is not None else None
            asked = AskScreen(question, "stop it and quit", "go on", self.palette, leave)
            self.push_screen(asked, self._quit_answered)

    def _quit_answered(self, answer: str | None) -> None:
        if answer == "leave" and self.session.leave():
            self.exit()
        elif answer == "yes":
            self.session.stop(force=False)
            self.exit()

    def request_exit(self) -> None:
        """From any thread."""
        self._exit_asked = True
        if self._loop_of_app is not None:
            self._loop_of_app.call_soon_threadsafe(self.exit)


def _files(paths: Sequence[Path]) -> str:
    """The folder once, then the names, where they share one."""
    folders = {path.parent for path in paths}
    if len(folders) != 1:
        return "exported\n" + "\n".join(_short(path) for path in paths)
    return f"exported to {_short(folders.pop())}\n" + "\n".join(path.name for path in paths)


def _short(path: Path) -> str:
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where there is none
    text = str(path)
    return f"~{text[len(home) :]}" if text.startswith(home + os.sep) else text
