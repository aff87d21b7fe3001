"""Sensors that fail in mid-run: each fault at each source, devices that are renumbered, reads that take long."""

import errno
import os
import shutil
import time
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seen import Clock, Seen
from trees import agx_xavier, battery, domain, pc, pi, thor, throttle_files, tx2

from board_tree import NAMES, lay_out, manifest, write
from jetbench_agent.sensors import Poller, files, open_board, sensor_board
from jetbench_agent.sensors.files import MEANINGS

BOARDS = {name: manifest(name) for name in NAMES if name != "bare-container"}
BOARDS.update(
    thor=thor(),
    agx_xavier=agx_xavier(),
    tx2=tx2(),
    pi4=pi(),
    laptop=pc({**battery(power_now=9000000), **throttle_files(0, 1, 2)}),
    server=pc({**domain("0", "package-0"), **domain("0:0", "dram"), **domain("1", "package-1")}),
)
ERRORS = {
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EAGAIN: "gated",
    errno.EIO: "read_error",
    errno.ENODATA: "read_error",
    errno.ENODEV: "read_error",
    errno.ETIMEDOUT: "read_error",
}


class Faults:
    """Reads of the paths in ``broken`` fail with their errno, as a driver's do; opening works."""

    def __init__(self, monkeypatch):
        self.broken, self.fds = {}, {}
        real_open, real_pread, real_close = os.open, os.pread, os.close

        def opened(path, flags, *rest, **more):
            fd = real_open(path, flags, *rest, **more)
            self.fds[fd] = str(path)
            return fd

        def pread(fd, size, offset):
            code = self.broken.get(self.fds.get(fd))
            if code:
                raise OSError(code, "injected")
            return real_pread(fd, size, offset)

        def close(fd):
            self.fds.pop(fd, None)
            real_close(fd)

        for name, function in (("open", opened), ("pread", pread), ("close", close)):
            monkeypatch.setattr(files.os, name, function)


@pytest.fixture(scope="module", params=sorted(BOARDS))
def tree(request, tmp_path_factory):
    board = BOARDS[request.param]
    return board, lay_out(board, tmp_path_factory.mktemp(request.param))


def look(seen, clock):
    """A tick a second later, whatever happened: integers, and a known reason for each one that is missing."""
    clock.now += 10**9
    seen.look(fresh=True)
    assert all(value is None or type(value) is int for value in seen.raw.values())
    assert set(seen.why.values()) <= set(MEANINGS)
    missing = {ident for ident, value in seen.raw.items() if value is None}
    assert missing == set(seen.why) | {column["id"] for column in seen.channels if "reason" in column}
    assert seen.board.throttle()[0] in (True, False, None)
    return dict(seen.raw), dict(seen.why)


def steady(raw):
    """Readings that do not depend on the ones before."""
    counted = {ident.split(".", 1)[1] for ident in raw if ident.startswith("energy.")}
    dropped = {f"{kind}.{name}" for name in counted for kind in ("energy", "power")} | {"load.cpu", "fan.rpm"}
    return {ident: raw[ident] for ident in raw if ident not in dropped | ({"power.total"} if counted else set())}


def kept(board):
    return sorted(file.path for file in board._root._kept if os.path.exists(file.path))  # noqa: PTH110


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_fault_at_any_source_and_its_end(tree, data):
    _, folder = tree
    clock = Clock()
    with pytest.MonkeyPatch.context() as patched, closing(open_board(str(folder), clock)) as board:
        faults, seen = Faults(patched), Seen(board)
        for file in board._root._kept:
            file.close()  # so that they are opened again where it is seen which they are
        before = look(seen, clock)
        paths = data.draw(st.lists(st.sampled_from(kept(board)), min_size=1, max_size=5, unique=True))
        faults.broken = {path: data.draw(st.sampled_from(sorted(ERRORS))) for path in paths}
        for _ in range(data.draw(st.integers(1, 8))):
            during, _ = look(seen, clock)
        faults.broken = {}
        for _ in range(20):
            after = look(seen, clock)
        assert steady(after[0]) == steady(before[0])
        assert set(during) == set(before[0])


@pytest.mark.parametrize(("code", "reason"), sorted(ERRORS.items()))
def test_a_fault_costs_its_own_columns(tmp_path, monkeypatch, code, reason):
    clock = Clock()
    with closing(open_board(str(lay_out(BOARDS["agx-orin"], tmp_path)), clock)) as board:
        faults, seen = Faults(monkeypatch), Seen(board)
        for file in board._root._kept:
            file.close()
        before, _ = look(seen, clock)
        rails = [path for path in kept(board) if "hwmon3" in path and path.endswith("_input")]
        faults.broken = dict.fromkeys(rails, code)
        during, why = look(seen, clock)
        lost = {ident for ident in during if during[ident] != before[ident]} - {"load.cpu"}
        assert {ident.split(".", 1)[1] for ident in lost} == {"total", "VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}
        assert {why[ident] for ident in lost} == {reason}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_folder_that_vanishes_and_returns(tree, data, tmp_path_factory):
    _, folder = tree
    clock = Clock()
    with closing(open_board(str(folder), clock)) as board:
        seen = Seen(board)
        before = look(seen, clock)
        place = os.path.dirname(os.path.realpath(data.draw(st.sampled_from(kept(board)))))  # noqa: PTH120
        away = tmp_path_factory.mktemp("away") / "folder"
        copy = tmp_path_factory.mktemp("copy") / "folder"
        shutil.copytree(place, copy, symlinks=True)
        shutil.move(place, away)
        for _ in range(data.draw(st.integers(1, 6))):
            look(seen, clock)
        shutil.move(copy, place)
        for file in board._root._kept:
            file.close()  # what was open is of the old device: ENODEV in a real sysfs
        for _ in range(60):
            after = look(seen, clock)
        assert steady(after[0]) == steady(before[0])


# -- renumbered ------------------------------------------------------------------------------------------------------

CHIP = "sys/devices/platform/bus@0/c240000.i2c/i2c-1/1-0040/hwmon/hwmon"


def renumber(folder, old, new):
    """As after a rebind of the driver: the old descriptors are dead, the device has another number."""
    (folder / (CHIP + str(old))).rename(folder / (CHIP + str(new)))
    (folder / f"sys/class/hwmon/hwmon{old}").unlink()
    (folder / f"sys/class/hwmon/hwmon{new}").symlink_to(folder / (CHIP + str(new)))


def dead(board, part):
    for file in board._root._kept:
        if part in file.path:
            file.close()


def test_a_monitor_with_a_new_number_is_found_and_stays_in_its_columns(tmp_path):
    lay_out(manifest("orin-nano"), tmp_path)
    with closing(open_board(str(tmp_path), Clock())) as board:
        seen = Seen(board)
        before = dict(seen.raw)
        renumber(tmp_path, 1, 9)
        dead(board, "hwmon1/")
        assert seen.look().why["power.total"] == "read_error"
        for _ in range(3):
            seen.look()
        assert {ident: value for ident, value in seen.raw.items() if ident != "load.cpu"} == {
            ident: value for ident, value in before.items() if ident != "load.cpu"
        }
        assert board.take_logs() == ["ina3221: its devices were gone and have been found again"]
        assert board.take_logs() == []
        write(tmp_path, {CHIP + "9/curr1_input": "1000\n"})
        assert seen.look().value("power.total") == pytest.approx(5.016)


def test_another_chip_under_the_old_number_is_not_taken_for_it(tmp_path):
    lay_out(manifest("orin-nano"), tmp_path)
    with closing(open_board(str(tmp_path), Clock())) as board:
        seen = Seen(board)
        renumber(tmp_path, 1, 9)
        other = tmp_path / "sys/devices/other/hwmon/hwmon1"
        other.mkdir(parents=True)
        for name, text in {"name": "other", "in1_input": "12000", "curr1_input": "9000"}.items():
            (other / name).write_text(text + "\n")
        (tmp_path / "sys/class/hwmon/hwmon1").symlink_to(other)
        dead(board, "hwmon1/")
        totals = [seen.look().raw["power.total"] for _ in range(5)]
        assert totals[:2] == [None, None] and totals[-1] == 8943528
        assert 108000000 not in totals


def test_what_does_not_come_back_is_looked_for_ever_less_often(tmp_path, monkeypatch):
    lay_out(manifest("orin-nano"), tmp_path)
    with closing(open_board(str(tmp_path), Clock())) as board:
        seen = Seen(board)
        (tmp_path / "sys/class/hwmon/hwmon1").unlink()
        dead(board, "hwmon1/")
        looked = []
        real = sensor_board.ina3221.discover
        monkeypatch.setattr(sensor_board.ina3221, "discover", lambda root: looked.append(1) or real(root))
        for _ in range(100):
            seen.look()
        assert 3 <= len(looked) <= 6
        assert seen.why["power.VDD_IN"] == "read_error"
        descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        for _ in range(300):
            seen.look()
        assert len(os.listdir("/proc/self/fd")) == descriptors  # noqa: PTH208


# -- slow ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sluggish(monkeypatch):
    """Makes the memory source take ``seconds``, and counts its reads."""

    class Told:
        seconds, reads = 0.03, 0

    real = sensor_board.memory.Meminfo.read

    def read(self):
        Told.reads += 1
        time.sleep(Told.seconds)
        return real(self)

    monkeypatch.setattr(sensor_board.memory.Meminfo, "read", read)
    return Told


def test_a_source_that_takes_long_is_read_less_often_and_that_is_said(tmp_path, sluggish):
    lay_out(manifest("orin-nano"), tmp_path)
    with closing(open_board(str(tmp_path))) as board:
        seen = Seen(board)
        for _ in range(4):
            seen.look()
        logs = board.take_logs()
        assert len(logs) == 1 and logs[0].startswith("proc/meminfo takes") and "every 0." in logs[0]
        reads = sluggish.reads
        began = time.monotonic()
        for _ in range(100):
            seen.look()
        assert sluggish.reads - reads <= 2 + (time.monotonic() - began) / 0.2
        assert seen.raw["mem.available"] == 3901238
        assert board.take_logs() == []


def test_one_slow_read_changes_nothing(tmp_path, sluggish):
    lay_out(manifest("orin-nano"), tmp_path)
    sluggish.seconds = 0
    with closing(open_board(str(tmp_path))) as board:
        seen = Seen(board)
        sluggish.seconds = 0.03
        seen.look()
        sluggish.seconds = 0
        for _ in range(30):
            seen.look()
        assert board.take_logs() == []


def test_the_poller_passes_the_words_of_the_board_on():
    heard = []

    class Board:
        def read(self, fresh=False):
            return [], {}

        def throttle(self):
            return (False, [], [], None)

        def take_logs(self):
            return ["a source was slow"]

    poller = Poller(Board(), lambda *_: poller.stop(), lambda *_: None, heard.append)
    poller.run()
    assert heard == ["a source was slow"]


def test_a_pipe_where_a_reading_should_be_stalls_nothing(tmp_path):
    lay_out(manifest("orin-nano"), tmp_path)
    zone = tmp_path / "sys/devices/virtual/thermal/thermal_zone0/temp"
    zone.unlink()
    os.mkfifo(zone)
    began = time.monotonic()
    with closing(open_board(str(tmp_path))) as board:
        seen = Seen(board)
        assert seen.why["temp.cpu-thermal"] == "read_error"
        assert seen.raw["power.total"] == 8943528
    assert time.monotonic() - began < 5


# -- what it takes ---------------------------------------------------------------------------------------------------


def test_the_sampler_alone_is_small(tmp_path):
    """A process that only samples the board: under 20 MiB."""
    import subprocess
    import sys
    from pathlib import Path

    lay_out(manifest("orin-nano"), tmp_path)
    script = (
        "import sys\nfrom jetbench_agent.sensors import open_board, Poller\n"
        "board = open_board(sys.argv[1])\nboard.describe()\n"
        "poller = Poller(board, lambda *_: poller.ticks > 200 and poller.stop(), lambda *_: None, print, 0.002)\n"
        "poller.run()\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))\n"
    )
    env = dict(os.environ, PYTHONPATH=str(Path(sensor_board.__file__).parents[2]))
    command = [sys.executable, "-S", "-c", script, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    kib = int(answer.stdout.split()[-1])
    print(f"the sampler takes {kib / 1024:.1f} MiB")
    assert kib < 20 * 1024
