"""The driver: asks for clicks alone, and finds out how long what is written takes to the eye."""

from __future__ import annotations

import os
import time
from typing import Any, Protocol, cast

from textual import events
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from jetbench.tui.pace import Pace
from jetbench.tui.shown import Shown

WORTH_ASKING = 300  # bytes; less takes no time on any link, and a quiet screen stays quiet
LET_GO_S = 0.0002
WHERE = "\x1b[6n"  # answered by everything since the VT100
GUEST = "JETBENCH_GUEST"  # in the environment: what started this one waits below it, and is no shell
BEGIN, END = "\x1b[?2026h", "\x1b[?2026l"  # of a picture, where the terminal shows it at once


class Holding(Protocol):
    """What is asked of the app before this process is stopped, and after."""

    def hold(self) -> str | None: ...

    def release(self) -> None: ...

    def say(self, text: str, severity: str = "information") -> None: ...


class PacedDriver(LinuxDriver):
    """``pace`` is written by the thread that reads the keys, too: an answer is not late because the app was busy."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self.pace = Pace()
        self._shown = Shown()
        self._begun = False
        self._unasked = 0
        self._suspended = False

    def _enable_mouse_support(self) -> None:
        """Presses and the wheel. Textual asks for every movement too: 300 of them cost 97 kB."""
        if self._mouse:
            self.write("\x1b[?1000h\x1b[?1006h")
            self.flush()

    def start_application_mode(self) -> None:
        self.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.input_tty and self._writer_thread is not None:
            self.pace = Pace()
            self._ask()  # before the first paint: whether it answers at all

    def forget(self) -> None:
        """The terminal does not show any more what was written."""
        self._shown.forget()

    def write(self, data: str) -> None:
        """What is there already is not sent, and of a picture without anything new nothing at all."""
        if data == BEGIN:
            self._begun = True
            return
        if data == END:
            least = "" if self._begun else END
            self._begun = False
        else:
            least = self._shown.least(data)
        if least:
            least = BEGIN + least if self._begun else least
            self._begun = False
            super().write(least)
            self._unasked += len(least)

    def flush(self) -> None:
        """The end of a picture."""
        super().flush()
        if self._unasked >= WORTH_ASKING and self.pace.answers and self.pace.may_ask(time.monotonic()):
            self._ask()
        if self.queued:  # or the thread that writes waits for the interpreter while the next thing is drawn: 5 to 20 ms
            time.sleep(LET_GO_S)

    def _ask(self) -> None:
        self.pace = self.pace.ask(time.monotonic())
        super().write(WHERE)
        self._unasked = 0

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.CursorPosition):
            self.pace = self.pace.answered(time.monotonic())
        else:
            super().process_message(message)

    # -- ctrl-z, kill -TSTP and fg. A signal comes between two steps of the event loop.

    def _sigtstp_application(self, *_: Any) -> None:
        app = cast(Holding, self._app)
        alone = os.getpgrp() == os.getsid(0) or GUEST in os.environ
        why = "no shell would bring it back" if alone else app.hold()
        if why is None:
            self._suspended = True
            super()._sigtstp_application()
        else:
            self._app.call_later(app.say, f"not suspended: {why}", "warning")

    def _sigcont_application(self, *_: Any) -> None:
        """Textual would start its threads a second time: a terminal that goes sends this signal, too, and its last
        thread would read of nothing for ever. After a SIGSTOP the picture alone is drawn again."""
        if self._suspended:
            self._suspended = False
            super()._sigcont_application()
            cast(Holding, self._app).release()
        else:
            self.forget()
            self._app.call_later(self._app.refresh)

    @property
    def queued(self) -> bool:
        """Whether the terminal has not taken all that was written."""
        return self._writer_thread is not None and not self._writer_thread._queue.empty()
