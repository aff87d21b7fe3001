"""Opening, seeking and jumping without reading it all find what reading it all finds."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streams
from jetbench.domain import events as ev
from jetbench.recording import reader
from jetbench.recording.checkpoints import Index
from jetbench.recording.format import MARKED, RecordingError, header
from jetbench.recording.format import part as new_part
from jetbench.recording.opened import open_session
from jetbench.recording.seek import Found, next_mark, position, previous_mark, seek
from jetbench.recording.writer import RecordingWriter
from jetbench.session.load import load

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
S = 1_000_000_000
TICK = S // 10


def quiet(seed: int, begin: int, seconds: int, every: float) -> Iterator[ev.AnyEvent]:
    """Telemetry ten times a second, and now and then something that is jumped to; a few lines out of order."""
    draw = random.Random(seed)
    for number in range(seconds * 10):
        t = begin + number * TICK
        if draw.random() < every:
            kind = draw.choice(["case", "case_end", "throttle", "fault", "mark"])
            yield {
                "case": ev.CaseStart(t=t, c=0),
                "case_end": ev.CaseEnd(t=t, c=0),
                "throttle": ev.Throttle(t=t, now=True),
                "fault": ev.Fault(t=t, text="x"),
                "mark": ev.Mark(t=t),
            }[kind]
        late = draw.randrange(-S, S) if draw.random() < 0.05 else 0
        yield ev.Telemetry(t=max(1, t + late), v=tuple(draw.randrange(10**6) for _ in range(8)))


def written(path: Path, parts: Sequence[Sequence[ev.AnyEvent]], counts: bool = True) -> Path:
    """A recording with a checkpoint every 5 s of the session's time; ``counts``: as of today, or of before."""
    index, size, last = Index(), 0, 0
    after = 0
    with path.open("wb") as file:
        for number, events in enumerate(parts):
            begin = events[0].t if events else S
            board = streams.board(t=begin)
            first = header(board=board, t=begin, wall_ns=10**18)
            if number:
                first = ev.Part(t=begin, number=number, after=after, wall_ns=10**18 + number * 1000 * S, board=board)
            todo: list[ev.AnyEvent] = [first, *events]
            for place, event in enumerate(todo):
                lines = [ev.encode(event) + b"\n"]
                if place == len(todo) - 1 or event.t - last >= 5 * S or place == 0:
                    last = event.t
                    index.take(lines, size)
                    file.write(lines[0])
                    size += len(lines[0])
                    made = index.line(event.t, {"status": "running", "finished": number})
                    lines = [made if counts else _without_counts(made)]
                index.take(lines, size)
                file.write(lines[0])
                size += len(lines[0])
            after = (
                max(event.t for _, event in reader.events(path)) if number < len(parts) - 1 and not file.flush() else 0
            )
    return path


def _without_counts(line: bytes) -> bytes:
    """A checkpoint as an older version wrote it."""
    found = ev.decode(line)
    assert isinstance(found, ev.Checkpoint)
    return ev.encode(ev.Checkpoint(t=found.t, events=found.events, offsets=found.offsets, brief=found.brief)) + b"\n"


def expected(found: Sequence[Found], t: int) -> tuple[Found | None, Found | None, Found | None]:
    """By looking at every line: the first at or after, the next mark, the previous one."""
    marks = [each for each in found if each[1].__struct_config__.tag in MARKED]
    later = next((each for each in marks if each[1].t > t), None)
    earlier = next((each for each in reversed(marks) if each[1].t < t), None)
    return next((each for each in found if each[1].t >= t), None), later, earlier


@quick
@given(
    seed=st.integers(0, 2**32),
    every=st.sampled_from([0.0, 0.002, 0.05, 0.5]),
    lengths=st.lists(st.integers(1, 120), min_size=1, max_size=3),
    counts=st.booleans(),
    packed=st.booleans(),
)
def test_as_if_every_line_had_been_looked_at(tmp_path_factory, seed, every, lengths, counts, packed):
    path = tmp_path_factory.mktemp("a") / "a.jsonl"
    begins = [500 * S, 20 * S, 90 * S]  # of the later parts: after a reboot
    written(path, [list(quiet(seed + n, begins[n], length, every)) for n, length in enumerate(lengths)], counts)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    found = [each for each in reader.events(path) if each[0]]
    opened = open_session(path)
    assert opened.packed == packed
    assert len(opened.spans) == len(lengths)
    assert opened.brief == {"status": "running", "finished": len(lengths) - 1}
    draw = random.Random(seed)
    for t in (0, opened.header.t, opened.last_t, 1 << 61, *(draw.randrange(480 * S, opened.last_t) for _ in range(8))):
        first, later, earlier = expected(found, t)
        assert next(seek(opened, t), None) == first
        assert next_mark(opened, t) == later
        assert previous_mark(opened, t) == earlier


def test_what_follows_is_all_that_follows(tmp_path):
    path = written(tmp_path / "a.jsonl", [list(quiet(1, 500 * S, 60, 0.1)), list(quiet(2, 20 * S, 60, 0.1))])
    found = [each for each in reader.events(path) if each[0]]
    opened = open_session(path)
    for t in range(490 * S, opened.last_t, 7 * S):
        got = list(seek(opened, t))
        assert got == found[len(found) - len(got) :]


def test_a_seek_reads_little(tmp_path, monkeypatch):
    """Of a file of 6 MB some hundred KB, and no more for a mark that is far away."""
    parts = list(quiet(1, 500 * S, 6000, 0.0))
    parts.insert(10, ev.CaseStart(t=parts[10].t, c=0))
    parts.append(ev.CaseEnd(t=parts[-1].t, c=0))
    path = written(tmp_path / "a.jsonl", [parts])
    assert path.stat().st_size > 5 << 20
    read = []
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda *arguments: read.append(len(data := real(*arguments))) or data)
    opened = open_session(path)
    assert sum(read) < 300_000
    middle = (opened.header.t + opened.last_t) // 2
    for work in (
        lambda: position(opened, middle),
        lambda: next_mark(opened, middle),
        lambda: previous_mark(opened, middle),
    ):
        read.clear()
        assert work() is not None
        assert sum(read) < 1 << 20


def test_of_a_file_that_is_still_written(tmp_path):
    """Opened while it grows, and again later: as far as it was each time."""
    path = tmp_path / "a.jsonl"
    events = streams.session(passes=60)
    writer = RecordingWriter(path, header(board=streams.board(), t=streams.T0, wall_ns=10**18), checkpoint_s=0)
    ends = []
    for event in events[1:]:
        writer.event(event)
        if len(ends) < 50:
            opened = open_session(path)
            ends.append(opened.last_t)
            assert opened.size <= path.stat().st_size
            next(seek(opened, opened.last_t), None)
    writer.close()
    assert ends == sorted(ends)
    assert open_session(path).last_t == max(event.t for event in events)


def test_a_killed_writer_leaves_no_last_checkpoint(tmp_path):
    path = streams.write(tmp_path / "a.jsonl", streams.session(end=False))
    opened = open_session(path)
    assert (opened.checkpoint, opened.brief) == (None, {})
    assert opened.last_t == load(path)[0].t
    assert opened.duration_s == pytest.approx((opened.last_t - streams.T0) / 1e9)


def test_a_part_behind_the_last_checkpoint(tmp_path):
    """Killed between the part's line and its checkpoint."""
    path = written(tmp_path / "a.jsonl", [list(quiet(1, 500 * S, 20, 0.1))])
    part = new_part(number=1, after=open_session(path).last_t, board=streams.board(t=30 * S))
    with path.open("ab") as file:
        file.write(streams.lines([part, ev.Log(t=31 * S, text="later")]))
    opened = open_session(path)
    assert len(opened.spans) == 2
    *_, (_, last) = reader.events(path)
    assert opened.last_t == last.t


def test_offsets_that_lie_are_not_believed(tmp_path):
    """A checkpoint whose parts are none: every line is looked at instead."""
    path = tmp_path / "a.jsonl"
    part = ev.Part(t=700 * S, number=1, after=600 * S, wall_ns=10**18 + 300 * S)
    lines = [header(board=streams.board(), t=500 * S, wall_ns=10**18), ev.Log(t=600 * S), part, ev.Log(t=701 * S)]
    path.write_bytes(streams.lines([*lines, ev.Checkpoint(t=701 * S, marks=0, parts=(7, 99))]))
    opened = open_session(path)
    assert [span.part for span in opened.spans] == [None, part]


def test_what_is_no_recording(tmp_path):
    (tmp_path / "x").write_text("hello\n")
    for path in (tmp_path / "x", tmp_path, tmp_path / "none"):
        with pytest.raises(RecordingError):
            open_session(path)
