"""A real terminal for the tests: a pty whose output is rendered by pyte."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pexpect
import pyte

from outside import command

# pyte does not know the keyboard and mode queries of newer terminals and would print parts of them.
UNKNOWN = re.compile(rb"\x1b\[[<>=?][0-9;]*[a-zA-Z]?\$?[a-zA-Z]|\x1b\[[<>][0-9;]*u|\x1bP.*?\x1b\\", re.S)


def _told_of_hanging_up() -> None:
    """Even where the tests themselves were started by nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


class Terminal:
    def __init__(
        self,
        *arguments: str | Path,
        columns: int = 120,
        rows: int = 40,
        shell: tuple[str, ...] | None = None,
        **environment: str,
    ) -> None:
        """``shell``: another program in the place of ours."""
        words = shell or command(*arguments)
        # Textual believes COLUMNS and LINES more than the terminal.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self.process = pexpect.spawn(
            words[0],
            list(words[1:]),
            dimensions=(rows, columns),
            env={**inherited, "TERM": "xterm-256color", "TEXTUAL_DISABLE_KITTY_KEY": "1", **environment},
            timeout=5,
            preexec_fn=_told_of_hanging_up,
        )
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    def text(self) -> str:
        return "\n".join(self.screen.display)

    def pump(self, seconds: float = 0.05) -> None:
        try:
            data = self.process.read_nonblocking(1 << 16, timeout=seconds)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            time.sleep(seconds)
            return
        self.raw += data
        self.stream.feed(UNKNOWN.sub(b"", data))

    def until(self, words: str, seconds: float = 60.0) -> str:
        """Wait for a text on the screen; the screen as it then is."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.pump()
            if words in self.text():
                self.settle()
                return self.text()
        raise AssertionError(f"{words!r} did not come; the screen:\n{self.text()}")

    def settle(self, quiet: float = 0.2, most: float = 2.0) -> None:
        """Until the frame that is being written is whole."""
        deadline = time.monotonic() + most
        length = -1
        while length != len(self.raw) and time.monotonic() < deadline:
            length = len(self.raw)
            self.pump(quiet)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.process.send(key)
            self.pump(0.1)

    def ended(self, seconds: float = 30.0) -> int:
        """Exit status, as a shell gives it, once the program has ended."""
        deadline = time.monotonic() + seconds
        while self.process.isalive():
            self.pump()
            assert time.monotonic() < deadline, f"it goes on; the screen:\n{self.text()}"
        self.pump()
        if self.process.signalstatus is not None:
            return 128 + int(self.process.signalstatus)
        return int(self.process.exitstatus)

    def kill(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)
