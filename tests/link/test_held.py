"""A pipe that is emptied while its reader stands still, and loses nothing."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

from jetbench.link.held import HeldPipe

LINES = 60_000  # 600 kB: ten times what a pipe keeps


def test_the_writer_need_not_wait_and_every_line_comes_in_its_order() -> None:
    reads, writes = os.pipe()
    pipe = HeldPipe(reads)
    seen: list[int] = []
    some, all_written = threading.Event(), threading.Event()

    def read() -> None:
        for line in io.BufferedReader(pipe):
            seen.append(int(line))
            if len(seen) >= 10:
                some.set()

    reader = threading.Thread(target=read)
    reader.start()
    os.write(writes, b"".join(b"%09d\n" % number for number in range(10)))
    assert some.wait(10)

    def write() -> None:
        with os.fdopen(writes, "wb") as out:
            for number in range(10, LINES):
                out.write(b"%09d\n" % number)
                if number == LINES // 2:
                    out.flush()
                    all_written.set()
                    again.wait(10)

    again = threading.Event()
    assert pipe.hold()
    before = len(seen)
    writer = threading.Thread(target=write)
    writer.start()
    assert all_written.wait(20), "the writer waits for a reader that was stopped"
    assert len(seen) == before
    pipe.release()
    assert pipe.hold()  # at once again, what was held is not read yet
    again.set()
    writer.join(20)
    assert not writer.is_alive()
    pipe.release()
    reader.join(20)
    assert seen == list(range(LINES))


def test_nothing_is_lost_where_no_helper_can_be_started(monkeypatch, tmp_path: Path) -> None:
    reads, writes = os.pipe()
    pipe = HeldPipe(reads)
    lines: list[bytes] = []
    reader = threading.Thread(target=lambda: lines.extend(io.BufferedReader(pipe)))
    reader.start()
    monkeypatch.setattr("jetbench.link.held.sys.executable", str(tmp_path / "nothing"))
    assert not pipe.hold()
    pipe.release()
    os.write(writes, b"one\n")
    os.close(writes)
    reader.join(10)
    assert lines == [b"one\n"]
