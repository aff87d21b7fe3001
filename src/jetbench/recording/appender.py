"""Lines that go in as they come, and a thread that takes them to the end of one file."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from jetbench.domain.text import printable
from jetbench.recording.disk import Syncer, gone, write_all
from jetbench.recording.place import plain

SYNC_S = 5.0
# Lines wait for a write of some microseconds. So many waiting means a disk that takes nothing more.
MAX_WAITING = 50_000
MAX_WAITING_BYTES = 64 << 20


class Appender:
    """When the disk refuses, the file ends with a reason, and whatever is recorded goes on.

    ``gather_s``: lines wait for so long for others to be written with; a program that is killed loses these.
    ``on_end`` is called in the thread or, where the disk hangs, in that of ``append``. A subclass writes its first
    lines with ``_put`` and then calls ``_begin``.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        descriptor: int,
        *,
        on_end: Callable[[str], None] | None = None,
        interval_s: float = SYNC_S,
        gather_s: float = 0.0,
    ) -> None:
        self.path = Path(path)
        self.ended: str | None = None  # why it ended early, one line
        self.size = 0  # bytes of the file so far
        self._descriptor = descriptor
        self._on_end = on_end
        self._interval = interval_s
        self._gather_s = gather_s
        self._gathering = False
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._wake = threading.Condition()
        self._closing = False

    def _begin(self) -> None:
        """The first lines are there: from now on the thread writes."""
        self._told_where = gone(self._descriptor) is None  # or else it cannot be told here
        self._syncer = Syncer(self._descriptor)
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    def append(self, line: bytes) -> None:
        """Hand over one line with its end. Never waits for the disk."""
        with self._wake:
            if self._closing or self.ended is not None:
                return
            full = len(self._waiting) >= MAX_WAITING or self._waiting_bytes >= MAX_WAITING_BYTES
            if not full:
                self._waiting.append(line)
                self._waiting_bytes += len(line)
                if not self._gathering:
                    self._wake.notify()
        if full:
            self._end("the disk takes nothing more")

    def close(self, timeout_s: float = 30.0) -> None:
        """Write what waits, force it to the disk, end the thread. May be called twice."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(timeout_s)

    # -- the thread

    def _run(self) -> None:
        try:
            self._append()
            self._check()
        except Exception as error:  # whatever it is, what is recorded goes on without its recording
            self._end(plain(error))
        self._syncer.close()
        if self._syncer.error is not None:
            self._end(plain(self._syncer.error))
        os.close(self._descriptor)

    def _append(self) -> None:
        synced = time.monotonic()
        clean = True  # nothing written since the last sync
        while True:
            batch, last = self._take(None if clean else max(0.0, synced + self._interval - time.monotonic()))
            if self.ended is not None:
                return
            if batch:
                self._put(batch)
                clean = False
            now = time.monotonic()
            self._after(bool(batch), last, now)
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
            if self._gather_s and self._waiting and not self._closing:
                self._gathering = True
                self._wake.wait(self._gather_s)
                self._gathering = False
            batch, self._waiting, self._waiting_bytes = list(self._waiting), deque(), 0
            return batch, self._closing

    def _put(self, batch: list[bytes]) -> None:
        data = b"".join(batch)
        write_all(self._descriptor, data)
        self.size += len(data)

    def _after(self, written: bool, last: bool, now: float) -> None:
        """A batch was written, or time has passed; ``last``: nothing more comes."""

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
