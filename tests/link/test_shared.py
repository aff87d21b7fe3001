"""One thread for many pipes: every line, in its order, and nobody waits for another."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from jetbench.link import shared
from jetbench.link.held import HeldPipe
from jetbench.link.shared import Followed, SharedReader

PIPES, LINES = 20, 400


class Reading:
    """A stream with a pipe in it, as a board's is."""

    def __init__(self, follow: Callable[[shared.Take], Followed], most: int = 1 << 30) -> None:
        self.lines: list[bytes] = []
        self.rest: bytes | None = None
        self.error: Exception | None = None
        self._follow, self._most = follow, most
        self._ended = threading.Event()
        self.around: list[bytes] = []
        shared.pour(self._stream(), self.around.append, self._over)

    def _stream(self) -> Iterator[bytes | Followed]:
        yield b"first"
        followed = self._follow(self._take)
        yield followed
        self.rest = followed.last()
        yield b"last"

    def _over(self, error: Exception | None) -> None:
        self.error = error
        self._ended.set()

    def _take(self, line: bytes) -> bool:
        if line == b"wrong\n":
            raise ValueError(line)
        self.lines.append(line)
        return len(self.lines) < self._most

    def over(self) -> bool:
        return self._ended.wait(20) and self.around == [b"first", *[b"last"] * (self.error is None)]


def following(reader: SharedReader, most: int = 1 << 30, first: bytes = b"") -> tuple[Reading, int]:
    reads, writes = os.pipe()
    return Reading(lambda take: reader.follow(reads, take, first), most), writes


def test_every_line_of_every_pipe_comes_once_and_in_order() -> None:
    reader = SharedReader()
    made = [following(reader, first=b"before\nbe") for _ in range(PIPES)]
    for number in range(LINES):
        for _, writes in made:
            os.write(writes, (b"gun\n" if number == 0 else b"") + b"%d" % number)
            os.write(writes, b"\n")
    for reading, writes in made:
        os.write(writes, b"torn")
        os.close(writes)
        assert reading.over()
        assert reading.lines == [b"before\n", b"begun\n", *(b"%d\n" % number for number in range(LINES))]
        assert reading.rest == b"torn"


def test_a_pipe_that_is_not_wanted_or_goes_wrong_is_left_alone_and_the_others_go_on() -> None:
    reader = SharedReader()
    (enough, first), (fails, second), (goes_on, third) = following(reader, most=2), following(reader), following(reader)
    os.write(first, b"1\n2\n3\n")
    os.write(second, b"1\nwrong\n2\n")
    assert enough.over()
    assert enough.lines == [b"1\n", b"2\n"]
    assert fails.over()
    assert isinstance(fails.error, ValueError)
    assert fails.lines == [b"1\n"]
    os.write(first, b"4\n")  # nobody takes it, and no board waits for that
    os.write(third, b"1\n")
    os.close(third)
    assert goes_on.over()
    assert goes_on.lines == [b"1\n"]


def test_a_line_without_an_end_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "MAX_LINE", 1000)
    reading, writes = following(SharedReader())
    os.write(writes, b"x" * 2500)
    os.close(writes)
    assert reading.over()
    told = b"".join(reading.lines) + (reading.rest or b"")
    assert told.replace(b"\n", b"") == b"x" * 2500
    assert len(reading.lines) >= 1


def test_what_a_helper_takes_while_this_process_is_stopped_comes_before_what_follows() -> None:
    reader = SharedReader()
    reads, writes = os.pipe()
    pipe = HeldPipe(reads)
    reading = Reading(lambda take: pipe.follow(reader, take))
    other, others_end = following(reader)
    os.write(writes, b"0\n")
    assert pipe.hold()
    held = len(reading.lines)
    data = b"".join(b"%d\n" % number for number in range(1, 60_000))
    writer = threading.Thread(target=lambda: [os.write(writes, data[i : i + 4096]) for i in range(0, len(data), 4096)])
    writer.start()
    writer.join(20)
    assert not writer.is_alive(), "it waits for a reader that was stopped"
    assert len(reading.lines) == held
    os.write(others_end, b"meanwhile\n")
    os.close(others_end)
    assert other.over()
    assert other.lines == [b"meanwhile\n"]
    pipe.release()
    os.write(writes, b"60000\n")
    os.close(writes)
    assert reading.over()
    assert reading.lines == [b"%d\n" % number for number in range(60_001)]


def test_nothing_is_lost_where_no_helper_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = SharedReader()
    reads, writes = os.pipe()
    pipe = HeldPipe(reads)
    reading = Reading(lambda take: pipe.follow(reader, take))
    monkeypatch.setattr("jetbench.link.held.sys.executable", "/nothing/there")
    os.write(writes, b"1\n")
    assert not pipe.hold()
    pipe.release()
    os.write(writes, b"2\n")
    os.close(writes)
    assert reading.over()
    assert reading.lines == [b"1\n", b"2\n"]
