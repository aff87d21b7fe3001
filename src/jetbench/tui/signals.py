"""SIGTERM and SIGHUP: end the run, keep the recording, give the terminal back. Even if the screen hangs.

A stalled SSH link blocks Textual's event loop, and asyncio's signal handlers with it.
A Python handler still runs; it only sets an event, and a thread acts on it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGHUP)
GRACE_S = 2.0
LEAVE = "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[0m"  # as Textual would have


class SignalGuard:
    """``with`` it around the app. ``exit_code`` is None unless a signal or a lost terminal ended it."""

    def __init__(self, ask_exit: Callable[[], None], close: Callable[[], None], grace_s: float = GRACE_S) -> None:
        self.ask_exit = ask_exit
        self.close = close
        self.grace_s = grace_s
        self.exit_code: int | None = None
        self._asked = threading.Event()
        self._over = threading.Event()
        self._before: dict[int, Any] = {}
        self._terminal: list[Any] | None = None
        self._thread = threading.Thread(target=self._watch, name="signal-guard", daemon=True)

    def __enter__(self) -> SignalGuard:
        with contextlib.suppress(termios.error, ValueError, OSError, AttributeError):
            self._terminal = termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                    self._before[number] = signal.signal(number, self._handle)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(0.1)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.exit_code = 128 + number
        self._asked.set()

    def _watch(self) -> None:
        while not self._over.is_set():
            if self._asked.wait(0.5):
                self._end()
                return
            if self._hung_up():  # SIGHUP ignored, and the terminal gone: Textual would spin for ever
                self.exit_code = 128 + signal.SIGHUP
                self._asked.set()

    def _hung_up(self) -> bool:
        if self._terminal is None:
            return False
        try:
            poll = select.poll()
            poll.register(sys.__stdin__.fileno(), 0)  # type: ignore[union-attr]
            return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
        except (OSError, ValueError, AttributeError):
            return False

    def _end(self) -> None:
        deadline = time.monotonic() + self.grace_s
        threading.Thread(target=self._close_quietly, name="signal-close", daemon=True).start()
        with contextlib.suppress(Exception):
            self.ask_exit()
        if self._over.wait(max(0.0, deadline - time.monotonic())):
            return
        self._restore()
        os._exit(self.exit_code or 1)

    def _close_quietly(self) -> None:
        with contextlib.suppress(Exception):
            self.close()

    def _restore(self) -> None:
        """The terminal as it was, written without waiting: a stalled link takes nothing."""
        with contextlib.suppress(OSError, ValueError, AttributeError, termios.error):
            descriptor = sys.__stdin__.fileno()  # type: ignore[union-attr]
            if self._terminal is not None:
                termios.tcsetattr(descriptor, termios.TCSANOW, self._terminal)
                os.set_blocking(2, False)
                os.write(2, LEAVE.encode())
