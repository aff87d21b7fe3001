"""Files that vanish, change into garbage or may not be read cost their own reading and nothing else."""

import errno
import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from board_tree import NAMES, lay_out, manifest, write
from jetbench_agent.sensors import files, open_board


def checked(board):
    values, why = board.read(fresh=True)
    channels = board.describe()["channels"]
    assert all(value is None or type(value) is int for value in values)
    assert all(type(reason) is str for reason in why.values())
    now, active, notices, _ = board.throttle()
    assert now in (True, False, None)
    assert type(active) is list and type(notices) is list
    return dict(zip((channel["id"] for channel in channels), values, strict=True)), why


@pytest.fixture(scope="module", params=[name for name in NAMES if name != "orin-nano-hot"])
def tree(request, tmp_path_factory):
    board = manifest(request.param)
    return board, lay_out(board, tmp_path_factory.mktemp(request.param))


garbage = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\n", b"-1", b"nan", b"9" * 64, b"9" * 5000, b"-256000", b"0x10", b" 12 kB", b"1e3", b"\0"]),
    st.integers(-(10**30), 10**30).map(lambda number: b"%d\n" % number),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_in_any_file(tree, data):
    board, folder = tree
    paths = data.draw(st.lists(st.sampled_from(sorted(board["files"])), min_size=1, max_size=4, unique=True))
    with closing(open_board(str(folder))) as running:
        before = checked(running)[0]
        write(folder, {path: data.draw(garbage) for path in paths})
        try:
            checked(running)
            with closing(open_board(str(folder))) as late:
                checked(late)
        finally:
            write(folder, {path: board["files"][path] for path in paths})
        checked(running)  # a throttle counter that comes back from a smaller number has risen, rightly, in this reading
        after = checked(running)[0]
    assert without_memory(after) == without_memory(before)


def without_memory(values):
    """What does not depend on the readings before."""
    counted = {"energy." + ident.split(".", 1)[1] for ident in values if ident.startswith("power.")} & set(values)
    drop = counted | {ident.replace("energy", "power") for ident in counted} | {"load.cpu", "fan.rpm"}
    drop |= {"power.total"} if counted else set()
    return {ident: value for ident, value in values.items() if ident not in drop}


# -- one file --------------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(monkeypatch):
    """Makes pread fail with an errno as often as asked."""
    real, left = os.pread, []

    def pread(fd, size, offset):
        if fd >= 0 and left:
            raise OSError(left.pop(), "injected")
        return real(fd, size, offset)

    monkeypatch.setattr(files.os, "pread", pread)
    return left


@pytest.fixture
def number(tmp_path):
    path = tmp_path / "temp"
    path.write_text("42\n")
    file = files.KeptFile(str(path))
    assert file.integer() == 42
    yield path, file
    file.close()


@pytest.mark.parametrize("code", [errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ESTALE])
def test_a_driver_that_was_bound_again_is_opened_again(number, failing, code):
    path, file = number
    path.unlink()
    path.write_text("43\n")  # another inode, as after a rebind
    assert file.integer() == 42
    failing.append(code)
    assert file.integer() == 43


def test_what_stays_away_is_tried_again_each_time(number, failing):
    path, file = number
    path.unlink()
    failing.append(errno.ENODEV)
    assert file.integer() == "read_error"
    assert file.integer() == "read_error"
    path.write_text("44\n")
    assert file.integer() == 44


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EAGAIN, "gated"),
        (errno.EACCES, "no_permission"),
        (errno.EPERM, "no_permission"),
        (errno.ENODATA, "read_error"),
        (errno.EIO, "read_error"),
    ],
)
def test_reasons(number, failing, code, reason):
    failing.append(code)
    assert number[1].integer() == reason
    assert number[1].integer() == 42


def test_no_descriptor_is_lost(tmp_path):
    lay_out(manifest("orin-nano"), tmp_path)
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir()))
    for _ in range(3):
        board = open_board(str(tmp_path))
        board.read()
        board.close()
    assert len(list(descriptors.iterdir())) == before


def test_a_pipe_in_the_place_of_a_file_does_not_block(tmp_path):
    os.mkfifo(str(tmp_path / "temp"))
    assert files.KeptFile(str(tmp_path / "temp")).integer() == "read_error"


# -- one board -------------------------------------------------------------------------------------------------------


def test_files_that_may_not_be_read_are_told(tmp_path, monkeypatch):
    real = os.open

    def denied(path, flags, *rest):  # a mode does not keep root out
        if str(path).endswith("curr1_input"):
            raise PermissionError(errno.EACCES, "injected", path)
        return real(path, flags, *rest)

    monkeypatch.setattr(files.os, "open", denied)
    board = open_board(str(lay_out(manifest("orin-nano"), tmp_path)))
    values, why = checked(board)
    assert why["power.total"] == why["power.VDD_IN"] == why["current.VDD_IN"] == "no_permission"
    assert values["voltage.VDD_IN"] == 5016
    assert any("no permission" in problem for problem in board.describe()["problems"])


VDD_IN = "sys/devices/platform/bus@0/c240000.i2c/i2c-1/1-0040/hwmon/hwmon1/"
NODE = "sys/devices/platform/bus@0/17000000.gpu/"


@pytest.mark.parametrize(
    ("path", "text", "ident"),
    [
        (VDD_IN + "curr1_input", "-1783", "power.total"),
        (VDD_IN + "curr1_input", "1000000000", "power.total"),
        (VDD_IN + "curr1_input", "4503599627370496", "current.VDD_IN"),
        (VDD_IN + "in1_input", "-5", "power.total"),
        (VDD_IN + "in1_input", "5016000", "voltage.VDD_IN"),
        (NODE + "load", "6100", "load.gpu"),
        (NODE + "load", "-1", "load.gpu"),
        (NODE + "devfreq/17000000.gpu/cur_freq", "-5", "clock.gpu"),
        (NODE + "devfreq/17000000.gpu/cur_freq", "102000000000000", "clock.gpu"),
        ("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq", "-1728000", "clock.cpu.policy0"),
    ],
)
def test_figures_that_cannot_be_are_no_readings(tmp_path, path, text, ident):
    with closing(open_board(str(lay_out(manifest("orin-nano"), tmp_path)))) as board:
        before = checked(board)[0][ident]
        write(tmp_path, {path: text})
        values, why = checked(board)
        assert (values[ident], why[ident]) == (None, "read_error") and before is not None
        write(tmp_path, {path: manifest("orin-nano")["files"][path]})
        assert checked(board)[0][ident] == before


def test_a_little_less_than_nothing_is_the_offset_of_the_monitor(tmp_path):
    with closing(open_board(str(lay_out(manifest("orin-nano"), tmp_path)))) as board:
        write(tmp_path, {VDD_IN + "curr3_input": "-16"})
        assert checked(board)[0]["power.VDD_SOC"] == -16 * 5008


def test_names_with_control_characters_are_not_there(tmp_path):
    lay_out(manifest("orin-nano"), tmp_path)
    folder = tmp_path / "sys/class/power_supply/BAT\x1b]0;x\x07"
    folder.mkdir(parents=True)
    for name, text in {"type": "Battery", "status": "Discharging", "power_now": "5000000"}.items():
        (folder / name).write_text(text)
    with closing(open_board(str(tmp_path))) as board:
        assert "\\u001b" not in json.dumps(board.describe())


def test_a_cooling_device_in_doubt_is_not_a_no(tmp_path):
    states = "sys/devices/virtual/thermal/cooling_device%d/cur_state"
    board = open_board(str(lay_out(manifest("orin-nano"), tmp_path)))
    write(tmp_path, {states % 1: "?"})
    assert checked(board)[0]["throttle.now"] is None
    assert board.throttle() == (None, [], [], "read_error: cpufreq-cpu0")
    write(tmp_path, {states % 3: "2"})
    assert checked(board)[0]["throttle.now"] == 1
    assert board.throttle() == (True, ["devfreq-17000000.gpu"], [], None)


def test_a_source_that_breaks_costs_its_own_columns(tmp_path, monkeypatch):
    from jetbench_agent.sensors import memory

    def broken(self):
        raise RuntimeError("a bug")

    monkeypatch.setattr(memory.Meminfo, "read", broken)
    values, why = checked(open_board(str(lay_out(manifest("orin-nano"), tmp_path))))
    assert why["mem.available"] == why["mem.swap_used"] == "read_error"
    assert values["power.total"] == 8943528


def test_a_kind_of_sensor_that_breaks_is_a_problem_told(tmp_path, monkeypatch):
    from jetbench_agent.sensors import thermal

    def broken(root):
        raise RuntimeError("a bug")

    monkeypatch.setattr(thermal, "discover", broken)
    board = open_board(str(lay_out(manifest("orin-nano"), tmp_path)))
    assert checked(board)[0]["power.total"] == 8943528
    assert board.describe()["problems"] == ["thermal: RuntimeError('a bug')"]


def test_this_machine():
    board = open_board("/")
    told = board.describe()
    assert told["machine"] == os.uname().machine and told["cpus"] >= 1 and "root" not in told
    values, _ = checked(board)
    assert values["mem.available"] > 0
    board.close()
