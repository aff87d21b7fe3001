"""The one writer of a recording: lines as they came, and checkpoints between them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jetbench.domain import events as ev
from jetbench.domain.text import printable
from jetbench.recording.appender import SYNC_S, Appender
from jetbench.recording.checkpoints import Index, stamp
from jetbench.recording.format import MAX_LINE, RecordingError
from jetbench.recording.place import open_again, open_new, plain

CHECKPOINT_S = 5.0


def bounded(line: bytes) -> bytes:
    """A line with its end; in place of one that is longer than a line may be, one that says so."""
    if not line.endswith(b"\n"):
        line += b"\n"
    if len(line) <= MAX_LINE:
        return line
    said = f"a line of {len(line)} bytes was left out of the recording"
    return ev.encode(ev.Log(level="warning", source="screen", text=said)) + b"\n"


class RecordingWriter(Appender):
    """Appends. When the disk refuses, the recording ends with a reason and the run goes on.

    ``first``: the header of a new file, or the part that goes on with one that exists. ``brief`` is called in the
    recorder's thread, ``on_end`` there or, where the disk hangs, in that of ``write``.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        first: ev.Header | ev.Part,
        *,
        brief: Callable[[], Mapping[str, Any]] | None = None,
        on_end: Callable[[str], None] | None = None,
        interval_s: float = SYNC_S,
        checkpoint_s: float = CHECKPOINT_S,
    ) -> None:
        again = isinstance(first, ev.Part)
        descriptor = open_again(Path(path)) if again else open_new(Path(path))
        super().__init__(path, descriptor, on_end=on_end, interval_s=interval_s)
        self._brief = brief
        self._checkpoint_interval = checkpoint_s
        self._noted = time.monotonic()
        self._last_line = b""
        self._index = Index()
        try:
            if again:
                self._go_on()
            self._put([ev.encode(first) + b"\n"])
            if again:  # so that a reader finds the part from the end of the file
                self._checkpoint()
        except OSError as error:
            os.close(descriptor)
            raise RecordingError(f"{printable(path)} cannot be written: {plain(error)}") from error
        self._begin()

    def _go_on(self) -> None:
        """A last line without its end, which no reader can use, goes: what is appended would make it a damaged one."""
        self._index, self.size = Index.of(self._descriptor)
        if os.fstat(self._descriptor).st_size > self.size:
            os.ftruncate(self._descriptor, self.size)

    def write(self, *lines: bytes) -> None:
        """Hand over lines of the stream, with or without their ends. Never waits for the disk."""
        for line in lines:
            self.append(bounded(line))

    def event(self, event: ev.Event) -> None:
        """Record an event of the screen side."""
        self.write(ev.encode(event))

    # -- the recorder's thread

    def _put(self, batch: list[bytes]) -> None:
        begin = self.size
        super()._put(batch)
        self._index.take(batch, begin)
        self._last_line = batch[-1]

    def _after(self, written: bool, last: bool, now: float) -> None:
        due = written and now - self._noted >= self._checkpoint_interval
        if self._index.lines > 1 and (last or due):
            self._checkpoint()
            self._noted = now

    def _checkpoint(self) -> None:
        try:
            brief = self._brief() if self._brief is not None else {}
        except Exception as error:  # what the view could not say must not end the recording
            brief = {"error": printable(error)}
        self._put([self._index.line(stamp(self._last_line), brief)])
