"""One thread that reads what many agents say: one thread each would be woken hundreds of times a second, for a line."""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

GATHER_S = 0.001  # times the pipes: what comes meanwhile is taken together, and a line waits for half of it
MOST_GATHER_S = 0.07
CHUNK = 1 << 16
MAX_LINE = 1 << 22
Take = Callable[[bytes], bool]  # a line with its end; whether more of them are wanted
Over = Callable[[Exception | None], None]


@runtime_checkable
class Pouring(Protocol):
    """A link whose lines come out of a pipe, which another thread may read."""

    def pour(self, reader: SharedReader, sink: Callable[[bytes], None], over: Over) -> None:
        """What ``lines`` yields, most of it in the reader's thread, and then ``over`` in one of its own.

        Returns at once. ``over`` is given what went wrong, if anything did.
        """
        ...

    def pour_prints(self, reader: SharedReader, sink: Callable[[bytes], None]) -> None:
        """What ``prints`` yields, in the reader's thread. Returns at once."""
        ...


def pour(stream: Iterator[bytes | Followed], sink: Callable[[bytes], None], over: Over) -> None:
    """Lines of a stream into ``sink``. No thread waits where the stream yields a pipe that is followed: another one
    goes on when that is over."""
    try:
        for told in stream:
            if isinstance(told, Followed):
                told.then(lambda: threading.Thread(target=pour, args=(stream, sink, over), daemon=True).start())
                return
            sink(told)
    except Exception as error:
        over(error)
    else:
        over(None)


class SharedReader:
    """Any thread may call. ``take`` is called in the reader's own, which the first pipe starts."""

    def __init__(self) -> None:
        self._poll = select.poll()  # as bare as it comes: it is asked for every line
        self._followed: dict[int, Followed] = {}  # by the pipe, those that are read
        self._held: dict[int, Followed] = {}
        self._asked: deque[Callable[[], None]] = deque()
        self._lock = threading.Lock()
        self._waker = -1

    def follow(self, pipe: int, take: Take, first: bytes = b"") -> Followed:
        """Every line of a pipe, until it ends or no more are wanted. Returns at once.

        ``first``: what was read from it before. A line that is too long comes in pieces.
        """
        followed = Followed(take)
        self._ask(lambda: self._take_up(pipe, followed, first))
        return followed

    def let_go(self, pipe: int, timeout: float) -> bool:
        """From now on somebody else reads it. False where it is not known whether: then ``go_on`` has to follow."""
        done = threading.Event()

        def work() -> None:
            if pipe in self._followed:
                self._held[pipe] = self._leave(pipe)
            done.set()

        self._ask(work)
        return done.wait(timeout)

    def go_on(self, pipe: int, meanwhile: Callable[[], bytes] = bytes) -> None:
        """The end of ``let_go``. ``meanwhile`` gives what the other one has read, piece by piece, then nothing."""

        def work() -> None:
            followed = self._held.pop(pipe, None)
            if followed is None:
                return
            while data := meanwhile():
                followed.hear(data)
            self._take_up(pipe, followed)

        self._ask(work)

    # -- the thread

    def _ask(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._asked.append(work)
            if self._waker < 0:
                wake, self._waker = os.pipe()
                self._poll.register(wake, select.POLLIN)
                threading.Thread(target=self._run, args=(wake,), name="reader", daemon=True).start()
            os.write(self._waker, b"w")

    def _run(self, wake: int) -> None:
        while True:
            for pipe, _ in self._poll.poll():
                if pipe == wake:
                    os.read(wake, CHUNK)
                    while self._asked:
                        self._asked.popleft()()
                elif pipe in self._followed:  # it was not let go just before, in this round
                    self._read(pipe, self._followed[pipe])
            time.sleep(min(MOST_GATHER_S, GATHER_S * len(self._followed)))

    def _take_up(self, pipe: int, followed: Followed, data: bytes = b"") -> None:
        if data:
            followed.hear(data)
        if followed.done:
            followed.end()
        else:
            self._followed[pipe] = followed
            self._poll.register(pipe, select.POLLIN)

    def _leave(self, pipe: int) -> Followed:
        self._poll.unregister(pipe)
        return self._followed.pop(pipe)

    def _read(self, pipe: int, followed: Followed) -> None:
        try:
            data = os.read(pipe, CHUNK)
        except OSError:
            data = b""
        if data:
            followed.hear(data)
        else:
            followed.done = True
        if followed.done:
            self._leave(pipe).end()


class Followed:
    """A pipe, and who wants its lines. ``rest``: a last one without its end; ``error``: what ``take`` raised."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._ended = False
        self._next: Callable[[], None] | None = None
        self.rest = b""
        self.done = False
        self.error: Exception | None = None

    def then(self, work: Callable[[], None]) -> None:
        """When it is over, in the reader's thread; at once where it is."""
        with self._lock:
            self._next = work
            ended = self._ended
        if ended:
            work()

    def end(self) -> None:
        with self._lock:
            self._ended, work = True, self._next
        if work is not None:
            work()

    def last(self) -> bytes:
        """After its end: ``rest``. Raises ``error``."""
        if self.error is not None:
            raise self.error
        return self.rest

    def hear(self, data: bytes) -> None:
        *whole, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) >= MAX_LINE:
            whole, self.rest = [*whole, self.rest], b""
        try:
            for line in whole:
                if not self._take(line + b"\n"):
                    self.done = True
                    return
        except Exception as error:  # it is the follower's, and no business of the other pipes
            self.error, self.done = error, True
