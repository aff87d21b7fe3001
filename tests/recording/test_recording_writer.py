"""The writer over real files: order, checkpoints, what is refused before a run begins."""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.recording import checkpoints, reader
from jetbench.recording.format import MAX_LINE, NAME, VERSION, RecordingError, header
from jetbench.recording.writer import RecordingWriter


def written(path: Path, events: list[ev.Event], **options: object) -> RecordingWriter:
    writer = RecordingWriter(path, header(board=streams.board(), command=("run",)), **options)
    for event in events:
        writer.write(ev.encode(event))
    writer.close()
    return writer


def test_everything_is_there_in_order_and_byte_for_byte(tmp_path):
    path = tmp_path / "a.jsonl"
    events = streams.session(passes=50)
    writer = written(path, events)
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines[1:] if b'"k":"checkpoint"' not in line]
    assert b"".join(kept) == streams.lines(events)
    assert writer.ended is None
    assert writer.size == path.stat().st_size


def test_first_line_is_the_header(tmp_path):
    path = tmp_path / "a.jsonl"
    plan = {"models": ["resnet18"], "k": 10}
    before = time.time_ns()
    RecordingWriter(path, header(board=streams.board(), plan=plan, command=("run", "-k", "10"))).close()
    found = reader.read_header(path)
    assert (found.format, found.version, found.plan, found.command) == (NAME, VERSION, plan, ("run", "-k", "10"))
    assert found.board == streams.board()
    assert before <= found.wall_ns <= time.time_ns()
    assert abs(found.t - time.monotonic_ns()) < 60e9
    assert found.created.endswith("Z")


def test_the_last_line_is_a_checkpoint_that_counts_what_was_before(tmp_path):
    path = tmp_path / "a.jsonl"
    events = streams.session()
    written(path, events, brief=lambda: {"status": "done", "finished": 2})
    *_, (offset, last) = reader.events(path)
    assert isinstance(last, ev.Checkpoint)
    assert last.brief == {"status": "done", "finished": 2}
    assert last.events == len(events) + 1  # the header too
    assert last.t == events[-1].t
    assert path.read_bytes()[offset:].startswith(b'{"k":"checkpoint"')


def test_checkpoints_come_with_time_and_know_where_the_earlier_ones_begin(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None), checkpoint_s=0.02)
    for event in streams.session(passes=30)[:40]:
        writer.event(event)
        time.sleep(0.005)
    writer.close()
    found = [(offset, event) for offset, event in reader.events(path) if isinstance(event, ev.Checkpoint)]
    assert len(found) > 3
    assert found[-1][1].offsets == tuple(offset for offset, _ in found[:-1])[-checkpoints.MAX_OFFSETS :]


def test_an_idle_session_writes_no_checkpoints(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None), checkpoint_s=0.01, interval_s=0.01)
    time.sleep(0.1)
    writer.close()
    assert len(path.read_bytes().splitlines()) == 1


def test_offsets_stay_few_and_still_span_the_file():
    offsets: list[int] = []
    for offset in range(0, 10_000, 10):
        checkpoints.remember(offsets, offset)
        assert len(offsets) <= checkpoints.MAX_OFFSETS
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    assert offsets[-1] > 9_000


def test_a_line_is_on_disk_within_a_second_without_close(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None))
    writer.write(b'{"k":"log","text":"here"}')
    deadline = time.monotonic() + 1.0
    while b"here" not in path.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert path.read_bytes().endswith(b'"here"}\n')
    writer.close()


def test_it_can_be_read_while_it_is_written(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=streams.board()))
    events = streams.session(passes=100)
    stop = threading.Event()

    def produce() -> None:
        for event in events:
            writer.event(event)
            time.sleep(0.0005)
        stop.set()

    thread = threading.Thread(target=produce)
    thread.start()
    counts = []
    while not stop.is_set():
        damage = reader.Damage()
        counts.append(sum(1 for _ in reader.events(path, damage)))
        assert damage.lines == damage.unknown == 0
    thread.join()
    writer.close()
    assert counts == sorted(counts)
    assert sum(1 for _ in reader.events(path)) == len(events) + 2  # header and checkpoint


def test_many_threads_may_write(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None))

    def produce(name: int) -> None:
        for number in range(500):
            writer.event(ev.Log(n=number, text=f"{name}"))

    threads = [threading.Thread(target=produce, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    logs = [event for _, event in reader.events(path) if isinstance(event, ev.Log)]
    assert len(logs) == 2000
    for name in range(4):
        assert [log.n for log in logs if log.text == str(name)] == list(range(500))


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_mode_and_no_descriptor_left(tmp_path):
    path = tmp_path / "a.jsonl"
    before = descriptors()
    mask = os.umask(0o022)
    try:
        written(path, streams.session())
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert descriptors() == before
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("recording")]


def test_a_line_too_long_to_be_read_again_is_named_instead(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None))
    writer.write(ev.encode(ev.Log(text="x" * MAX_LINE)))
    writer.close()
    log = next(event for _, event in reader.events(path) if isinstance(event, ev.Log))
    assert "left out of the recording" in log.text


def test_a_brief_that_fails_or_is_too_long_costs_the_brief_alone(tmp_path):
    for name, brief in (("a", lambda: 1 / 0), ("b", lambda: {"x": "y" * MAX_LINE})):
        path = tmp_path / name
        assert written(path, streams.session(), brief=brief).ended is None
        damage = reader.Damage()
        assert isinstance(list(reader.events(path, damage))[-1][1], ev.Checkpoint)
        assert not damage


def test_writing_after_close_is_ignored(tmp_path):
    writer = written(tmp_path / "a.jsonl", streams.session())
    size = writer.path.stat().st_size
    writer.write(b"{}")
    writer.close()
    assert writer.path.stat().st_size == size


# -- refused before the run starts


def refused(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        RecordingWriter(path, header(board=None))
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_an_existing_file_is_never_overwritten(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("precious")
    assert refused(path).endswith("exists; name another with -o")
    assert path.read_text() == "precious"


def test_an_empty_file_is_taken(tmp_path):
    path = tmp_path / "a.jsonl"
    path.touch()
    written(path, streams.session())
    assert reader.read_header(path).format == NAME


def test_places_that_cannot_be_written(tmp_path):
    assert "does not exist" in refused(tmp_path / "no" / "where.jsonl")
    assert "is a folder" in refused(tmp_path)
    assert "no regular file" in refused(Path("/dev/full"))
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refused(tmp_path / "pipe")
    (tmp_path / "file").write_text("x")
    assert "Not a directory" in refused(tmp_path / "file" / "a.jsonl")
    assert "too long" in refused(tmp_path / ("x" * 300))
    assert "null" in refused(Path("a\0b"))
    (tmp_path / "dangling").symlink_to(tmp_path / "no" / "where")
    refused(tmp_path / "dangling")


def test_a_name_with_control_characters_cannot_steer_the_terminal(tmp_path):
    assert "\x1b" not in refused(tmp_path / "\x1b[31mno" / "a.jsonl")


def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    me = os.geteuid()
    if me == 0:  # root writes anywhere
        os.seteuid(65534)
    try:
        assert "Permission denied" in refused(tmp_path / "a.jsonl")
    finally:
        os.seteuid(me)
