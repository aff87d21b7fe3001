"""The spool: every byte once, wherever a reader begins, and bounded; the lock that one measures under."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jetbench_agent import board_lock
from jetbench_agent.remote import sessions, spool

LINE = b'{"k":"tel","n":%06d}\n'


def everything(reader: spool.Reader) -> bytes:
    read = b""
    while data := reader.read(100):
        read += data
    return read


def test_a_reader_begins_anywhere_and_gets_every_byte_once(tmp_path: Path) -> None:
    writer = spool.Writer(str(tmp_path), segment=200)
    early = spool.Reader(str(tmp_path), 0)
    seen, written = b"", b""
    for number in range(100):
        writer.append(LINE % number)
        written += LINE % number
        if number % 7 == 0:
            seen += everything(early)
    assert len(spool.segments(str(tmp_path))) > 5
    assert seen + everything(early) == written
    for place in range(0, len(written), len(LINE % 0)):
        assert everything(spool.Reader(str(tmp_path), place)) == written[place:]
    assert writer.end == len(written)


def test_half_a_line_is_not_given(tmp_path: Path) -> None:
    writer = spool.Writer(str(tmp_path))
    writer.append(b'{"one":1}\n{"tw')
    reader = spool.Reader(str(tmp_path), 0)
    assert reader.read() == b'{"one":1}\n'
    assert reader.read() == b""
    writer.append(b'o":2}\n')
    assert reader.read() == b'{"two":2}\n'


def test_only_what_was_fetched_goes_and_its_place_is_said_to_be_gone(tmp_path: Path) -> None:
    writer = spool.Writer(str(tmp_path), cap=800)
    for number in range(60):
        writer.append(LINE % number)
    assert writer.is_full
    before = writer.size
    writer.drop(0)
    assert writer.size == before
    writer.drop(writer.end)
    assert writer.size <= 800 * 3 // 4 + 200
    kept = spool.segments(str(tmp_path))[0][0]
    assert everything(spool.Reader(str(tmp_path), kept)).startswith(LINE % (kept // len(LINE % 0)))
    with pytest.raises(spool.GoneError):
        spool.Reader(str(tmp_path), 0).read()
    with pytest.raises(spool.GoneError):
        spool.Reader(str(tmp_path), writer.end + 1).read()


def test_a_place_is_the_same_after_the_disk_was_full(tmp_path: Path, monkeypatch) -> None:
    writer = spool.Writer(str(tmp_path))
    writer.append(LINE % 1)
    real, left = spool.os.write, [10]

    def write(descriptor, data):
        if not left[0]:
            raise OSError(28, "No space left on device")
        count, left[0] = min(left[0], len(data)), 0
        return real(descriptor, data[:count])

    monkeypatch.setattr(spool.os, "write", write)
    with pytest.raises(OSError, match="No space"):
        writer.append(LINE % 2)
    monkeypatch.undo()
    writer.append(LINE % 3)
    assert everything(spool.Reader(str(tmp_path), 0)) == LINE % 1 + LINE % 3


def test_what_nobody_fetched_goes_after_a_week_unless_its_keeper_lives(tmp_path: Path) -> None:
    kept, old, fresh = (sessions.create(str(tmp_path), {"by": name}) for name in ("kept", "old", "fresh"))
    held = kept.hold()
    for session in (kept, old):
        os.utime(Path(session.folder) / "session.json", (time.time() - 8 * 86400,) * 2)
    sessions.forget_old(str(tmp_path))
    assert {session.about["by"] for session in sessions.every(str(tmp_path))} == {"kept", "fresh"}
    os.close(held)
    sessions.forget_old(str(tmp_path))
    assert [session.id for session in sessions.every(str(tmp_path))] == [fresh.id]
    assert sessions.find(str(tmp_path), "../../etc") is None


def test_the_lock_is_let_go_with_its_process_and_tells_who_holds_it(tmp_path: Path) -> None:
    holds = (
        "import sys; from jetbench_agent.board_lock import BoardLock\n"
        "lock = BoardLock('alice@laptop', sys.argv[1])\n"
        "print(lock.take('4 cases'), flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", holds, str(tmp_path)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "None\n"
    mine = board_lock.BoardLock("bob@desk", str(tmp_path))
    holder = mine.take("1 case")
    assert holder is not None
    assert "alice@laptop is measuring on this board since" in board_lock.sentence(holder)
    other.kill()
    other.wait()
    assert mine.take("1 case") is None
    mine.release()


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (tmp_path / board_lock.NAME).symlink_to(victim)
    lock = board_lock.BoardLock("bob@desk", str(tmp_path))
    assert lock.take("1 case") is None
    assert victim.read_text() == "untouched"


class Told:
    """What a sender would have sent."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []

    def send(self, k: str, **fields: object) -> None:
        self.events.append({"k": k, **fields})


def test_at_the_board_a_warning_and_elsewhere_a_refusal_or_patience(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("JETBENCH_LOCK_DIR", str(tmp_path))
    first = board_lock.BoardLock("alice@laptop")
    assert first.take("run") is None
    run = {"op": "run", "cases": [{}]}
    here, there, patient = Told(), Told(), Told()
    assert board_lock.Alone(None, here).begin(run, lambda: False)
    assert [event["k"] for event in here.events] == ["log"]
    elsewhere = board_lock.Alone("bob@desk", there)
    assert elsewhere.begin({"op": "pack"}, lambda: False)
    assert not elsewhere.begin(run, lambda: False)
    assert [(event["k"], event["code"]) for event in there.events] == [("fault", "busy")]
    assert "alice@laptop is measuring" in str(there.events[0]["text"])
    looks = iter([False, True])

    def stopped() -> bool:
        last = next(looks)
        if not last:
            first.release()  # the other one's run is over
        return last

    assert board_lock.Alone("carol@home", patient).begin({**run, "wait": True}, stopped)
    assert [event["k"] for event in patient.events] == ["log"]
