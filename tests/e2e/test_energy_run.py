"""--energy from outside: idle, the block, idle again; gross and net joules in table, JSON, CSV and recording."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from outside import USER_MODELS as MODELS
from outside import events, jetbench

pytestmark = pytest.mark.torch
SHORT = ("--energy", "--energy-time", "3s", "--idle-time", "3s")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated board, whose power at rest and at work is known to differ."""
    path = tmp_path_factory.mktemp("energy") / "e.jsonl"
    run = jetbench("run", "--simulate", "orin", "-m", f"{MODELS}:slow", "-s", "16", *SHORT, "-o", path)
    assert run.returncode == 0, run.stderr
    assert "W at rest" in run.stdout
    assert "the accuracy of the sensor is assumed" in run.stdout
    return path


def test_gross_and_net_each_with_its_uncertainty(recording: Path) -> None:
    document = json.loads(jetbench("show", recording, "--json").stdout)
    assert document["protocol"]["energy"] is True
    for case in document["cases"]:
        assert case["energy_from"] == "block"
        assert 0 < case["energy_net_j"] < case["energy_j"]
        assert 0 < case["energy_u_j"] < case["energy_j"]
        assert case["energy_net_u_j"] > 0
        assert 0 < case["idle_w"] < case["power_w"]
        assert case["items_per_j"] == pytest.approx(1 / case["energy_j"])
        assert case["edp_js"] == pytest.approx(case["energy_j"] * case["latency_s"]["p50"])
        assert case["latency_s"]["n"] == 10, "passes of the block are no part of the latency"
        assert case["flags"]["E"] >= 30


def test_the_block_is_long_enough_and_lies_between_rests(recording: Path) -> None:
    for case in (0,):
        stages = [e for e in events(recording, "stage") if e.get("c") == case and "ns" in e]
        order = [stage["name"] for stage in stages if stage["name"] in ("idle", "energy", "measure")]
        assert order == ["measure", "idle", "energy", "idle"]
        block = next(stage for stage in stages if stage["name"] == "energy")
        assert block["ns"] >= 3e9
    rules = {(e["c"], e["name"]): e for e in events(recording, "rule")}
    assert rules[0, "energy"]["passes"] >= 30


def test_csv_has_every_figure_of_it(recording: Path, tmp_path: Path) -> None:
    assert jetbench("export", recording, "-o", tmp_path / "out").returncode == 0
    with (tmp_path / "out" / "cases.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for column in ("energy_j", "energy_u_j", "energy_net_j", "energy_net_u_j", "idle_w", "items_per_j", "edp_js"):
            assert float(row[column]) > 0
    with (tmp_path / "out" / "samples.csv").open(newline="") as file:
        assert sum(row["flags"].startswith("E") for row in csv.DictReader(file)) >= 30


def test_watts_and_battery_hours_at_a_rate(recording: Path) -> None:
    shown = jetbench("show", recording, "--rate", "1", "--battery", "50", "--json")
    for case in json.loads(shown.stdout)["cases"]:
        watts = case["idle_w"] + case["energy_net_j"]
        assert case["duty"]["power_w"] == pytest.approx(watts)
        assert case["duty"]["hours"] == pytest.approx(50 / watts)
    assert "h from 50 Wh" in jetbench("show", recording, "--rate", "1", "--battery", "50").stdout
    bad = jetbench("show", recording, "--battery", "50")
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)


def test_a_board_without_a_sensor_says_so_and_loses_no_time(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    run = jetbench("run", "--simulate", "nano-2gb", "-m", f"{MODELS}:honest", "-s", "16", *SHORT, "-o", path, "--json")
    case = json.loads(run.stdout)["cases"][0]
    assert (case["energy_j"], case["energy_net_j"], case["energy_reason"]) == (None, None, "no_sensor")
    assert [rule["outcome"] for rule in case["rules"] if rule["name"] == "energy"] == ["no_sensor"]
    assert not [stage for stage in events(path, "stage") if stage["name"] == "idle"]
