"""--power-rail: a rail that the user names becomes the total; nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import board_tree
from jetbench_agent import sensors
from outside import jetbench


def with_ina219(tmp_path: Path) -> Path:
    """A Nano 2GB with an INA219 in its supply, as the kernel's hwmon driver shows it."""
    made = board_tree.manifest("nano-2gb")
    chip = {"name": "ina219\n", "in1_input": "5024\n", "curr1_input": "1210\n", "power1_input": "6079040\n"}
    made["files"].update({f"sys/class/hwmon/hwmon7/{name}": text for name, text in chip.items()})
    return board_tree.lay_out(made, tmp_path / "board")


def label_of(root: Path) -> str:
    described = sensors.open_board(str(root)).describe()
    (label,) = (c["name"] for c in described["channels"] if c["quantity"] == "power" and c["id"] != "power.total")
    assert described["power"]["reason"] == "unresolved_rails", "a soldered monitor is no total by itself"
    return label


def test_the_named_rail_is_the_total(tmp_path: Path) -> None:
    root = with_ina219(tmp_path)
    label = label_of(root)
    run = jetbench("sensors", "--root", root, "--power-rail", label, "--json")
    assert run.returncode == 0, run.stderr
    power = json.loads(run.stdout)["power"]
    assert power["total_w"] == pytest.approx(6.07904)
    assert power["method"] == f"chosen:{label}"
    assert power["reason"] is None
    assert power["rails"][label]["w"] == pytest.approx(6.07904)


def test_it_follows_the_rail_and_its_reasons(tmp_path: Path) -> None:
    root = with_ina219(tmp_path)
    board = sensors.open_board(str(root), power_rail=label_of(root))
    place = [column["id"] for column in board.describe()["channels"]].index("power.total")
    assert board.read()[0][place] == 6079040
    board_tree.write(root, {"sys/class/hwmon/hwmon7/power1_input": "7000000"})
    assert board.read()[0][place] == 7000000
    board_tree.write(root, {"sys/class/hwmon/hwmon7/power1_input": "nonsense"})
    values, why = board.read()
    assert values[place] is None
    assert why["power.total"] == "read_error"
    board.close()


def test_an_unknown_rail_names_those_there_are(tmp_path: Path) -> None:
    root = board_tree.lay_out(board_tree.manifest("orin-nano"), tmp_path / "board")
    run = jetbench("sensors", "--root", root, "--power-rail", "VDD_NOPE")
    assert run.returncode == 2, run.stderr
    assert "VDD_NOPE" in run.stderr
    assert "VDD_SOC" in run.stderr


def test_meters_exclude_each_other() -> None:
    run = jetbench("sensors", "--power-rail", "X", "--power-cmd", "echo 1")
    assert run.returncode == 2
    assert "exclude" in run.stderr
