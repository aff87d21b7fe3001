"""A fleet's file: what many boards write at once is whole, and whatever happens to it costs no more than it hit."""

from __future__ import annotations

import gzip
import json
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams
from jetbench.domain import events as ev
from jetbench.domain.fleet import Member
from jetbench.recording import fleet as fleets
from jetbench.recording import reader
from jetbench.recording.fleet import MemberLine, fleet_header
from jetbench.recording.fleet_writer import FleetWriter
from jetbench.recording.format import MAX_LINE, RecordingError, header
from jetbench.recording.writer import RecordingWriter

EVENTS = list(streams.session(passes=30))


def members(*names: str) -> list[Member]:
    return [Member(name=name, address=name) for name in names]


def written(path: Path, names: tuple[str, ...] = ("a", "b"), checkpoint_s: float = 1e9) -> dict[str, bytes]:
    """A fleet's file, every board from a thread of its own; what each said."""
    fleet = FleetWriter(path, fleet_header(members(*names), {"k": 30}))
    said = {}

    def board(number: int) -> None:
        end = fleet.board(number, header(board=streams.board(), t=streams.T0, wall_ns=number), dict, checkpoint_s)
        for event in EVENTS:
            end.write(ev.encode(event))
            fleet.member(MemberLine(number, event.t, "running"))
        said[names[number]] = streams.lines([header(board=streams.board(), t=streams.T0, wall_ns=number), *EVENTS])
        end.close()

    threads = [threading.Thread(target=board, args=(number,)) for number in range(len(names))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fleet.close()
    assert fleet.ended is None
    return said


def split(path: Path, folder: Path) -> fleets.Split:
    folder.mkdir()
    return fleets.split(path, folder)


def test_boards_that_write_at_once_are_each_whole_and_byte_for_byte_what_they_said(tmp_path: Path) -> None:
    names = tuple(f"b{number}" for number in range(8))
    said = written(tmp_path / "f.jsonl", names)
    found = split(tmp_path / "f.jsonl", tmp_path / "out")
    assert not found.damage
    assert len(found.said) == 8 * len(EVENTS)
    for name, path in zip(names, found.files, strict=True):
        lines = path.read_bytes().splitlines(keepends=True)
        assert b"".join(line for line in lines if not line.startswith(b'{"k":"checkpoint"')) == said[name]


def test_what_splitting_gives_is_what_a_writer_of_its_own_would_have_made(tmp_path: Path) -> None:
    """To the byte, the checkpoints with their offsets too."""
    first = header(board=streams.board(), t=streams.T0, wall_ns=5)
    fleet = FleetWriter(tmp_path / "f.jsonl", fleet_header(members("a", "b"), {}))
    end, other = fleet.board(1, first, dict, 0.0), fleet.board(0, first, dict, 0.0)
    for event in EVENTS:
        end.write(ev.encode(event))
        other.write(ev.encode(event))
    end.close()
    fleet.close()
    (made,) = [path for path in split(tmp_path / "f.jsonl", tmp_path / "out").files if path.stem == "b"]
    alone = RecordingWriter(tmp_path / "alone.jsonl", first, brief=dict, checkpoint_s=1e9)
    told = made.read_bytes().splitlines(keepends=True)[1:]
    for line in told[:-1]:  # its own thread chooses other moments: it is given those of the fleet's
        alone.write(line)
    alone.close()
    assert (tmp_path / "alone.jsonl").read_bytes() == made.read_bytes()
    assert reader.read_header(made) == first


@given(st.integers(0, 20_000), st.binary(max_size=40))
def test_a_file_that_is_cut_or_hit_anywhere_loses_no_more_than_that(
    shared: tuple[bytes, Path], at: int, hit: bytes
) -> None:
    data, folder = shared
    path = folder / "hit.jsonl"
    path.write_bytes(data[:at] + hit)
    try:
        with path.open("rb") as file:
            head = fleets.header_of(file, path)
            found = list(fleets.lines(file, len(head.members), fleets.Damage()))
    except RecordingError as error:
        assert at < data.index(b"\n") + 1
        assert "\n" not in str(error)
        return
    whole = data[:at].count(b"\n") - 1
    assert whole <= len(found) <= whole + 2 + hit.count(b"\n")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    folder = tmp_path_factory.mktemp("fleet")
    written(folder / "f.jsonl")
    return (folder / "f.jsonl").read_bytes(), folder


def test_what_no_board_said_is_counted_and_left_out(tmp_path: Path) -> None:
    written(tmp_path / "f.jsonl")
    before = split(tmp_path / "f.jsonl", tmp_path / "before")
    wrong = [
        b'{"b":7,"l":{"k":"log"}}', b'{"b":-1,"l":{}}', b'{"b":0,"l":[1]}', b'{"b":0,"l":5}', b'{"b":"0","l":{}}',
        b'{"b":0}', b"not json", b"\xff\xfe", b"{" * 5000, b'{"e":"member","b":9,"t":1}', b'{"e":"member"}',
        b'{"b":0,"l":{"k":"log","text":"' + b"x" * MAX_LINE + b'"}}',
    ]  # fmt: skip
    later = b'{"e":"weather","b":0}\n'  # a kind of a later version
    with (tmp_path / "f.jsonl").open("ab") as file:
        file.write(b"\n".join(wrong) + b"\n" + later + b'{"b":0,"l":{"k":"log","te')
    found = split(tmp_path / "f.jsonl", tmp_path / "after")
    assert (found.damage.lines, found.damage.unknown, found.damage.torn > 0) == (len(wrong), 1, True)
    assert [path.read_bytes() for path in found.files] == [path.read_bytes() for path in before.files]
    assert "damaged line" in found.damage.text()


def test_a_packed_file_that_is_cut_is_read_as_far_as_it_is_whole(tmp_path: Path) -> None:
    written(tmp_path / "f.jsonl", tuple(f"b{number}" for number in range(48)))
    data = gzip.compress((tmp_path / "f.jsonl").read_bytes())
    (tmp_path / "f.jsonl.gz").write_bytes(data[: len(data) // 2])
    found = split(tmp_path / "f.jsonl.gz", tmp_path / "out")
    assert "compressed data is broken" in found.damage.text()
    whole = [path for path in found.files if path is not None]
    assert 0 < sum(1 for path in whole for _ in reader.events(path)) < 48 * len(EVENTS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "newer jetbench-tui"),
        ({"version": 0}, "newer jetbench-tui"),
        ({"members": []}, "without a board"),
        ({"members": [{"name": "a"}, {"name": "a"}]}, "are called"),
        ({"members": [{"name": 5}]}, "damaged"),
        ({"members": [{"name": f"b{number}"} for number in range(300)]}, "at most"),
        ({"e": "choir"}, "no recording of a fleet"),
    ],
    ids=str,
)
def test_a_first_line_that_is_none(tmp_path: Path, change: dict[str, object], said: str) -> None:
    head = json.loads(msgspec.json.encode(fleet_header(members("a"), {})))
    path = tmp_path / "f.jsonl"
    path.write_bytes(json.dumps({**head, **change}, separators=(",", ":")).encode() + b"\n")
    with pytest.raises(RecordingError, match=said):
        fleets.read_header(path)


def test_names_of_boards_become_names_of_files_that_stay_in_their_folder(tmp_path: Path) -> None:
    names = ("../../etc/passwd", "a/b", "A-B", "a-b", "...", "\u202etfel", "x" * 300, ".hidden", "jetson@nano:22")
    found = fleets.file_names(members(*names))
    assert len({name.lower() for name in found}) == len(names)
    assert all("/" not in name and not name.startswith((".", "-")) and len(name) < 120 for name in found)
    assert found[1] == "a-b.jsonl"


def test_one_board_s_recording_is_asked_for_where_a_fleet_s_is_given(tmp_path: Path) -> None:
    written(tmp_path / "f.jsonl")
    with pytest.raises(RecordingError, match="export -f boards"):
        reader.read_header(tmp_path / "f.jsonl")
    assert not fleets.is_fleet(tmp_path / "none.jsonl")
    assert not fleets.is_fleet(tmp_path)
    assert fleets.is_fleet(tmp_path / "f.jsonl")
