"""Runs on a simulated board and with an external meter, from outside: real agents, real passes, made-up sensors."""

from __future__ import annotations

import csv
import json
import os
import signal
from pathlib import Path

import msgspec
import pytest

from jetbench.domain import events as ev
from jetbench.session.snapshot import Snapshot
from jetbench.tui.draw import status
from jetbench.tui.glyphs import ASCII
from outside import USER_MODELS as MODELS
from outside import alive, events, gone, jetbench, spawn, wait_for

SLOW = f"{MODELS}:slow"
WARNING = "SIMULATED BOARD: power, temperature and clocks are made up"


@pytest.mark.torch
def test_a_run_on_a_simulated_nano(tmp_path: Path) -> None:
    recording, folder = tmp_path / "s.jsonl", tmp_path / "csv"
    run = jetbench("run", "--simulate", "nano:x60", "-m", SLOW, "-k", "60", "-o", recording, "--csv", folder, "--json")
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert document["board"]["model"].startswith("SIMULATED Jetson Nano")
    assert document["board"]["facts"]["simulated"] is True
    assert document["board"]["power"]["scope"].startswith("SIMULATED")
    assert document["warnings"][0] == WARNING
    assert document["warnings"].count(WARNING) == 1
    (case,) = document["cases"]
    assert case["throttled"] is True
    assert 6 < case["power_w"] < 13
    assert case["energy_j"] == pytest.approx(case["power_w"] * case["latency_s"]["mean"], rel=0.05)
    assert case["latency_s"]["p50"] == pytest.approx(0.1, rel=0.5), "passes are real: throttling does not touch them"
    table = jetbench("show", recording)
    assert table.stdout.splitlines()[0] == WARNING
    assert table.stdout.count(WARNING) == 1
    assert "SIMULATED Jetson Nano" in table.stdout
    with (folder / "cases.csv").open(newline="") as file:
        assert [row["board"][:21] for row in csv.DictReader(file)] == ["SIMULATED Jetson Nano"]
    with (folder / "telemetry.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["board"][:21] for row in rows} == {"SIMULATED Jetson Nano"}
    temperatures = [float(row["temp_CPU-therm_c"]) for row in rows]
    assert max(temperatures) > 90 > 60 > temperatures[0]


@pytest.mark.torch
def test_the_load_ends_with_the_case_even_when_its_child_is_killed(tmp_path: Path) -> None:
    recording = tmp_path / "k.jsonl"
    run = jetbench(
        "run", "--simulate", "orin", "-m", f"{MODELS}:killed", "-m", SLOW, "-k", "5", "-s", "16", "-o", recording
    )
    assert run.returncode == 1
    board = events(recording, "header")[0]["board"]
    place = [channel["id"] for channel in board["channels"]].index("load.cpu")
    ended = next(event["t"] for event in events(recording, "case_end"))
    begun = next(event["t"] for event in events(recording, "stage") if event["name"] == "first" and event["t"] > ended)
    between = [event["v"][place] for event in events(recording, "tel") if ended < event["t"] < begun]
    assert all(load < 200 for load in between)


@pytest.mark.torch
def test_a_run_with_a_command_as_its_meter(tmp_path: Path) -> None:
    recording, pid = tmp_path / "m.jsonl", tmp_path / "pid"
    meter = f"echo $$ > {pid}; while :; do echo 7.5; sleep 0.1; done"
    run = jetbench("run", "--power-cmd", meter, "-m", SLOW, "-s", "16", "-k", "10", "-o", recording, "--json")
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert document["board"]["power"]["method"] == "meter:cmd"
    assert "simulated" not in document["board"]["facts"]
    (case,) = document["cases"]
    assert case["power_w"] == pytest.approx(7.5)
    assert case["energy_j"] == pytest.approx(0.75, rel=0.1)
    gone([int(pid.read_text())])


@pytest.mark.torch
@pytest.mark.parametrize("victim", ["screen", "agent"])
def test_the_meters_command_outlives_nobody(tmp_path: Path, victim: str) -> None:
    recording, pid = tmp_path / "m.jsonl", tmp_path / "pid"
    meter = f"echo $$ > {pid}; while :; do echo 7.5; sleep 0.1; done"
    process = spawn("run", "--power-cmd", meter, "-m", SLOW, "-s", "16", "-k", "500", "-o", recording)
    wait_for(recording, '"k":"lat"')
    agent = events(recording, "header")[0]["board"]["agent"]["pid"]
    command = int(pid.read_text())
    assert alive(command)
    os.kill(process.pid if victim == "screen" else agent, signal.SIGKILL)
    process.wait(30)
    gone([agent, command])


def test_sensors_of_a_simulated_board() -> None:
    shown = jetbench("sensors", "--simulate", "nano-2gb")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("SIMULATED Jetson Nano 2GB")
    assert WARNING in shown.stdout
    assert "no_sensor: the board that is simulated" in shown.stdout
    document = json.loads(jetbench("--simulate", "pi5", "sensors", "--json").stdout)
    assert document["board"]["model"].startswith("SIMULATED Raspberry Pi 5")
    assert document["power"]["total_w"] > 2
    assert WARNING in document["problems"]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["run", "--simulate", "toaster"], ["toaster", "nano"]),
        (["sensors", "--simulate", "nano:60"], ["time scale", "nano:x20"]),
        (["--simulate", "nano", "sensors", "--root", "/"], ["exclude"]),
        (["sensors", "--simulate", "nano", "--power-cmd", "echo 1"], ["no meter"]),
        (["sensors", "--power-url", "http://x", "--power-cmd", "echo 1"], ["exclude"]),
        (["sensors", "--power-url", "file:///etc/passwd"], ["http://HOST"]),
        (["sensors", "--power-url", "http://plug/other"], ["http://HOST"]),
    ],
)
def test_wrong_options(arguments: list[str], words: list[str]) -> None:
    run = jetbench(*arguments)
    assert run.returncode == 2, run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in run.stderr


@pytest.mark.parametrize("width", [200, 80, 40, 30])
def test_the_status_line_says_it_at_every_width(width: int) -> None:
    board = ev.Board(model="SIMULATED Jetson Nano 4GB, passive in a closed case", facts={"simulated": True})
    real = msgspec.structs.replace(board, model="NVIDIA Jetson Nano Developer Kit", facts={})
    for shown, count in ((board, 1), (real, 0)):
        text = status.draw(Snapshot(status="running", board=shown), width, ASCII, "12:00").text
        assert text.count("SIMULATED") == count
