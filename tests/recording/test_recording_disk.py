"""A disk that refuses: the recording ends with a reason, what was written stays whole, the run goes on."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.recording import appender, disk, reader
from jetbench.recording.format import RecordingError, header
from jetbench.recording.writer import RecordingWriter
from jetbench.session.load import load
from outside import USER_MODELS as MODELS
from outside import jetbench


@pytest.fixture
def small_disk(tmp_path):
    """64 KiB of tmpfs; skips where nothing can be mounted."""
    where = tmp_path / "disk"
    where.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(where)], capture_output=True)
    if made.returncode:
        pytest.skip("a file system cannot be mounted here")
    yield where
    subprocess.run(["umount", "-l", str(where)], check=True)


def until(condition, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


def test_full_disk(small_disk):
    said: list[str] = []
    path = small_disk / "a.jsonl"
    writer = RecordingWriter(path, header(board=streams.board()), on_end=said.append)
    for event in streams.session(passes=3000):
        writer.event(event)
    assert until(lambda: said)
    writer.event(ev.Log(text="the run goes on"))
    writer.close()
    assert writer.ended == "No space left on device"
    assert said == [writer.ended]
    damage = reader.Damage()
    assert sum(1 for _ in reader.events(path, damage)) > 10
    assert not damage  # no torn line either
    assert path.read_bytes().endswith(b"\n")


def test_disk_full_before_the_run_starts(small_disk):
    (small_disk / "ballast").write_bytes(b"x" * 65_536)
    with pytest.raises(RecordingError, match="cannot be written: No space left on device"):
        RecordingWriter(small_disk / "a.jsonl", header(board=streams.board()))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EIO, errno.ESTALE, errno.EDQUOT])
def test_whatever_else_a_write_says(tmp_path, monkeypatch, number):
    """A card remounted read-only, a disk that fails, a server that is gone, a quota."""
    writer = RecordingWriter(tmp_path / "a.jsonl", header(board=None))

    def fail(_descriptor: int, _data: bytes) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(appender, "write_all", fail)
    writer.event(ev.Log(text="x"))
    writer.close()
    assert writer.ended == os.strerror(number)


def test_a_file_size_limit_is_a_full_disk(tmp_path):
    """No privileges needed: RLIMIT_FSIZE in a child."""
    code = """
import resource, sys
import streams
from jetbench.recording.format import header
from jetbench.recording.writer import RecordingWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
writer = RecordingWriter(sys.argv[1], header(board=streams.board()))
for event in streams.session(passes=3000):
    writer.event(event)
writer.close()
print(writer.ended)
"""
    path = tmp_path / "a.jsonl"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(streams.__file__).parent), *sys.path])}
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=environment)
    assert ran.stdout.strip() == "File too large", ran.stderr
    damage = reader.Damage()
    assert list(reader.events(path, damage))
    assert not damage


def test_a_deleted_file_is_noticed(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None), interval_s=0.01)
    path.unlink()
    writer.event(ev.Log(text="x"))
    time.sleep(0.03)
    writer.event(ev.Log(text="y"))
    assert until(lambda: writer.ended)
    writer.close()
    assert writer.ended == "the file was deleted"


def test_a_deleted_file_is_noticed_at_the_end_at_the_latest(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None))
    writer.event(ev.Log(text="x"))
    path.unlink()
    writer.close()
    assert writer.ended == "the file was deleted"


def test_a_failing_sync_ends_the_recording(tmp_path, monkeypatch):
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(disk, "_fdatasync", fail)
    said: list[str] = []
    writer = RecordingWriter(tmp_path / "a.jsonl", header(board=None), on_end=said.append)
    writer.event(ev.Log(text="x"))
    writer.close()
    assert said == ["Input/output error"]


def test_lines_do_not_wait_for_a_slow_sync(tmp_path, monkeypatch):
    """An SD card takes seconds for fdatasync: what comes meanwhile is on its way at once all the same."""
    hold = threading.Event()
    monkeypatch.setattr(disk, "_fdatasync", lambda _descriptor: hold.wait(5))
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=None), interval_s=0.0)
    writer.event(ev.Log(text="first"))
    time.sleep(0.05)
    writer.event(ev.Log(text="second"))
    assert until(lambda: b"second" in path.read_bytes(), 1.0)
    hold.set()
    writer.close()


def test_a_disk_that_hangs_never_holds_up_the_run(tmp_path, monkeypatch):
    hold = threading.Event()
    real = appender.write_all
    calls = []

    def hang(descriptor: int, data: bytes) -> None:
        calls.append(data)
        if len(calls) > 1:
            hold.wait(10)
        real(descriptor, data)

    monkeypatch.setattr(appender, "write_all", hang)
    monkeypatch.setattr(appender, "MAX_WAITING", 100)
    said: list[str] = []
    writer = RecordingWriter(tmp_path / "a.jsonl", header(board=None), on_end=said.append)
    begin = time.monotonic()
    for number in range(1000):
        writer.event(ev.Log(n=number))
    assert time.monotonic() - begin < 2
    assert said == ["the disk takes nothing more"]
    hold.set()
    writer.close()
    damage = reader.Damage()
    list(reader.events(tmp_path / "a.jsonl", damage))
    assert not damage


def test_fdatasync_is_called_now_and_then_and_at_the_end(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(disk, "_fdatasync", calls.append)
    writer = RecordingWriter(tmp_path / "a.jsonl", header(board=None), interval_s=0.02)
    for _ in range(10):
        writer.event(ev.Log(text="x"))
        time.sleep(0.01)
    assert until(lambda: len(calls) >= 2)
    before = len(calls)
    writer.close()
    assert len(calls) > before


def test_a_folder_that_is_unmounted_under_the_recording(small_disk):
    """The descriptor still takes bytes, and nobody would ever see them."""
    said: list[str] = []
    writer = RecordingWriter(small_disk / "a.jsonl", header(board=None), interval_s=0.01, on_end=said.append)
    writer.event(ev.Log(text="x"))
    subprocess.run(["umount", "-l", str(small_disk)], check=True)
    time.sleep(0.03)
    writer.event(ev.Log(text="y"))
    assert until(lambda: said)
    writer.close()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(small_disk)], check=True)  # for the fixture to take away
    assert said == ["its folder is gone: moved away or unmounted"]


def test_a_folder_that_is_deleted_with_all_that_is_in_it(tmp_path):
    folder = tmp_path / "recordings"
    folder.mkdir()
    writer = RecordingWriter(folder / "a.jsonl", header(board=None), interval_s=0.01)
    writer.event(ev.Log(text="x"))
    shutil.rmtree(folder)
    time.sleep(0.03)
    writer.event(ev.Log(text="y"))
    assert until(lambda: writer.ended)
    writer.close()
    assert writer.ended == "the file was deleted"


def test_a_file_that_is_renamed_goes_on_under_its_new_name(tmp_path):
    """Nothing is lost by that, so nothing ends."""
    writer = RecordingWriter(tmp_path / "a.jsonl", header(board=None), interval_s=0.01)
    writer.event(ev.Log(text="x"))
    (tmp_path / "a.jsonl").rename(tmp_path / "b.jsonl")
    time.sleep(0.03)
    writer.event(ev.Log(text="y"))
    writer.close()
    assert writer.ended is None
    logs = [event.text for _, event in reader.events(tmp_path / "b.jsonl") if isinstance(event, ev.Log)]
    assert logs == ["x", "y"]


@pytest.fixture
def small_card(tmp_path):
    """8 MiB of ext4, and the file that makes the kernel find an error on it; skips where root may not."""
    image, where = tmp_path / "card.img", tmp_path / "card"
    where.mkdir()
    with image.open("wb") as file:
        file.truncate(8 << 20)
    commands = (["mkfs.ext4", "-q", image], ["mount", "-o", "loop,errors=remount-ro", image, where])
    for command in commands:
        if shutil.which(command[0]) is None or subprocess.run(list(map(str, command)), capture_output=True).returncode:
            pytest.skip("no ext4 on a loop device can be mounted here")
    device = next(line.split()[0] for line in Path("/proc/mounts").read_text().splitlines() if str(where) in line)
    yield where, Path("/sys/fs/ext4") / Path(device).name / "trigger_fs_error"
    subprocess.run(["umount", "-l", str(where)], check=True)


def test_a_card_that_the_kernel_makes_read_only(small_card):
    """What it does when it finds an error: files that are open take nothing more."""
    where, broken = small_card
    if not broken.exists():
        pytest.skip("this kernel finds no error when it is told to")
    path = where / "a.jsonl"
    writer = RecordingWriter(path, header(board=None))
    writer.event(ev.Log(text="x"))
    assert until(lambda: b'"x"' in path.read_bytes())
    broken.write_text("1")
    writer.event(ev.Log(text="y"))
    assert until(lambda: writer.ended)
    writer.close()
    assert writer.ended in (os.strerror(errno.EROFS), os.strerror(errno.EIO))
    damage = reader.Damage()
    assert len(list(reader.events(path, damage))) >= 2
    assert not damage.lines


# -- the whole program


@pytest.mark.torch
def test_a_run_on_a_disk_that_fills_up_goes_on_to_its_end(small_disk):
    (small_disk / "ballast").write_bytes(b"x" * 40_960)
    recording = small_disk / "a.jsonl"
    run = jetbench("run", "-m", f"{MODELS}:honest", "-s", "16", "-k", "30000", "-o", recording, "--json")
    assert run.returncode == 0, run.stderr
    assert "the recording ended early: No space left on device" in run.stderr
    document = json.loads(run.stdout)
    assert document["cases"][0]["latency_s"]["n"] == 30_000
    held = load(recording)[0]
    assert held.status == "interrupted"
    assert 0 < held.records[0].passes < 30_000


@pytest.mark.torch
def test_without_a_place_for_recordings_it_measures_all_the_same(tmp_path, monkeypatch):
    """The default folder, which nobody named; one that was named is an error before the run."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    run = jetbench("run", "-m", f"{MODELS}:honest", "-s", "16", "--json")
    assert run.returncode == 0, run.stderr
    assert "the recording ended early: no folder for recordings" in run.stderr
    assert json.loads(run.stdout)["cases"][0]["latency_s"]["n"] == 10
    named = jetbench("run", "-m", f"{MODELS}:honest", "-o", tmp_path / "file" / "a.jsonl")
    assert named.returncode == 2
    assert "cannot be written: Not a directory" in named.stderr
