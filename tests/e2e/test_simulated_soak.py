"""A soak from outside: on simulated boards that throttle and one that does not, on this machine as it is, and cut."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from outside import USER_MODELS as MODELS
from outside import events, family, gone, jetbench, spawn, wait_for

pytestmark = pytest.mark.torch

# The pass from which on the model `tires` of tests/user_models.py is slower.
TIRED = 300


def written(tmp_path: Path, seconds: int, model: str = "slow") -> Path:
    plan = tmp_path / "plan.toml"
    plan.write_text(f'models = ["{MODELS}:{model}"]\nsizes = ["16"]\nk = 2\nsoak = "{seconds}s"\n')
    return plan


def soaked(tmp_path: Path, plan: Path, *more: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The case of the document, and its soak."""
    run = jetbench("run", plan, *more, "-o", tmp_path / "s.jsonl", "--json")
    assert run.returncode == 0, run.stderr
    (case,) = json.loads(run.stdout)["cases"]
    assert case["latency_s"]["n"] == 2, "the passes of a soak count for nothing else"
    assert case["soak"]["outcome"] == "time"
    assert case["soak"]["n"] == case["soak"]["passes"]
    return case, case["soak"]


def test_a_board_that_throttles_and_a_model_that_gets_slower(tmp_path: Path) -> None:
    """Two independent findings: sensors are simulated; the passes are real ones and really become slower."""
    case, soak = soaked(tmp_path, written(tmp_path, 11, "tires"), "--simulate", "nano:x30")
    assert case["throttled"] is False, "its figures were measured before it throttled"
    assert soak["onsets"][0]["signal"] == "state"
    assert 2 < soak["time_to_throttle_s"] < 9
    assert soak["temperature_c"]["highest"] >= 95 > soak["temperature_c"]["begin"]
    passes = [ns for event in events(tmp_path / "s.jsonl", "lat") if event.get("flags") == "L" for ns in event["d"]]
    assert soak["latency_onset_s"] == pytest.approx(sum(passes[:TIRED]) * 1e-9, rel=0.25)
    assert soak["retention"] == pytest.approx(soak["burst_s"]["p50"] / soak["sustained_s"]["p50"], rel=0.01)
    assert soak["retention"] < 0.9
    assert soak["throttled_s"]["n"] + soak["clean_s"]["n"] <= soak["n"]
    shown = jetbench("show", tmp_path / "s.jsonl")
    assert shown.returncode == 0, shown.stderr
    table = " ".join(shown.stdout.split())
    burst = re.search(r"tires soak: burst ([\d.]+)", table)
    assert burst, table
    assert float(burst[1]) == pytest.approx(soak["burst_s"]["p50"] * 1e3, rel=0.05)
    assert "by the state the board tells (cpu-throttle-alert, gpu-throttle-alert) (S)" in table
    assert "by the latencies alone it is slower after" in table
    assert "throttling are made up, its heat runs 30 times as fast; they do not slow these passes" in table


@pytest.mark.parametrize("board", ["nano-2gb:x100", "pi5:x100"])
def test_other_boards_that_throttle(board: str, tmp_path: Path) -> None:
    _, soak = soaked(tmp_path, written(tmp_path, 3), "--simulate", board)
    assert 0 < soak["time_to_throttle_s"] < 3


def test_a_board_that_does_not(tmp_path: Path) -> None:
    case, soak = soaked(tmp_path, written(tmp_path, 2), "--simulate", "orin:x20")
    assert case["throttled"] is False
    assert soak["onsets"] == [] and soak["time_to_throttle_s"] is None
    assert soak["reasons"]["time_to_throttle"] == "not_throttled"
    assert soak["throttled_s"] is None


def test_a_machine_without_sensors_says_what_it_cannot_tell(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    _, soak = soaked(tmp_path, written(tmp_path, 2), "--root", str(tmp_path / "bare"))
    assert soak["temperature_c"] is soak["predicted"] is soak["time_to_throttle_s"] is None
    assert soak["reasons"] == {
        "time_to_throttle": "no_sensor", "temperature": "no_sensor", "prediction": "no_sensor",
        "latency_onset": "too_few_passes",
    }  # fmt: skip
    assert soak["burst_s"]["n"] >= 1 and soak["sustained_s"]["n"] >= 3


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_one_that_is_cut_keeps_what_it_measured_and_says_so(sent: signal.Signals, tmp_path: Path) -> None:
    recording = tmp_path / "s.jsonl"
    process = spawn("run", written(tmp_path, 600), "-o", recording)
    wait_for(recording, '"flags":"L"')
    wait_for(recording, '"i":5,')
    pids = family(process.pid)
    os.kill(process.pid, sent)
    process.communicate(timeout=60)
    gone(pids)
    told = sum(len(event["d"]) for event in events(recording, "lat") if event.get("flags") == "L")
    (case,) = json.loads(jetbench("show", recording, "--json").stdout)["cases"]
    assert case["soak"]["n"] == told >= 5
    assert case["soak"]["burst_s"]["p50"] > 0.09
    assert case["soak"]["outcome"] == ("stopped" if sent == signal.SIGINT else None)
    said = case["soak"]["sentences"][-1]
    assert said == ("stopped by the user" if sent == signal.SIGINT else "cut before its end")
    assert case["status"] == "interrupted"
