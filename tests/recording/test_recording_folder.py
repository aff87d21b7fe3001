"""The default place and its file names."""

from __future__ import annotations

import os

import pytest

from jetbench.recording import folder
from jetbench.recording.format import RecordingError


def test_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert folder.default_folder() == tmp_path / "jetbench-tui" / "recordings"
    path = folder.new_path(host="orin", wall_s=0)
    assert path == tmp_path / "jetbench-tui" / "recordings" / "session-19700101T000000Z-orin.jsonl"
    assert path.parent.is_dir()


def test_names_are_unique(tmp_path):
    found = []
    for _ in range(4):
        path = folder.new_path(tmp_path, host="h", wall_s=0)
        path.touch()
        found.append(path.name)
    assert found[0] == "session-19700101T000000Z-h.jsonl"
    assert found[3] == "session-19700101T000000Z-h-4.jsonl"


@pytest.mark.parametrize(
    ("host", "safe"),
    [
        ("orin.local", "orin"),
        ("../../etc", "host"),
        ("a/b\n", "a-b"),
        ("", "host"),
        ("ü" * 9, "host"),
        ("x" * 99, "x" * 40),
    ],
)
def test_hosts(host, safe):
    assert folder.safe_host(host) == safe


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RecordingError, match=r"no folder for recordings.*name a file with -o"):
        folder.new_path(tmp_path / "file" / "x")


def test_listing_newest_first(tmp_path):
    for number, name in enumerate(("a.jsonl", "b.jsonl", "c.txt", "d.jsonl.gz")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (number, number))
    assert [path.name for path in folder.recordings(tmp_path)] == ["d.jsonl.gz", "b.jsonl", "a.jsonl"]
    assert folder.recordings(tmp_path / "none") == []
