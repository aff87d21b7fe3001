"""A link that is a script: its stream is what a test gives, and what was asked of it is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from jetbench.domain import events as ev


class ScriptedLink:
    """Sends the board, then what the test gives, then waits until it is closed."""

    far = None

    def __init__(self, first: list[bytes], on_run: list[bytes]) -> None:
        self._first, self._on_run = first, on_run
        self._asked, self._closed = threading.Event(), threading.Event()
        self.commands: list[dict[str, Any]] = []
        self.ends_after_run = False

    def lines(self) -> Iterator[bytes]:
        yield from self._first
        self._asked.wait(10)
        yield from self._on_run
        if not self.ends_after_run:
            self._closed.wait(10)

    def prints(self) -> Iterator[bytes]:
        return iter(())

    def send(self, command: dict[str, Any]) -> None:
        self.commands.append(command)
        if command["op"] == "run":
            self._asked.set()

    def close(self) -> None:
        self._asked.set()
        self._closed.set()

    def describe_end(self) -> str:
        return "the agent was killed by signal 9 (SIGKILL)"


def split(session: list[ev.AnyEvent]) -> tuple[list[bytes], list[bytes]]:
    """Lines up to the first telemetry row, and the rest with a Ready at its end."""
    lines = [ev.encode(event) for event in session]
    kinds = [type(event) for event in session]
    row = kinds.index(ev.Telemetry)
    return lines[: row + 1], [*lines[row + 1 :], ev.encode(ev.Ready(what="run"))]
