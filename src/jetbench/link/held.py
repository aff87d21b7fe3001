"""A pipe that is emptied although nobody here reads it: while this process is stopped (ctrl-z) the agent must not wait.

The kernel keeps 64 KiB of a pipe; then whoever writes stands still, and with it what is measured. So a helper that is
not stopped empties it into a file meanwhile, and what it took is read before anything that comes after it.
"""

from __future__ import annotations

import io
import os
import select
import subprocess
import sys
import threading
from collections import deque
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jetbench.link.shared import Followed, SharedReader, Take

CHUNK = 1 << 16
READER_S = 1.0  # for the reading thread to let go; it holds on where it waits for a lock of the thread that asks
# Reads fd 0 into fd 1 until the other end of the pipe it is told of is closed. In a session of its own: the terminal
# that stops this process would stop it as well.
EMPTY = """
import os, select, sys
until = int(sys.argv[1])
while until not in select.select([0, until], [], [])[0]:
    data = os.read(0, 1 << 16)
    if not data:
        break
    while data:
        data = data[os.write(1, data):]
"""


class HeldPipe(io.RawIOBase):
    """Read by one thread, or where ``follow`` says; ``hold`` and ``release`` are called by another, in turns."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd
        self._wake, self._waker = os.pipe()
        self._held = threading.Event()
        self._let_go = threading.Event()
        self._free = threading.Event()
        self._free.set()
        self._taken: deque[IO[bytes]] = deque()
        self._helper: subprocess.Popen[bytes] | None = None
        self._until = -1
        self._shared: SharedReader | None = None

    def follow(self, reader: SharedReader, take: Take) -> Followed:
        """In place of reading it: as ``SharedReader.follow``."""
        self._shared = reader
        return reader.follow(self._fd, take)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._held.is_set():
                self._let_go.set()
                self._free.wait()
            if self._taken:
                data = self._taken[0].read(len(buffer))
                if data:
                    buffer[: len(data)] = data
                    return len(data)
                self._taken.popleft().close()
                continue
            ready = select.select([self._fd, self._wake], [], [])[0]
            if self._wake in ready:
                os.read(self._wake, 1)
            elif not self._held.is_set():
                data = os.read(self._fd, len(buffer))
                buffer[: len(data)] = data
                return len(data)

    def hold(self) -> bool:
        """From now on a helper reads. False where it cannot: then nothing has changed."""
        if self._shared is not None:
            held = self._shared.let_go(self._fd, READER_S) and self._start()
            if not held:
                self._shared.go_on(self._fd)
            return held
        self._let_go.clear()
        self._free.clear()
        self._held.set()
        os.write(self._waker, b"h")
        if not self._let_go.wait(READER_S) or not self._start():
            self._held.clear()
            self._free.set()
            return False
        return True

    def _start(self) -> bool:
        import tempfile  # few are ever suspended

        until, self._until = os.pipe()
        try:
            taken = tempfile.TemporaryFile()  # noqa: SIM115 - read to its end by the reading thread
            self._helper = subprocess.Popen(
                [sys.executable, "-S", "-E", "-c", EMPTY, str(until)],
                stdin=self._fd,
                stdout=taken,
                stderr=subprocess.DEVNULL,
                pass_fds=(until,),
                start_new_session=True,
            )
        except OSError:
            os.close(self._until)
            return False
        finally:
            os.close(until)
        self._taken.append(taken)
        return True

    def release(self) -> None:
        """What the helper took is read now, then the pipe. Nothing happens where it was not held."""
        if self._helper is None:
            return
        os.close(self._until)
        self._helper.wait()
        self._helper = None
        self._taken[-1].seek(0)
        if self._shared is not None:
            self._shared.go_on(self._fd, self._next_taken)
            return
        self._held.clear()
        self._free.set()

    def _next_taken(self) -> bytes:
        """More of what the helper took; nothing where all of it was read."""
        while self._taken:
            data = self._taken[0].read(CHUNK)
            if data:
                return data
            self._taken.popleft().close()
        return b""
