"""jtop in a process of its own, with a fake jtop package: shapes as jetson-stats gives them, and its failures."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from seen import Seen

from board_tree import lay_out, manifest
from jetbench_agent import sensors
from jetbench_agent.sensors import jtop_client, sensor_board
from jetbench_agent.sensors.extended import ExtendedBoard
from jetbench_agent.sensors.files import Root
from jetbench_agent.sensors.jtop_client import Jtop, folded, interpreters

# A client of the same shape as jtop's: a context manager with ok() and properties, no time stamps but ``uptime``.
FAKE = """
import datetime, os, subprocess, time
print("a library that prints")
class JtopException(Exception):
    pass
class Mode:
    id, models = 0, ["MAXN"]
    @property
    def name(self):
        return open(os.environ["FAKE_MODE"]).read().strip() if "FAKE_MODE" in os.environ else "MAXN"
class Clocks:
    status = "running"
    def __bool__(self):
        return True
class jtop:
    nvpmodel, jetson_clocks = Mode(), Clocks()
    memory = {"RAM": {"tot": 1}, "EMC": {"online": True, "val": 12, "cur": 2133000, "max": 3199000, "min": 204000}}
    engine = {"APE": {"APE": {"online": True, "cur": 200000, "min": 1, "max": 2}},
              "NVENC": {"NVENC": {"online": False, "cur": 0}}}
    fan = {"pwmfan": {"speed": [30.0], "rpm": [1500], "profile": "quiet", "governor": "cont", "control": "close_loop"}}
    def __init__(self, interval=0.5):
        assert interval == 1.0
        self.ticks = 0
    def __enter__(self):
        problem = os.environ.get("FAKE_PROBLEM")
        if problem:
            raise JtopException(problem)
        return self
    def __exit__(self, *_):
        pass
    def ok(self, spin=False):
        time.sleep(float(os.environ.get("FAKE_INTERVAL", "0.1")))
        self.ticks += 1
        if self.ticks > int(os.environ.get("FAKE_TICKS", "1000000")):
            raise JtopException("Lost connection with jtop server")
        return True
    @property
    def uptime(self):
        return datetime.timedelta(seconds=self.ticks if "FAKE_STUCK" not in os.environ else 1)
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A jtop package on the helper's path, and only there."""
    (tmp_path / "site" / "jtop").mkdir(parents=True)
    (tmp_path / "site" / "jtop" / "__init__.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    return tmp_path


@contextlib.contextmanager
def started(*pythons):
    said = []
    helper = Jtop(pythons or [sys.executable], said.append)
    helper.said = said
    try:
        yield helper.settle()
    finally:
        helper.close()


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come about")


def test_what_jtop_tells(fake):
    with started() as helper:
        assert helper.problems == []
        names = [column["id"] for column in helper.channels]
        assert names == ["clock.emc", "load.emc", "clock.engine.APE", "clock.engine.NVENC", "state.jetson_clocks"]
        assert helper.read() == [2133000, 120, 200000, "gated", 1]
        assert helper.facts["jtop"] == {
            "nvpmodel": "MAXN",
            "jetson_clocks": True,
            "fan": {"pwmfan": "quiet"},
            "python": sys.executable,
        }
        process = helper._process
    assert process.poll() is not None, "it ends with the board"
    assert "jtop" not in sys.modules


def test_columns_are_added_to_the_boards_and_keep_their_names_apart(fake, tmp_path):
    board = sensor_board.SensorBoard(Root(str(lay_out(manifest("orin-nano"), tmp_path / "board"))))
    own = board.describe()["channels"]
    with started() as helper:
        seen = Seen(ExtendedBoard(board, [helper]))
        assert seen.told["channels"][: len(own)] == own
        identifiers = [column["id"] for column in seen.channels]
        assert len(set(identifiers)) == len(identifiers)
        emc = next(c["id"] for c in seen.channels if c.get("source") == "jtop" and c["quantity"] == "load")
        assert seen.value(emc) == pytest.approx(12.0)
        assert seen.why["clock.engine.NVENC"] == "gated"
        assert seen.told["facts"]["jtop"]["nvpmodel"] == "MAXN"
        assert seen.told["power"] == board.describe()["power"]


@pytest.mark.parametrize(
    "message, words",
    [
        ("The jtop.service is not active. Please run:\nsudo jtop --install-service", "systemctl restart jtop"),
        ("I can't access jtop.service.\nPlease logout or reboot this board.", "usermod -aG jtop"),
        ("Mismatch version jtop service: [4.2.0] and client: [7.2.2]. Please run:\n\nsudo ...", "--jtop-python"),
        ("Mismatch of Python versions between library and service", "--jtop-python"),
        ("\x1b[31msomething\nelse", "[31msomething else"),
    ],
)
def test_failures_are_one_line_with_what_to_do(fake, monkeypatch, message, words):
    monkeypatch.setenv("FAKE_PROBLEM", message)
    with started() as helper:
        assert len(helper.problems) == 1
        assert words in helper.problems[0]
        assert not {"\n", "\x1b"} & set(helper.problems[0])
        assert (helper.channels, helper.read(), helper.facts) == ([], [], {})


def test_interpreters_without_jtop_are_passed_over(fake, monkeypatch, tmp_path):
    without = tmp_path / "without"
    without.write_text(f'#!/bin/sh\nunset PYTHONPATH\nexec {sys.executable} "$@"\n')
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    for path in (without, broken):
        path.chmod(0o755)
    with started("/no/such/python", str(broken), str(without), sys.executable) as helper:
        assert helper.facts["jtop"]["python"] == sys.executable
    with started("/no/such/python", str(without)) as helper:
        assert "is not installed in /no/such/python" in helper.problems[0]
        assert "--jtop-python" in helper.problems[0]


def test_where_one_interpreters_jtop_does_not_fit_the_next_is_tried(fake, tmp_path):
    old = tmp_path / "old"
    old.write_text(f'#!/bin/sh\nexport FAKE_PROBLEM="Mismatch version jtop service: x"\nexec {sys.executable} "$@"\n')
    old.chmod(0o755)
    with started(str(old), sys.executable) as helper:
        assert (helper.problems, helper.facts["jtop"]["python"]) == ([], sys.executable)
    with started(str(old), "/no/such/python") as helper:
        assert len(helper.problems) == 1 and "--jtop-python" in helper.problems[0]


def test_an_interpreter_that_hangs_is_given_up(monkeypatch, tmp_path):
    hanging = tmp_path / "hanging"
    hanging.write_text("#!/bin/sh\nexec sleep 1000\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(jtop_client, "FOUND_S", 0.3)
    with started(str(hanging)) as helper:
        assert "is not installed" in helper.problems[0]


def test_repeats_by_uptime_are_dropped_and_the_rate_is_one_a_second(fake, monkeypatch):
    source = Path(jtop_client.__file__).with_name("jtop_helper.py").read_text()

    def lines(seconds):
        with contextlib.suppress(subprocess.TimeoutExpired):
            helper = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, cwd="/")
            try:
                helper.wait(seconds)
            finally:
                helper.kill()
                out = helper.stdout.read()
                helper.stdout.close()
                helper.wait()
        return [line for line in out.splitlines() if b"sample" in line]

    monkeypatch.setenv("FAKE_INTERVAL", "0.05")
    assert 2 <= len(lines(2.5)) <= 3
    monkeypatch.setenv("FAKE_STUCK", "1")
    assert len(lines(2.5)) == 1


def test_a_service_that_goes_away_is_a_gap_and_a_line(fake, monkeypatch):
    monkeypatch.setenv("FAKE_TICKS", "3")
    monkeypatch.setattr(jtop_client, "STALE_S", 0.5)
    with started() as helper:
        until(lambda: helper.said)
        assert "systemctl restart jtop" in helper.said[0]
        until(lambda: helper.read() == ["stale"] * 5)


def test_a_helper_that_is_killed_is_said(fake):
    with started() as helper:
        os.kill(helper._process.pid, signal.SIGKILL)
        until(lambda: helper.said)
        assert helper.said == ["jtop ended (status -9); --no-jtop leaves it out"]
        assert helper.read() == ["stale"] * 5, "at once, for nothing can follow"


def test_a_changed_power_mode_is_said(fake, monkeypatch):
    mode = fake / "mode"
    mode.write_text("MAXN")
    monkeypatch.setenv("FAKE_MODE", str(mode))
    with started() as helper:
        mode.write_text("15W")
        until(lambda: helper.said)
        assert helper.said == ["the power mode has changed: 15W, jetson_clocks on"]


def test_the_helper_ends_when_nobody_reads(fake, monkeypatch):
    source = Path(jtop_client.__file__).with_name("jtop_helper.py").read_text()
    helper = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE, cwd="/")
    helper.stdout.readline()
    helper.stdout.close()
    assert helper.wait(5) == 0


@pytest.mark.parametrize("value", [10**40, float("inf"), float("nan"), "fast", [1], None])
def test_figures_that_cannot_be(value):
    sample = {"emc": {"khz": value, "percent": value}, "engines": {"X": value}}
    keys, _ = jtop_client.columns(sample)
    assert {jtop_client.reading_of(sample, key) for key in keys} <= {"read_error", "gated"}


def test_order_of_interpreters():
    assert interpreters("/opt/venv/bin/python") == list(
        dict.fromkeys(["/opt/venv/bin/python", sys.executable, "/usr/bin/python3"])
    )
    assert None not in interpreters(None)


def test_the_rest_of_a_message_stays():
    assert folded("Error  connection\n") == "cannot be used: Error connection"


class Stand:
    """Where the board itself is read, a Jetson or not."""

    def __init__(self, kind):
        self.kind = kind

    def __call__(self, *_):
        return self

    def describe(self):
        return {"channels": [], "facts": {}, "problems": [], "power": {}, "kind": self.kind, "machine": "aarch64"}

    def read(self, fresh=False):
        return [], {}

    def close(self):
        pass


def test_only_a_jetson_is_asked_and_only_where_that_is_wanted(fake, monkeypatch, tmp_path):
    monkeypatch.setattr(sensors, "open_real", Stand("jetson"))
    with contextlib.closing(sensors.open_board(jtop=True)) as board:
        assert "clock.emc" in [column["id"] for column in board.describe()["channels"]]
    assert sensors.open_board().describe()["channels"] == []
    assert sensors.open_board(str(tmp_path), jtop=True).describe()["channels"] == [], "not of another root"
    monkeypatch.setattr(sensors, "open_real", Stand("rpi"))
    assert sensors.open_board(jtop=True).describe()["channels"] == []
