"""Many readers of one file, while it is written and where nobody may write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.recording import reader
from jetbench.recording.format import header
from jetbench.recording.opened import open_session
from jetbench.recording.seek import next_mark, seek
from jetbench.recording.writer import RecordingWriter
from jetbench.session.load import load
from jetbench.session.state import SessionState

READER = """
import sys
from jetbench.recording import reader
from jetbench.recording.opened import open_session
from jetbench.session.load import load
seen = []
while not seen or seen[-1] < int(sys.argv[2]):
    damage = reader.Damage()
    seen.append(sum(1 for _ in reader.events(sys.argv[1], damage)))
    assert not damage.lines and not damage.unknown, damage.text()
    state, _ = load(sys.argv[1])
    opened = open_session(sys.argv[1])
    assert opened.last_t >= state.t or state.t == 0
assert seen == sorted(seen)
print(len(seen))
"""


def test_several_processes_read_while_one_writes(tmp_path):
    path = tmp_path / "a.jsonl"
    events = [event for event in streams.session(passes=300) if not isinstance(event, ev.Board)]
    writer = RecordingWriter(path, header(board=streams.board()), checkpoint_s=0.05)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", READER, str(path), str(len(events))]
    readers = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for event in events:
        writer.event(event)
        time.sleep(0.002)
    writer.close()
    for each in readers:
        said, _ = each.communicate(timeout=60)
        assert each.returncode == 0
        assert int(said) >= 1
    live = SessionState()
    for event in [header(board=streams.board()), *events]:
        live.apply(event)
    assert document(load(path)[0]) == document(live)


@pytest.fixture
def read_only(tmp_path):
    """A recording in a folder, and as a file, that this user may only read."""
    folder = tmp_path / "archive"
    folder.mkdir()
    path = streams.write(folder / "a.jsonl", streams.session(rounds=2))
    path.chmod(0o444)
    folder.chmod(0o555)
    for parent in tmp_path.parents:  # for the user that root becomes
        if parent.stat().st_uid == os.geteuid() and len(parent.parts) > 2:
            parent.chmod(parent.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    yield path
    os.seteuid(me)
    folder.chmod(0o755)


def test_a_read_only_place_is_enough(read_only):
    with pytest.raises(PermissionError):
        read_only.open("ab").close()
    before = read_only.stat()
    state, damage = load(read_only)
    opened = open_session(read_only)
    assert not damage
    assert state.status == "done"
    assert next(seek(opened, opened.last_t - 1), None) is not None
    assert next_mark(opened, 0) is not None
    after = read_only.stat()
    assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    assert [path.name for path in read_only.parent.iterdir()] == ["a.jsonl"], "nothing is left beside it"


def test_a_copy_made_while_it_is_written_is_a_recording(tmp_path):
    path, copied = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    writer = RecordingWriter(path, header(board=streams.board()))
    for place, event in enumerate(streams.session(passes=200)):
        writer.event(event)
        if place % 40 == 39:
            shutil.copy(path, copied)
            damage = reader.Damage()
            list(reader.events(copied, damage))
            assert damage.lines == damage.unknown == 0
    writer.close()


def test_readers_leave_the_lock_to_the_writer(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None))
    with path.open("rb"):
        load(path)
        writer.event(ev.Log(text="x"))
        writer.close()
    assert writer.ended is None
    assert Path(path).read_bytes().count(b"\n") == 3
