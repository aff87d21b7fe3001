"""Lines of one board of many that are folded some at a time, which costs less than each for itself."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

GATHER_S = 0.75  # a recording that is written four times a second is so at most a second behind
MOST = 64
_OFTEN = (b'{"k":"tel"', b'{"k":"lat"')  # readings and passes: most of what an agent says, and nothing turns on them


class Gathered:
    """The lock of a session: whoever takes it finds everything folded that has come.

    ``fold`` is called with it held, with lines in the order in which they came.
    """

    def __init__(self, fold: Callable[[Sequence[bytes]], None]) -> None:
        self._fold = fold
        self.plain = threading.Lock()
        self._lines: deque[bytes] = deque()
        self._until = 0.0

    def put(self, line: bytes) -> bool:
        """False where the line is one that others may be waiting for: it is to be folded now. From one thread alone."""
        if not line.startswith(_OFTEN):
            return False
        if not self._lines:
            self._until = time.monotonic() + GATHER_S
        self._lines.append(line)
        self.catch_up_if_due()
        return True

    def catch_up_if_due(self) -> None:
        """For whoever does not mind what is missing of the last moment: ``plain`` is the lock alone."""
        if self._lines and (time.monotonic() >= self._until or len(self._lines) >= MOST):
            self.catch_up()

    def catch_up(self) -> None:
        with self:
            pass

    def __enter__(self) -> None:
        self.plain.acquire()
        if self._lines:
            try:
                self._fold([self._lines.popleft() for _ in range(len(self._lines))])
            except BaseException:
                self.plain.release()
                raise

    def __exit__(self, *_: object) -> None:
        self.plain.release()
