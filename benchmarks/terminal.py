"""A terminal for the benchmarks: a real pty around a program, every byte kept with its time of arrival.

It answers the questions that Textual asks of a terminal, and can rebuild the screen of any moment afterwards (with
pyte, from the dev group), so that nothing is drawn while something is being timed.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

COLUMNS, ROWS = 120, 40
# What a modern xterm answers to: cursor position, device attributes, synchronised output, in-band resize.
_QUESTIONS = (
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;22c"),
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),
)
# pyte prints parts of these; they paint nothing.
UNPAINTED = re.compile(
    rb"\x1b\[[<>=?][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b[P_^X].*?\x1b\\|\x1b\].*?(?:\x07|\x1b\\)", re.DOTALL
)
_STEP_S = 0.02  # a screen is looked at no more often than this

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what is registered to be done at exit is done
# What is measured keeps what it compiled, as packages that pip has installed do, else every start compiles us anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def program() -> str:
    """The jetbench-tui beside this interpreter; JETBENCH_TUI names another."""
    return os.environ.get("JETBENCH_TUI") or str(Path(sys.executable).with_name("jetbench-tui"))


class Terminal:
    """A program in a pty. ``chunks`` are (seconds since the spawn, bytes), in order."""

    def __init__(
        self, command: list[str], environment: dict[str, str] | None = None, size: tuple[int, int] = (COLUMNS, ROWS)
    ) -> None:
        env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        env.pop("NO_COLOR", None)
        self.chunks: list[tuple[float, bytes]] = []
        self.status: int | None = None
        self._asked = b""
        self.columns, self.rows = size
        packed = struct.pack("HHHH", self.rows, self.columns, 0, 0)
        self.begun = time.perf_counter()
        self.pid, self._master = pty.fork()
        if self.pid:
            atexit.register(self._leave_nothing)
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, packed)
                os.execvpe(command[0], command, env)
            finally:
                os._exit(127)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, packed)

    def _leave_nothing(self) -> None:
        """A run outlives its terminal: a benchmark that is interrupted must end it."""
        self._reap(os.WNOHANG)
        if self.status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def now(self) -> float:
        return time.perf_counter() - self.begun

    def send(self, keys: str) -> None:
        with suppress(OSError):
            os.write(self._master, keys.encode())

    def type(self, *keys: str) -> None:
        """Keys one after the other, each answered before the next."""
        for key in keys:
            self.send(key)
            self.read(0.15)

    def read(self, seconds: float) -> None:
        """Take what comes for so long."""
        self.wait(lambda: False, seconds, every=seconds)

    def wait(self, done: Callable[[], bool], seconds: float, every: float = 0.25) -> bool:
        """Take what comes until ``done()``, which is asked every so often. False when the time was over."""
        end = self.now() + seconds
        look = self.now() + every
        while (now := self.now()) < end and self.status is None:
            if now >= look:
                if done():
                    return True
                look = now + every
            self._take(max(0.0, min(look, end) - now))
        return done()

    def _take(self, timeout: float) -> None:
        if not select.select([self._master], [], [], timeout)[0]:
            return
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # EIO: nobody has the other side open
            data = b""
        if not data:
            self._reap(os.WNOHANG)
            time.sleep(0.01)
            return
        self.chunks.append((self.now(), data))
        self._answer(data)

    def _answer(self, data: bytes) -> None:
        asked = self._asked + data
        for question, answer in _QUESTIONS:
            for _ in question.findall(asked):
                self._reply(answer)
            asked = question.sub(b"", asked)
        self._asked = asked[-16:]

    def _reply(self, answer: bytes) -> None:
        os.write(self._master, answer)

    def _reap(self, options: int) -> None:
        with suppress(ChildProcessError):
            done, status = os.waitpid(self.pid, options)
            if done:
                self.status = os.waitstatus_to_exitcode(status)

    def close(self, keys: str = "q", seconds: float = 10.0) -> int | None:
        """End the program with ``keys``, else with a signal. Its exit status."""
        self.type(*keys)
        self.wait(self._over, seconds, every=0.05)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.status is None:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, number)
                self.wait(self._over, 5.0, every=0.05)
        os.close(self._master)
        return self.status

    def _over(self) -> bool:
        self._reap(os.WNOHANG)
        return self.status is not None

    # -- what was seen, afterwards

    def first_byte(self) -> float | None:
        return self.chunks[0][0] if self.chunks else None

    def bytes_between(self, begin: float, end: float) -> int:
        return sum(len(data) for when, data in self.chunks if begin <= when < end)

    def screens(self) -> Iterator[tuple[float, list[str], int]]:
        """(time, lines, painted cells) after every burst of bytes. A cell with a background is painted as well."""
        import pyte

        screen = pyte.Screen(self.columns, self.rows)
        stream = pyte.ByteStream(screen)
        looked = float("-inf")
        for index, (when, data) in enumerate(self.chunks):
            stream.feed(UNPAINTED.sub(b"", data))
            last = index + 1 == len(self.chunks) or self.chunks[index + 1][0] - when > _STEP_S
            if last or when - looked > _STEP_S:
                looked = when
                cells = (cell for row in screen.buffer.values() for cell in row.values())
                painted = sum(1 for cell in cells if cell.data.strip() or cell.bg != "default" or cell.reverse)
                yield when, list(screen.display), painted
