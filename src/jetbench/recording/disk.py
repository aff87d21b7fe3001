"""The two ways bytes get to a disk: written as they come, and forced out now and then."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

_fdatasync = getattr(os, "fdatasync", os.fsync)


def write_all(descriptor: int, data: bytes) -> None:
    """Every byte, or OSError; then what was written in part is taken back, so that no torn line stays."""
    rest = memoryview(data)
    begin = os.fstat(descriptor).st_size
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        # Whole lines that fitted may stay.
        kept = len(data) - len(rest)
        whole = data.rfind(b"\n", 0, kept) + 1
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, begin + whole)
        raise


def gone(descriptor: int) -> str | None:
    """Why nobody would find the open file any more, or None. One that was renamed is still there."""
    found = os.fstat(descriptor)
    if found.st_nlink == 0:
        return "the file was deleted"
    try:
        named = Path(f"/proc/self/fd/{descriptor}").readlink()
    except OSError:  # a system that does not tell
        return None
    try:
        here = os.path.samestat(named.stat(), found)
    except (FileNotFoundError, NotADirectoryError):
        here = False
    except OSError:
        return None
    return None if here else "its folder is gone: moved away or unmounted"


class Syncer:
    """fdatasync in a thread of its own: on an SD card it takes seconds, and lines must not wait for it."""

    def __init__(self, descriptor: int) -> None:
        self.error: OSError | None = None
        self._descriptor = descriptor
        self._wanted = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="recording-sync", daemon=True)
        self._thread.start()

    def request(self) -> None:
        self._wanted.set()

    def close(self) -> None:
        """Force out what there is, and end."""
        self._closing = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing and self.error is None:
            self._wanted.wait()
            self._wanted.clear()
            closing = self._closing  # read before the sync: what was written by then is forced out
            try:
                _fdatasync(self._descriptor)
            except OSError as error:
                self.error = error
