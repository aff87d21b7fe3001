"""jetbench-tui run, from outside: real agents, real bench children, real files."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from outside import USER_MODELS as MODELS
from outside import events, family, gone, jetbench, spawn, wait_for

pytestmark = pytest.mark.torch
PARAMETERS = {
    "mobilenet_v2": 3_504_872,
    "mobilenet_v3_small": 2_542_856,
    "resnet18": 11_689_512,
    "squeezenet1_1": 1_235_496,
}


def test_default_plan_without_a_terminal(tmp_path: Path) -> None:
    """No terminal, no arguments: the lab's four models, a table, a recording that show reads back the same."""
    run = jetbench()
    assert run.returncode == 0, run.stderr
    for model in PARAMETERS:
        assert model in run.stdout
    recording = Path(next(line.split(None, 1)[1] for line in run.stdout.splitlines() if line.startswith("recording")))
    shown = jetbench("show", recording)
    assert shown.returncode == 0
    assert shown.stdout.strip() in run.stdout
    document = json.loads(jetbench("show", recording, "--json").stdout)
    assert {case["model"]: case["params"] for case in document["cases"]} == PARAMETERS
    for case in document["cases"]:
        assert case["latency_s"]["n"] == 10
        assert case["cold_start_s"]["first"] > 0
        assert case["macs"] > 50_000_000
    stages = events(recording, "stage")
    imports = [stage for stage in stages if stage["name"] == "import" and "ns" in stage]
    assert len(imports) == 1, "torch is imported once for all cases"
    cases = events(recording, "case")
    assert len(cases) == 4
    exported = jetbench("export", recording, "-f", "csv", "-o", tmp_path / "out")
    assert exported.returncode == 0, exported.stderr
    with (tmp_path / "out" / "samples.csv").open(newline="") as file:
        samples = list(csv.DictReader(file))
    assert len(samples) == 40
    latencies = [float(row["latency_s"]) for row in samples if row["case"] == "0"]
    assert sum(latencies) / 10 == pytest.approx(document["cases"][0]["latency_s"]["mean"], rel=1e-9)


def test_sweep_json_and_csv(tmp_path: Path) -> None:
    recording, table = tmp_path / "s.jsonl", tmp_path / "cases.csv"
    model = f"{MODELS}:two_matrices"
    run = jetbench("run", "-m", model, "-b", "1,2,4", "-s", "8", "-k", "7", "-o", recording, "--csv", table, "--json")
    assert run.returncode == 0, run.stderr
    document = json.loads(run.stdout)
    assert [(case["batch"], case["macs"]) for case in document["cases"]] == [(1, 1920), (2, 3840), (4, 7680)]
    assert [case["latency_s"]["n"] for case in document["cases"]] == [7, 7, 7]
    assert document == json.loads(jetbench("show", recording, "--json").stdout)
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["latency_p50_s"]) for row in rows] == pytest.approx(
        [case["latency_s"]["p50"] for case in document["cases"]], rel=1e-9
    )
    assert run.stderr == ""


def test_failures_cost_one_case_each(tmp_path: Path) -> None:
    names = ("honest", "prints", "raises", "segfaults", "killed", "exits", "hangs_deaf", "nothere", "tied")
    recording = tmp_path / "f.jsonl"
    wanted = [word for name in names for word in ("-m", f"{MODELS}:{name}")]
    run = jetbench("run", *wanted, "-s", "16", "-k", "5", "--case-timeout", "4s", "-o", recording, "--json")
    assert run.returncode == 1, run.stderr
    cases = {case["model"].rpartition(":")[2]: case for case in json.loads(run.stdout)["cases"]}
    assert [cases[name]["status"] for name in ("honest", "prints")] == ["measured", "measured"]
    assert cases["prints"]["latency_s"]["n"] == 5, "what a model prints does not break the stream"
    printed = [event["text"] for event in events(recording, "log") if event["source"] == "model"]
    assert any("red" in text for text in printed)
    expected = {
        "raises": "ValueError: the weights are upside down",
        "segfaults": "SIGSEGV",
        "killed": "SIGKILL",
        "exits": "status 7",
        "hangs_deaf": "no sign of life for 4 s in stage first",
        "nothere": "has no 'nothere'",
    }
    for name, reason in expected.items():
        assert cases[name]["status"] == "failed"
        assert reason in cases[name]["error"]
        assert cases[name]["latency_s"] is None
    assert (cases["tied"]["params"], cases["tied"]["status"]) == (4, "failed")


@pytest.mark.parametrize("count, status", [(1, 130), (2, 130)])
def test_interrupt_keeps_what_was_measured(tmp_path: Path, count: int, status: int) -> None:
    recording = tmp_path / "i.jsonl"
    process = spawn("run", "-m", f"{MODELS}:slow", "-m", f"{MODELS}:honest", "-s", "16", "-k", "500", "-o", recording)
    wait_for(recording, '"k":"lat"')
    pids = family(process.pid)
    for _ in range(count):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    assert process.wait(30) == status
    document = json.loads(jetbench("show", recording, "--json").stdout)
    first, second = document["cases"]
    assert (first["status"], second["status"]) == ("interrupted", "skipped")
    assert 1 <= first["latency_s"]["n"] < 500
    gone(pids)


@pytest.mark.parametrize("victim", ["screen", "agent", "parent", "child"])
def test_kill_of_any_process_leaves_a_readable_recording(tmp_path: Path, victim: str) -> None:
    recording = tmp_path / "k.jsonl"
    process = spawn("run", "-m", f"{MODELS}:slow", "-s", "16", "-k", "300", "--max-time", "30", "-o", recording)
    wait_for(recording, '"k":"lat"')
    pids = family(process.pid)
    os.kill(dict(zip(("screen", "agent", "parent", "child"), pids, strict=True))[victim], signal.SIGKILL)
    status = process.wait(30)
    assert status == {"screen": -9, "agent": 1, "parent": 1, "child": 1}[victim]
    gone(pids)
    shown = jetbench("show", recording, "--json")
    assert shown.returncode == 0
    case = json.loads(shown.stdout)["cases"][0]
    assert case["latency_s"]["n"] >= 1
    assert case["status"] in ("interrupted", "failed")


def test_screen_side_loads_no_torch(tmp_path: Path) -> None:
    """A whole run with its table, export and JSON, in a process that is asked afterwards what it holds."""
    code = f"""
import sys
from jetbench.cli.commands import run_command_line
assert run_command_line(["run", "-m", "{MODELS}:honest", "-s", "16", "-o", r"{tmp_path}/n.jsonl",
                         "--csv", r"{tmp_path}/csv"]) == 0
import jetbench.tui.app
held = {{name.partition(".")[0] for name in sys.modules}}
assert not held & {{"torch", "torchvision", "ptflops", "numpy", "jetbench_agent"}}, held
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_fork_and_fresh_agree(tmp_path: Path) -> None:
    recording = tmp_path / "fresh.jsonl"
    model = f"{MODELS}:honest"
    run = jetbench("run", "-m", model, "-b", "1,2", "-s", "16", "--fresh", "-o", recording, "--json")
    assert run.returncode == 0, run.stderr
    imports = [e for e in events(recording, "stage") if e["name"] == "import" and "ns" in e]
    assert len(imports) >= 2, "a new interpreter for every case"


@pytest.mark.parametrize(
    "torchvision, word",
    [("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"), ("raise RuntimeError('nms')", "nms")],
)
def test_a_torchvision_that_breaks_costs_its_models_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torchvision: str, word: str
) -> None:
    (tmp_path / "torchvision.py").write_text(torchvision)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    recording = tmp_path / "v.jsonl"
    run = jetbench("run", "-m", f"{MODELS}:honest", "-m", "resnet18", "-s", "16", "-o", recording, "--json")
    assert run.returncode == 1, run.stderr
    own, theirs = json.loads(run.stdout)["cases"]
    assert (own["status"], theirs["status"]) == ("measured", "failed")
    assert "torchvision" in theirs["error"]
    assert word in recording.read_text()
