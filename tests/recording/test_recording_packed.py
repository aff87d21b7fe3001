"""Recordings packed with gzip: made when a run is over, and read as the plain ones."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.recording import packing, reader
from jetbench.recording.format import RecordingError
from jetbench.recording.packing import is_packed, pack, unpacked_name
from jetbench.session.load import load
from jetbench.session.recorder import SessionRecorder


def test_names():
    assert is_packed(Path("a/b.jsonl.gz"))
    assert unpacked_name(Path("a/b.jsonl.gz")) == Path("a/b.jsonl")
    assert not is_packed(Path("a/b.jsonl"))
    assert not is_packed(Path("a/.gz"))


def test_packing(tmp_path):
    plain = streams.write(tmp_path / "a.jsonl", streams.session(passes=500))
    data, packed = plain.read_bytes(), tmp_path / "a.jsonl.gz"
    before = document(load(plain)[0])
    pack(plain, packed)
    assert not plain.exists()
    assert gzip.decompress(packed.read_bytes()) == data
    assert packed.stat().st_size < len(data) / 2
    assert document(load(packed)[0]) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl.gz"]


def test_the_same_file_is_packed_to_the_same_bytes(tmp_path):
    made = []
    for name in ("a", "b"):
        pack(streams.write(tmp_path / name, streams.session()), tmp_path / f"{name}.gz")
        made.append((tmp_path / f"{name}.gz").read_bytes())
    assert made[0] == made[1]


def refused(plain: Path, packed: Path) -> str:
    data = plain.read_bytes()
    with pytest.raises(RecordingError) as caught:
        pack(plain, packed)
    assert plain.read_bytes() == data, "the plain file stays"
    assert not list(plain.parent.glob("*.part"))
    return str(caught.value)


def test_where_it_cannot_be_made_the_plain_file_stays(tmp_path, monkeypatch):
    plain = streams.write(tmp_path / "a.jsonl", streams.session())
    taken = tmp_path / "taken.gz"
    taken.write_text("somebody's")
    assert "it exists" in refused(plain, taken)
    assert taken.read_text() == "somebody's"
    assert "No such file" in refused(plain, tmp_path / "no" / "where.gz")

    def full(*_arguments: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(packing.shutil, "copyfileobj", full)
    assert "No space left on device" in refused(plain, tmp_path / "a.jsonl.gz")
    assert not (tmp_path / "a.jsonl.gz").exists()


def test_what_is_not_read_back_is_not_trusted(tmp_path, monkeypatch):
    """A card that takes the bytes and gives others back."""
    plain = streams.write(tmp_path / "a.jsonl", streams.session())
    sums = iter([(1, 1), (1, 2)])
    monkeypatch.setattr(packing, "_sum", lambda _file: next(sums))
    assert "not what is read back" in refused(plain, tmp_path / "a.jsonl.gz")


# -- the recorder of a session


def recorder(path: Path, said: list[str]) -> SessionRecorder:
    return SessionRecorder(lambda: path, ("run",), said.append, dict)


def record(into: SessionRecorder) -> None:
    session = streams.session()
    board = next(event for event in session if isinstance(event, ev.Board))
    into.begin(board, {})
    for event in session:
        into.take(event, ev.encode(event))


def test_lines_go_to_a_plain_file_until_the_run_is_over(tmp_path):
    said: list[str] = []
    made = recorder(tmp_path / "a.jsonl.gz", said)
    record(made)
    assert made.path == tmp_path / "a.jsonl"
    assert reader.read_header(tmp_path / "a.jsonl").command == ("run",)
    assert made.finish() is None
    assert made.path == tmp_path / "a.jsonl.gz"
    assert made.size == made.path.stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl.gz"]
    state, damage = load(made.path)
    assert not damage
    assert state.status == "done"
    assert said == []


def test_a_recording_that_cannot_be_packed_is_kept_plain(tmp_path):
    made = recorder(tmp_path / "a.jsonl.gz", [])
    record(made)
    (tmp_path / "a.jsonl.gz").write_text("somebody was faster")
    problem = made.finish()
    assert problem is not None
    assert problem.endswith(f"the recording stays {tmp_path}/a.jsonl")
    assert made.path == tmp_path / "a.jsonl"
    assert load(made.path)[0].status == "done"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl"])
def test_neither_name_is_written_over(tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(RuntimeError, match=f"{name} exists"):
        record(recorder(tmp_path / "a.jsonl.gz", []))
    assert (tmp_path / name).read_text() == "precious"


def test_a_run_that_never_began_leaves_no_file(tmp_path):
    made = recorder(tmp_path / "a.jsonl.gz", [])
    made.begin(streams.board(), {})
    assert made.finish() is None
    assert list(tmp_path.iterdir()) == []
