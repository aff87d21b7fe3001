"""The one writer of a recording: lines go in as they came, a thread takes them to the disk."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jetbench.domain import events as ev
from jetbench.domain.text import printable
from jetbench.recording.checkpoints import Index, stamp
from jetbench.recording.disk import Syncer, gone, write_all
from jetbench.recording.format import MAX_LINE, RecordingError
from jetbench.recording.place import open_again, open_new, plain

SYNC_S = 5.0
CHECKPOINT_S = 5.0
# Lines wait for a write of some microseconds. So many waiting means a disk that takes nothing more.
MAX_WAITING = 50_000
MAX_WAITING_BYTES = 64 << 20


class RecordingWriter:
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
        self.path = Path(path)
        self.ended: str | None = None  # why it ended early, one line
        self.size = 0  # bytes of the file so far
        self._brief = brief
        self._on_end = on_end
        self._interval = interval_s
        self._checkpoint_interval = checkpoint_s
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._wake = threading.Condition()
        self._closing = False
        self._last_line = b""
        self._index = Index()
        again = isinstance(first, ev.Part)
        self._descriptor = open_again(self.path) if again else open_new(self.path)
        try:
            if again:
                self._go_on()
            self._put([ev.encode(first) + b"\n"])
            if again:  # so that a reader finds the part from the end of the file
                self._checkpoint()
            self._told_where = gone(self._descriptor) is None  # or else it cannot be told here
        except OSError as error:
            os.close(self._descriptor)
            raise RecordingError(f"{printable(path)} cannot be written: {plain(error)}") from error
        self._syncer = Syncer(self._descriptor)
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def _go_on(self) -> None:
        """A last line without its end, which no reader can use, goes: what is appended would make it a damaged one."""
        self._index, self.size = Index.of(self._descriptor)
        if os.fstat(self._descriptor).st_size > self.size:
            os.ftruncate(self._descriptor, self.size)

    def write(self, line: bytes) -> None:
        """Hand over one line of the stream, with or without its end. Never waits for the disk."""
        if not line.endswith(b"\n"):
            line += b"\n"
        if len(line) > MAX_LINE:
            said = f"a line of {len(line)} bytes was left out of the recording"
            line = ev.encode(ev.Log(level="warning", source="screen", text=said)) + b"\n"
        with self._wake:
            if self._closing or self.ended is not None:
                return
            full = len(self._waiting) >= MAX_WAITING or self._waiting_bytes >= MAX_WAITING_BYTES
            if not full:
                self._waiting.append(line)
                self._waiting_bytes += len(line)
                self._wake.notify()
        if full:
            self._end("the disk takes nothing more")

    def event(self, event: ev.Event) -> None:
        """Record an event of the screen side."""
        self.write(ev.encode(event))

    def close(self, timeout_s: float = 30.0) -> None:
        """Write what waits, a last checkpoint, force it to the disk, end the thread. May be called twice."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout_s)

    # -- the recorder's thread

    def _run(self) -> None:
        try:
            self._append()
            self._check()
        except Exception as error:  # whatever it is, the run goes on without its recording
            self._end(plain(error))
        self._syncer.close()
        if self._syncer.error is not None:
            self._end(plain(self._syncer.error))
        os.close(self._descriptor)

    def _append(self) -> None:
        synced = noted = time.monotonic()
        clean = True  # nothing written since the last sync
        while True:
            batch, last = self._take(None if clean else max(0.0, synced + self._interval - time.monotonic()))
            if self.ended is not None:
                return
            if batch:
                self._put(batch)
                clean = False
            now = time.monotonic()
            if self._index.lines > 1 and (last or (batch and now - noted >= self._checkpoint_interval)):
                self._checkpoint()
                noted = now
            if last:
                return
            if not clean and now - synced >= self._interval:
                self._check()
                self._syncer.request()
                synced, clean = now, True

    def _take(self, timeout: float | None) -> tuple[list[bytes], bool]:
        """Every line that waits, and whether these are the last."""
        with self._wake:
            if not self._waiting and not self._closing:
                self._wake.wait(timeout)
            batch, self._waiting, self._waiting_bytes = list(self._waiting), deque(), 0
            return batch, self._closing

    def _put(self, batch: list[bytes]) -> None:
        data = b"".join(batch)
        write_all(self._descriptor, data)
        self._index.take(batch, self.size)
        self.size += len(data)
        self._last_line = batch[-1]

    def _checkpoint(self) -> None:
        try:
            brief = self._brief() if self._brief is not None else {}
        except Exception as error:  # what the view could not say must not end the recording
            brief = {"error": printable(error)}
        self._put([self._index.line(stamp(self._last_line), brief)])

    def _check(self) -> None:
        """What no write would say: a sync that failed, a file that is gone."""
        if self._syncer.error is not None:
            raise self._syncer.error
        missing = gone(self._descriptor) if self._told_where else None
        if missing is not None:
            raise OSError(0, missing)

    def _end(self, reason: str) -> None:
        with self._wake:
            if self.ended is not None:
                return
            self.ended = printable(reason)
            self._waiting.clear()
            self._wake.notify()
        if self._on_end is not None:
            with contextlib.suppress(Exception):
                self._on_end(self.ended)
