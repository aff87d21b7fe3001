"""A packed board reads as the board itself; an archive from a stranger stays inside its folder."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

import board_tree
from jetbench.link import board_pack
from jetbench_agent.sensors import pack
from outside import jetbench


@pytest.mark.parametrize("board", board_tree.NAMES)
def test_a_packed_board_reads_the_same(tmp_path: Path, board: str) -> None:
    root = board_tree.lay_out(board_tree.manifest(board), tmp_path / "board")
    packed = tmp_path / "board.tar.gz"
    saved = jetbench("sensors", "--root", root, "--save", packed)
    assert saved.returncode == 0, saved.stderr
    first = json.loads(jetbench("sensors", "--root", root, "--json").stdout)
    again = jetbench("sensors", "--root", packed, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout) == first


def test_a_packed_board_is_called_by_the_archive_and_not_by_where_it_is_unpacked(tmp_path: Path) -> None:
    packed = archive(tmp_path / "pi.tar.gz", (tarfile.TarInfo("proc/device-tree/model"), b"Raspberry Pi 5\0"))
    said = jetbench("sensors", "--root", packed).stdout
    assert f"read from {packed}, not from this machine" in said
    assert "jetbench-board-" not in said


def test_no_serial_number_is_packed(tmp_path: Path) -> None:
    made = board_tree.manifest("nano-2gb")
    made["files"]["proc/cpuinfo"] += "Serial\t\t: 10000000abcdef01\n"
    root = board_tree.lay_out(made, tmp_path / "board")
    everything = json.dumps(list(pack.entries(str(root))))
    assert "jetson-nano-2gb" in everything
    assert "serial" not in everything.lower()
    assert "abcdef01" not in everything
    assert "1420000000001" not in everything


def archive(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as made:
        for member, data in members:
            member.size = len(data)
            made.addfile(member, io.BytesIO(data))
    return path


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member, b""


@pytest.mark.parametrize(
    "members",
    [
        [(tarfile.TarInfo("../evil"), b"x")],
        [(tarfile.TarInfo("/evil"), b"x")],
        [link("a", "/etc")],
        [link("a", "../../etc")],
        [link("a", "b"), link("b", "..")],
        [link("p/q/l", "../../x"), link("x", "p"), link("s", "p/q/l/../..")],
    ],
)
def test_nothing_leaves_the_folder(tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    with pytest.raises(board_pack.PackError):
        board_pack.lay_out(archive(tmp_path / "x.tar.gz", *members), folder)
    assert [path.name for path in tmp_path.rglob("*evil*")] == []


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE])
def test_devices_pipes_and_hard_links_are_refused(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("dev")
    member.type, member.devmajor, member.devminor, member.linkname = kind, 1, 3, "/etc/passwd"
    with pytest.raises(board_pack.PackError, match="no file, folder or symbolic link"):
        board_pack.lay_out(archive(tmp_path / "x.tar.gz", (member, b"")), tmp_path / "out")
    assert not (tmp_path / "out" / "dev").exists()


def test_a_loop_of_links_is_one_line(tmp_path: Path) -> None:
    members = link("a", "b"), link("b", "a"), (tarfile.TarInfo("a/name"), b"x")
    run = jetbench("sensors", "--root", archive(tmp_path / "x.tar.gz", *members))
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)


def test_a_header_that_is_a_bomb_is_not_read(tmp_path: Path) -> None:
    member = tarfile.TarInfo("x")
    member.pax_headers = {"comment": "A" * (65 << 20)}
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as made:
        made.addfile(member, io.BytesIO(b""))
    with pytest.raises(board_pack.PackError, match="larger"):
        board_pack.lay_out(tmp_path / "x.tar.gz", tmp_path / "out")


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "x.tar.gz", (tarfile.TarInfo("sys/zeros"), bytes((32 << 20) + 1)))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(board_pack.PackError, match="larger"):
        board_pack.lay_out(bomb, tmp_path / "out")
    assert not (tmp_path / "out" / "sys" / "zeros").exists()


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"hello")
    run = jetbench("sensors", "--root", tmp_path / "x.tar.gz")
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert "x.tar.gz" in run.stderr
