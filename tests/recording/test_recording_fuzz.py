"""Every reader over files that were cut, flipped, spliced, blown up and nested: told so, never a traceback."""

from __future__ import annotations

import gzip
import itertools
import random
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streams
from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.export.json import dumps
from jetbench.recording import reader
from jetbench.recording.checkpoints import Index
from jetbench.recording.format import MAX_LINE, RecordingError, header
from jetbench.recording.format import part as new_part
from jetbench.recording.opened import open_session
from jetbench.recording.seek import next_mark, previous_mark, seek
from jetbench.recording.writer import RecordingWriter
from jetbench.session.load import load
from jetbench.session.resumption import rest_of

quick = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
MEMORY_KIB = 200 * 1024  # more than a file of a few MiB may ever take


def seed_file(path: Path) -> bytes:
    """A session in two parts with checkpoints between."""
    session = streams.session(passes=30, warmup=2)
    kept = [event for event in session if not isinstance(event, ev.Board | ev.Ready)]
    half = len(kept) // 2
    writer = RecordingWriter(path, header(board=streams.board(), t=streams.T0, wall_ns=10**18), checkpoint_s=0)
    for event in kept[:half]:
        writer.event(event)
    writer.close()
    writer = RecordingWriter(path, new_part(number=1, after=kept[half].t, board=streams.board()), checkpoint_s=0)
    for event in [ev.Resume(t=kept[half].t, left=((1, 0),)), *kept[half:]]:
        writer.event(event)
    writer.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    return seed_file(tmp_path_factory.mktemp("seed") / "a.jsonl")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "a.jsonl"


def cut(data: bytes, at: int, size: int, draw: random.Random) -> bytes:
    return data[:at]


def flip(data: bytes, at: int, size: int, draw: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(min(size, 30)):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def splice(data: bytes, at: int, size: int, draw: random.Random) -> bytes:
    """A piece of the file somewhere else in it."""
    begin = draw.randrange(len(data) + 1)
    return data[:at] + data[begin : begin + size] + data[at:]


def drop(data: bytes, at: int, size: int, draw: random.Random) -> bytes:
    return data[:at] + data[at + size :]


def long_line(data: bytes, at: int, size: int, draw: random.Random) -> bytes:
    inside = draw.choice([b"1,", b"x", b"[", b'{"a":', b"\0", b"9", b'"', b"\\"])
    line = draw.choice([b'{"k":"lat","c":0,"s":[', b'{"k":"log","text":"', b'{"k":"part","board":', b""])
    return (
        data[:at]
        + b"\n"
        + line
        + inside * (draw.choice([1000, MAX_LINE // 2, 2 * MAX_LINE]) // len(inside))
        + data[at:]
    )


def nested(data: bytes, at: int, size: int, draw: random.Random) -> bytes:
    depth = draw.choice([10, 1000, 100_000])
    kind = draw.choice([b"checkpoint", b"header", b"log", b"board"])
    field = {b"checkpoint": b"brief", b"header": b"plan", b"log": b"text", b"board": b"facts"}[kind]
    deep = b'{"k":"%s","%s":{"a":' % (kind, field) + b"[" * depth + b"]" * depth + b"}}\n"
    return data[:at] + b"\n" + deep + data[at:]


def numbers(data: bytes, at: int, size: int, draw: random.Random) -> bytes:
    """Some number of the file is another one."""
    other = draw.choice([b"-1", b"0", b"1e999", b"9" * 25, b"4611686018427387903", b"NaN", b"null", b"[]"])
    digits = [place for place in range(at, min(len(data), at + 4000)) if data[place : place + 1].isdigit()]
    if not digits:
        return data
    begin = end = draw.choice(digits)
    while data[end : end + 1].isdigit():
        end += 1
    return data[:begin] + other + data[end:]


CHANGES: list[Callable[[bytes, int, int, random.Random], bytes]] = [
    cut, flip, splice, drop, long_line, nested, numbers, numbers,
]  # fmt: skip


def changed(data: bytes, changes: list[tuple[int, float, int, int]], keep: int = 0) -> bytes:
    for which, where, size, seed in changes:
        at = keep + int(where * max(0, len(data) - keep))
        data = CHANGES[which](data, at, size, random.Random(seed))
        if len(data) > 8 << 20:
            break
    return data


SOME = st.lists(
    st.tuples(
        st.integers(0, len(CHANGES) - 1), st.floats(0, 1), st.integers(0, 5000), st.integers(0, 2**32)
    ),
    min_size=1,
    max_size=4,
)  # fmt: skip


def read_in_every_way(path: Path) -> bool:
    """Whether it is a recording. Only RecordingError may come out, and that in one line."""
    try:
        state, damage = load(path)
    except RecordingError as error:
        assert "\n" not in str(error)
        return False
    text = damage.text()
    assert text is None or "\n" not in text
    dumps(document(state))
    opened = open_session(path)
    middle = opened.header.t + int(opened.duration_s * 5e8)
    for t in (0, middle, opened.last_t, 1 << 61):
        list(itertools.islice(seek(opened, t), 3))
        next_mark(opened, t)
        previous_mark(opened, t)
    try:
        rest_of(path)
    except RecordingError as error:
        assert "\n" not in str(error)
    return True


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@quick
@given(changes=SOME)
def test_plain(place, whole, changes):
    before = peak_kib()
    place.write_bytes(changed(whole, changes))
    read_in_every_way(place)
    assert peak_kib() - before < MEMORY_KIB


@quick
@given(changes=SOME)
def test_behind_a_whole_header(place, whole, changes):
    """Damage after the first line never costs the whole file."""
    place.write_bytes(changed(whole, changes, keep=whole.index(b"\n") + 1)[: 8 << 20])
    first = place.read_bytes().split(b"\n", 1)[0]
    if first == whole.split(b"\n", 1)[0]:
        assert read_in_every_way(place)


@quick
@given(changes=SOME, after=st.booleans())
def test_packed(place, whole, changes, after):
    """Changed before it was packed, or afterwards."""
    before = peak_kib()
    place.write_bytes(changed(gzip.compress(whole), changes) if after else gzip.compress(changed(whole, changes), 1))
    read_in_every_way(place)
    assert peak_kib() - before < MEMORY_KIB


LOG = b'{"k":"log","text":"' + b"x" * 5000 + b'"}\n'


def bomb(path: Path, line: bytes, times: int) -> None:
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw) as file:
        file.write(streams.lines([header(board=streams.board())]))
        for _ in range(times):
            file.write(line)


BOMBS = {
    "no line": b"\0" * MAX_LINE,
    "no text": b"\n" * MAX_LINE,
    "one line": LOG * (MAX_LINE // len(LOG)),
}


@pytest.mark.parametrize("line", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_not_unpacked_to_its_end(tmp_path, monkeypatch, line):
    """It stops where no recording would have gone, whatever is in it."""
    monkeypatch.setattr(reader, "FREE_GROWTH", MAX_LINE)
    path = tmp_path / "a.jsonl.gz"
    bomb(path, line, 100)
    assert path.stat().st_size < 2 << 20
    before = peak_kib()
    *_, (last, _) = reader.events(path, damage := reader.Damage())
    assert (damage.text() or "").endswith("the compressed data is broken: it grows more than 500 times")
    assert last < 50 * MAX_LINE
    assert open_session(path).size < 50 * MAX_LINE
    assert peak_kib() - before < MEMORY_KIB


def test_parts_and_checkpoints_without_end(tmp_path):
    """Indexes of a stranger's file stay small."""
    path = tmp_path / "a.jsonl"
    part = ev.encode(ev.Part(t=5)) + b"\n"
    checkpoint = ev.encode(ev.Checkpoint(t=5, parts=tuple(range(1, 1000)), marks=5)) + b"\n"
    before = peak_kib()
    path.write_bytes(streams.lines([header(board=streams.board())]) + (part * 50 + checkpoint) * 2000)
    opened = open_session(path)
    assert 1 < len(opened.spans) <= 10_001
    with path.open("rb") as file:
        index, size = Index.of(file.fileno())
    assert len(index.parts) == 1000
    assert len(index.offsets) <= 32
    assert size == path.stat().st_size
    assert peak_kib() - before < MEMORY_KIB


def test_a_packed_file_reads_as_the_plain_one(place, whole):
    place.write_bytes(whole)
    plain = list(reader.events(place))
    place.write_bytes(gzip.compress(whole))
    assert list(reader.events(place)) == plain
