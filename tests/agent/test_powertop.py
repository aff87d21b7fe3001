"""powertop: its report's figures, where it may run, and a fake one that writes a report."""

import os
import tempfile
import time
from pathlib import Path

import pytest
from seen import Seen

from jetbench_agent.sensors import open_board, powertop
from jetbench_agent.sensors.extended import ExtendedBoard
from jetbench_agent.sensors.powertop import Powertop, unusable, watts_of
from outside import gone

REPORT = """____________________________________________________________________
P o w e r T O P;;
 *  *  *   Top 10 Power Consumers   *  *  *
Usage;Events/s;Category;Description;PW Estimate
 24.1%;  12.0;Process;[PID 7] python ; 1.93 W
____________________________________________________________________
The system baseline power is estimated at:  5.43  W;
"""


@pytest.mark.parametrize(
    "report, watts",
    [
        (REPORT, 5.43),
        ("The system baseline power is estimated at:  766 mW;\n", 0.766),
        ("The system baseline power is estimated at 24.3 W\nThe battery reports a discharge rate of: 15.2 W;\n", 15.2),
        ("The battery reports a discharge rate of:  998 mW;", 0.998),
        ("System baseline power is estimated at 12 \u00b5W", 12e-6),
        ("The system baseline power is estimated at: 99999999999 W", None),
        ("nothing of the kind; 12 W", None),
        ("The system baseline power is estimated at: .. W", None),
        ("", None),
    ],
)
def test_reports(report, watts):
    assert watts_of(report) == (pytest.approx(watts) if watts is not None else None)


def test_where_it_cannot_run(monkeypatch, tmp_path):
    assert "x86" in unusable("aarch64")
    assert "x86" in unusable(None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in unusable("x86_64")
    fake(tmp_path, "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "root" in unusable("x86_64")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert unusable("x86_64") is None


def fake(folder, script):
    path = folder / "powertop"
    path.write_text("#!/bin/sh\n" + script + "\n")
    path.chmod(0o755)


WRITES = 'sleep 0.05; for word; do case $word in --csv=*) cat "$0.csv" > "${word#--csv=}";; esac; done'


@pytest.fixture
def installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "powertop.csv").write_text(REPORT)
    return tmp_path


class Board:
    """With a total of its own, or without one."""

    def __init__(self, reason=None):
        self.reason = reason

    def describe(self):
        column = {"id": "power.total", "quantity": "power", "name": "total", "unit": "W", "scale": 1e-6}
        column.update({"reason": self.reason} if self.reason else {})
        power = {"method": None if self.reason else "rail:X", "scope": None, "reason": self.reason, "reason_text": None}
        return {"channels": [column], "facts": {}, "problems": [], "power": power}

    def read(self, fresh=False):
        return [None if self.reason else 1000000], {}

    def close(self):
        pass


def test_it_fills_in_where_nothing_measures_and_nowhere_else(installed):
    fake(installed, WRITES)
    source = Powertop(print, seconds=0).start()
    bare = Seen(ExtendedBoard(Board("no_sensor"), [source]))
    assert bare.told["power"]["method"] == "powertop (estimate)"
    assert "estimate" in bare.told["power"]["scope"]
    assert bare.value("power.total") == pytest.approx(5.43)
    measured = Seen(ExtendedBoard(Board(), [source]))
    assert measured.told["power"]["method"] == "rail:X"
    assert measured.value("power.total") == pytest.approx(1.0)
    source.close()


@pytest.mark.parametrize(
    "script, words",
    [
        ("echo 'cannot load from file' >&2; exit 1", "cannot load from file"),
        (WRITES.replace("cat", "true"), "names no power"),
    ],
)
def test_what_goes_wrong_is_said_once(installed, script, words):
    fake(installed, script)
    said = []
    source = Powertop(said.append, seconds=0).start()
    time.sleep(0.1)
    assert source.watts() == "read_error"
    assert len(said) == len(source.problems) == 1 and words in said[0]
    source.close()


def test_what_it_leaves_behind_is_ended_and_keeps_no_report_back(installed):
    fake(installed, 'sleep 1000 & echo $! >> "$0.child"\n' + WRITES)  # it is asked again and again
    source = Powertop(print, seconds=0).start()
    assert source.watts() == 5430000
    source.close()
    children = [int(child) for child in (installed / "powertop.child").read_text().split()]
    assert children
    gone(children)
    assert not list(Path(tempfile.gettempdir()).glob("jetbench-powertop-*/report.csv.said"))


def test_a_report_without_end_is_cut(installed):
    fake(installed, 'for word; do case $word in --csv=*) exec yes > "${word#--csv=}";; esac; done')
    said = []
    source = Powertop(said.append, seconds=0).start()
    assert source.watts() == "read_error"
    assert len(said) == 1
    source.close()


def test_it_is_not_touched_unless_asked_for(installed):
    fake(installed, 'touch "$0.ran"')
    board = open_board()
    board.read()
    board.close()
    assert not (installed / "powertop.ran").exists()


def test_on_another_machine_or_root_it_is_a_problem_of_the_board(tmp_path):
    seen = Seen(open_board(str(tmp_path), powertop=True))
    assert any("not of the one under --root" in problem for problem in seen.told["problems"])
    assert powertop.METHOD not in str(seen.told["power"])
