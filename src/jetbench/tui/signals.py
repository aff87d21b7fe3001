"""Signals and a lost terminal: what ends, what goes on, and the terminal as it was. Even if the screen hangs.

SIGTERM and SIGINT end the run and the screen. SIGHUP, as a dropped SSH link sends it, ends the screen alone: a run goes
on to its end without one.

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
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from jetbench.tui.detached import Detached

ENDING = (signal.SIGTERM, signal.SIGINT)
SIGNALS = (*ENDING, signal.SIGHUP)
GRACE_S = 2.0  # for the screen to end
CLOSING_S = 12.0  # for the agent, which is killed when it does not end, and the last of the recording
LOOK_S = 0.5  # between two looks at the terminal
# As Textual would have: kitty keys, in-band sizes, paste, mouse, focus, synchronised output; wrap, cursor, colours.
LEAVE = (
    "\x1b[<u\x1b[?2048l\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l\x1b[?1004l"
    "\x1b[?2026l\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m"
)


def no_run() -> bool:
    return False


def no_place() -> Path | None:
    return None


class SignalGuard:
    """``with`` it around the app. ``exit_code`` is None unless a signal or a lost terminal ended it.

    ``ask_exit`` and ``close`` may be called from its thread. ``goes_on``: whether there is a run that a lost terminal
    must not end; ``beside``: the recording that what is printed meanwhile goes beside.
    """

    def __init__(
        self,
        ask_exit: Callable[[], None],
        close: Callable[[], None],
        grace_s: float = GRACE_S,
        goes_on: Callable[[], bool] = no_run,
        beside: Callable[[], Path | None] = no_place,
    ) -> None:
        self.ask_exit = ask_exit
        self.close = close
        self.grace_s = grace_s
        self.goes_on = goes_on
        self.beside = beside
        self.exit_code: int | None = None
        self._ending = threading.Event()
        self._hung = threading.Event()
        self._wake = threading.Event()
        self._screen_left = threading.Event()
        self._over = threading.Event()
        self._before: dict[int, Any] = {}
        self._terminal: list[Any] | None = None
        self._detached: Detached | None = None
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
        self._wake.set()
        self._thread.join(0.1)
        if self._detached is not None:
            self._detached.end()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def outlive(self, page: bool = False) -> None:
        """The screen is gone. Where that is because the terminal is: until the run is over, or a signal ends it.

        ``page``: it was one in a browser, and a run outlives that as well. What held it is told that it is over.
        """
        if page:
            self._retake()
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nowhere, descriptor)
            self._screen_left.set()
            self._wait_for_run()
            return
        if self._hung_up():
            self._hung.set()  # before the next look at it
        self._screen_left.set()
        self._wake.set()
        if self._hung.is_set():
            self._wait_for_run()

    def _retake(self) -> None:
        """The signals, which Textual's driver for a browser took and its loop gave back as they were at first."""
        for number in self._before:
            signal.signal(number, self._handle)

    def _wait_for_run(self) -> None:
        while not self._ending.is_set() and self.goes_on():
            self._ending.wait(0.2)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self.exit_code = 128 + number
        (self._ending if number in ENDING else self._hung).set()
        self._wake.set()

    def _watch(self) -> None:
        told = False
        while not self._over.is_set():
            if self._ending.is_set():
                self._end()
                return
            if not told and (self._hung.is_set() or self._hung_up()):
                told = True
                self._lose_terminal()
            self._wake.wait(LOOK_S)
            self._wake.clear()

    def _hung_up(self) -> bool:
        """Whether the terminal is gone and nobody said so: with SIGHUP ignored Textual would spin for ever."""
        if self._terminal is None:
            return False
        try:
            poll = select.poll()
            poll.register(sys.__stdin__.fileno(), 0)  # type: ignore[union-attr]
            return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))
        except (OSError, ValueError, AttributeError):
            return False

    def _lose_terminal(self) -> None:
        self.exit_code = 128 + signal.SIGHUP
        if not self._hung_up():  # somebody sent the signal: the terminal is there, and what Textual writes gets lost
            self._restore()
        self._terminal = None
        self._hung.set()
        run = self.goes_on()
        self._detached = Detached(self.beside() if run else None)
        if not run:
            self._ending.set()
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed: the app is over
            self.ask_exit()
        if self._screen_left.wait(self.grace_s):
            return  # the main thread waits for the run
        self._wait_for_run()  # the screen hangs: it is left where it is
        if not self._ending.is_set():
            self._close()
            self._detached.end()
            os._exit(self.exit_code)

    def _end(self) -> None:
        closer = threading.Thread(target=self._close, name="signal-close", daemon=True)
        closer.start()
        with contextlib.suppress(RuntimeError):
            self.ask_exit()
        if not self._screen_left.wait(self.grace_s):
            self._restore()
        closer.join(CLOSING_S)
        if self._screen_left.is_set() and self._over.wait(self.grace_s):
            return
        if self._detached is not None:
            self._detached.end()
        os._exit(self.exit_code or 1)

    def _close(self) -> None:
        """In a thread, where what it raises would end nothing: it is told, and the process ends all the same."""
        try:
            self.close()
        except Exception as error:
            with contextlib.suppress(OSError, ValueError):
                print(f"jetbench-tui: closing the session failed: {error}", file=sys.stderr)

    def _restore(self) -> None:
        """The terminal as it was, written without waiting: a stalled link takes nothing."""
        if self._terminal is None:
            return
        with contextlib.suppress(OSError, ValueError, AttributeError, termios.error):
            termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, self._terminal)  # type: ignore[union-attr]
            os.set_blocking(2, False)
            os.write(2, LEAVE.encode())
