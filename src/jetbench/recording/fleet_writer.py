"""The one writer of a fleet's file; every board has its own end of it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.text import printable
from jetbench.recording.appender import SYNC_S, Appender
from jetbench.recording.checkpoints import Index, stamp
from jetbench.recording.fleet import FleetHeader, MemberLine, wrapped
from jetbench.recording.format import RecordingError
from jetbench.recording.place import open_new, plain
from jetbench.recording.writer import CHECKPOINT_S, bounded

GATHER_S = 0.25  # thirty boards say hundreds of lines a second: each for itself costs more than to read and fold it


class FleetWriter(Appender):
    """Lines of all boards, each whole: one lock takes them, one thread writes them. It ends early as any recording."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        first: FleetHeader,
        *,
        on_end: Callable[[str], None] | None = None,
        interval_s: float = SYNC_S,
    ) -> None:
        descriptor = open_new(Path(path))
        super().__init__(path, descriptor, on_end=on_end, interval_s=interval_s, gather_s=GATHER_S)
        try:
            self._put([msgspec.json.encode(first) + b"\n"])
        except OSError as error:
            os.close(descriptor)
            raise RecordingError(f"{printable(path)} cannot be written: {plain(error)}") from error
        self._begin()

    def member(self, line: MemberLine) -> None:
        self.append(msgspec.json.encode(line) + b"\n")

    def board(
        self,
        number: int,
        first: ev.Header,
        brief: Callable[[], Mapping[str, Any]],
        checkpoint_s: float = CHECKPOINT_S,
    ) -> BoardWriter:
        return BoardWriter(self, number, first, brief, checkpoint_s)


class BoardWriter:
    """A board's end of the file. ``brief`` is called in the thread that writes a line."""

    def __init__(
        self,
        fleet: FleetWriter,
        number: int,
        first: ev.Header,
        brief: Callable[[], Mapping[str, Any]],
        checkpoint_s: float = CHECKPOINT_S,
    ) -> None:
        self._fleet = fleet
        self._number = number
        self._brief = brief
        self._checkpoint_s = checkpoint_s
        self._lock = threading.Lock()
        self._index = Index()  # as of the recording that splitting gives
        self._size = 0
        self._last_line = b""
        self._noted = time.monotonic()
        self._closed = False
        with self._lock:
            self._put(ev.encode(first) + b"\n")

    @property
    def path(self) -> Path:
        return self._fleet.path

    @property
    def ended(self) -> str | None:
        return self._fleet.ended

    @property
    def size(self) -> int:
        """Bytes of the whole file."""
        return self._fleet.size

    def write(self, *lines: bytes) -> None:
        """Lines of the board's stream, with or without their ends. Never waits for the disk."""
        with self._lock:
            if self._closed:
                return
            self._put(*map(bounded, lines))
            now = time.monotonic()
            if now - self._noted >= self._checkpoint_s:
                self._checkpoint()
                self._noted = now

    def close(self) -> None:
        """A last checkpoint; the file goes on with the other boards. May be called twice."""
        with self._lock:
            if not self._closed and self._index.lines > 1:
                self._checkpoint()
            self._closed = True

    def _put(self, *lines: bytes) -> None:
        text = b"".join(lines)
        self._fleet.append(wrapped(self._number, text))
        self._index.take(lines, self._size)
        self._size += len(text)
        self._last_line = lines[-1]

    def _checkpoint(self) -> None:
        try:
            brief = self._brief()
        except Exception as error:  # what the view could not say must not end the recording
            brief = {"error": printable(error)}
        self._put(self._index.line(stamp(self._last_line), brief))
