"""What every link to another machine has: its clock, what is wrong with the line, how its stream ended."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from jetbench.domain.text import printable
from jetbench.link.clock import FarClock

MOST_PRINTS = 10_000


class Prints:
    """What the agent printed, from the thread that reads the stream to the one that asks for it."""

    def __init__(self) -> None:
        self._queue: queue.Queue[bytes | None] = queue.Queue(MOST_PRINTS)
        self._sink: Callable[[bytes], None] | None = None

    def pour(self, sink: Callable[[bytes], None]) -> None:
        """In place of ``lines``, before the first of them: each as it is put, in that thread."""
        self._sink = sink

    def put(self, line: bytes | None) -> None:
        """A line of the spool; None: there are no more. What nobody takes is left out."""
        if self._sink is not None:
            for text in _text(line):
                self._sink(text)
            return
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(line)

    def lines(self) -> Iterator[bytes]:
        while True:
            line = self._queue.get()
            if line is None:
                return
            yield from _text(line)


def _text(line: bytes | None) -> Iterator[bytes]:
    """Of a line of the spool, if there is any."""
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
        if line is not None:
            yield str(msgspec.json.decode(line)["text"]).encode()


class FarSide:
    """``_over``: how the agent ended, as the board told it; ``_end``: why nothing more comes, where we say so."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._clock = FarClock()
        self._trouble: str | None = None
        self._over: dict[str, Any] | None = None
        self._end: str | None = None
        self._closing, self._ended = threading.Event(), threading.Event()
        self._printed = Prints()

    def now(self) -> int:
        return time.perf_counter_ns() + self._clock.offset.ns

    def trouble(self) -> str | None:
        return self._trouble

    def in_order(self) -> bool:
        return self._end is None and self._over is not None and not self._over.get("why") and not self._over.get("rc")

    def prints(self) -> Iterator[bytes]:
        return self._printed.lines()

    def describe_end(self) -> str:
        if self._end is not None:
            return self._end
        over = self._over or {}
        if over.get("why"):
            return f"{self.host}: {printable(over['why'], 200)}"
        code = over.get("rc")
        return f"the agent on {self.host} ended" + (f" with status {code}" if isinstance(code, int) else "")

    # -- events of the link itself

    def _told_clock(self) -> bytes:
        offset = self._clock.offset
        told = {"host": self.host, "offset_ns": offset.ns, "delay_ns": offset.delay_ns, "rounds": offset.rounds}
        return msgspec.json.encode({"k": "remote", "t": self.now(), **told})

    def _log(self, text: str) -> bytes:
        return msgspec.json.encode({"k": "log", "t": self.now(), "level": "warning", "source": "link", "text": text})
