"""Reading: cut and damaged files cost what is damaged, and other files are named for what they are."""

from __future__ import annotations

import gzip
import os
import random
import resource
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streams
from jetbench.domain import events as ev
from jetbench.recording import reader
from jetbench.recording.damage import Damage
from jetbench.recording.format import MAX_LINE, RecordingError, header
from jetbench.session.load import load

SMALL = streams.lines([header(board=streams.board(), t=0, wall_ns=10**18), *streams.session(passes=3)])
HEAD = SMALL.index(b"\n") + 1
quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("reader") / "a.jsonl"


def opens_or_says_so(path: Path, data: bytes) -> Damage | None:
    """None where it is refused in one line."""
    path.write_bytes(data)
    try:
        return load(path)[1]
    except RecordingError as error:
        assert "\n" not in str(error)
        return None


def test_a_whole_file(place):
    place.write_bytes(SMALL)
    damage = Damage()
    found = list(reader.events(place, damage))
    assert not damage
    assert damage.text() is None
    assert [event for _, event in found[1:]] == streams.session(passes=3)
    for offset, event in found:
        assert ev.decode(SMALL[offset:].split(b"\n", 1)[0]) == event


def test_every_cut_of_a_small_recording(place):
    """Every byte offset: whole lines survive, the torn one is counted, a torn header is refused."""
    events = streams.session(passes=3)
    for cut in range(len(SMALL)):
        data = SMALL[:cut]
        damage = Damage()
        place.write_bytes(data)
        if cut < HEAD - 1:
            with pytest.raises(RecordingError):
                list(reader.events(place, damage))
            continue
        found = list(reader.events(place, damage))
        assert len(found) == max(1, data.count(b"\n"))
        assert [event for _, event in found[1:]] == events[: len(found) - 1]
        assert damage.lines == 0
        whole = data.rfind(b"\n") + 1
        assert damage.torn == (cut - whole if whole else 0)


@quick
@given(cut=st.integers(0, len(SMALL)))
def test_every_cut_folds(place, cut):
    opens_or_says_so(place, SMALL[:cut])


@quick
@given(seed=st.integers(0, 2**32), count=st.integers(1, 20))
def test_flipped_bits(place, seed, count):
    draw = random.Random(seed)
    data = bytearray(SMALL)
    touched = set()
    for _ in range(count):
        at = draw.randrange(HEAD, len(data))
        data[at] ^= 1 << draw.randrange(8)
        touched.add(SMALL.count(b"\n", 0, at))
    damage = opens_or_says_so(place, bytes(data))
    assert damage is not None  # the header is whole
    # A flipped line end joins two lines, a new one cuts a line in two.
    assert damage.lines + damage.unknown <= 2 * len(touched)


@quick
@given(seed=st.integers(0, 2**32))
def test_flipped_bits_in_the_header(place, seed):
    draw = random.Random(seed)
    data = bytearray(SMALL)
    data[draw.randrange(HEAD)] ^= 1 << draw.randrange(8)
    opens_or_says_so(place, bytes(data))


@quick
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_after_the_header(place, data):
    assert opens_or_says_so(place, SMALL[:HEAD] + data + b"\n") is not None


@quick
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_are_no_recording(place, data):
    assert opens_or_says_so(place, data) is None


def test_unknown_kinds_are_counted_apart(place):
    damage = opens_or_says_so(place, SMALL + b'{"k":"hologram","t":1}\n{"k":"lat"}\nnonsense\n')
    assert damage is not None
    assert (damage.unknown, damage.lines) == (1, 2)
    assert damage.first_offset == len(SMALL)
    assert damage.text() == (
        f"left out: 2 damaged lines, 1 line of an unknown kind; the first at byte {len(SMALL)}: unknown kind 'hologram'"
    )


def test_unknown_fields_of_known_kinds_are_passed_over(place):
    damage = opens_or_says_so(place, SMALL + b'{"k":"log","text":"a","colour":[1,{"deep":2}]}\n')
    assert damage is not None
    assert not damage


def test_gzip(place):
    place.write_bytes(gzip.compress(SMALL))
    assert len(list(reader.events(place))) == SMALL.count(b"\n")
    whole = gzip.compress(SMALL)
    damage = opens_or_says_so(place, whole[: len(whole) // 2])
    assert damage is None or damage
    assert opens_or_says_so(place, b"\x1f\x8b" + b"rubbish" * 100) is None


# -- no recordings


def refusal(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        load(path)
    with pytest.raises(RecordingError):
        reader.read_header(path)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 1000
    return text


def test_what_is_no_recording_is_named(tmp_path):
    path = tmp_path / "x"
    assert "No such file" in refusal(path)
    path.write_bytes(b"")
    assert refusal(path).endswith("is empty")
    for data in (
        b"\x7fELF" + os.urandom(5000),
        b"hello\n",
        b"{}\n",
        b"[1]\n",
        b"\xff\xfe\n",
        b"null\n",
        b'{"version": 2}',
    ):
        path.write_bytes(data)
        assert "no recording" in refusal(path)
    assert "a folder" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refusal(tmp_path / "pipe")
    assert "no regular file" in refusal(Path("/dev/zero"))
    assert "null" in refusal(Path("a\0b"))


def test_another_jsonl_is_no_recording(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(streams.lines(streams.session()))  # a stream without its header
    assert "no recording" in refusal(path)
    path.write_bytes(b'{"version": 2, "width": 80, "height": 24}\n[0.1, "o", "x"]\n')  # an asciicast
    assert "no recording" in refusal(path)


def test_a_newer_version_says_so(tmp_path):
    path = tmp_path / "x"
    newer = msgspec.structs.replace(header(board=None), version=2)
    path.write_bytes(streams.lines([newer]))
    assert "newer jetbench-tui (format version 2, this one reads up to 1)" in refusal(path)
    path.write_bytes(b'{"k":"header","format":"jetbench-recording","version":3,"plan":"of another shape"}\n')
    assert "newer" in refusal(path)


def test_a_damaged_header_says_so(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b'{"k":"header","format":"jetbench-recording","version":1,"t":"soon"}\n')
    assert "first line is damaged" in refusal(path)
    path.write_bytes(b'{"k":"header","format":"jetbench-recording","version":1,"t":-5}\n')
    assert "first line is damaged" in refusal(path)


@pytest.mark.parametrize("begin", [b"", SMALL], ids=["as the first line", "in the middle"])
def test_an_endless_line_is_never_read_whole(tmp_path, begin):
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.write(begin)
        file.seek(1 << 30, os.SEEK_CUR)  # sparse: zeros without a line end
        file.write(b"\n" + SMALL[HEAD : SMALL.index(b"\n", HEAD) + 1])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if begin:
        damage = load(path)[1]
        assert damage.lines == 1
        assert damage.first_reason == f"longer than {MAX_LINE} bytes"
    else:
        assert "no recording" in refusal(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024


def test_the_longest_line_is_read_and_one_byte_more_is_not(place):
    frame = len(ev.encode(ev.Log(text="x")) + b"\n") - 1
    for length, lines in ((MAX_LINE - frame, 0), (MAX_LINE - frame + 1, 1)):
        place.write_bytes(SMALL + ev.encode(ev.Log(text="x" * length)) + b"\n" + ev.encode(ev.Log(text="y")) + b"\n")
        damage = Damage()
        found = [event for _, event in reader.events(place, damage)]
        assert damage.lines == lines
        assert found[-1] == ev.Log(text="y")
