"""Two real runs of one model, and of a slowed-down copy: compare and run --against tell them apart."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest

import streams
from outside import events, jetbench

DOCS = Path(__file__).parents[2] / "docs"
# A pass sleeps, so that what else the machine does moves it little; another name of the same model is the copy.
MODEL = """
import time
import torch


class Sleepy(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Conv2d(3, 2, 3)

    def forward(self, x):
        time.sleep({seconds})
        return self.layer(x)


def build():
    return Sleepy()
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def model(folder: Path, seconds: float) -> str:
    (folder / "net.py").write_text(MODEL.format(seconds=seconds))
    return "net.py:build"


def measure(folder: Path, name: str, output: str, *arguments: str | Path) -> CompletedProcess[str]:
    few = ("-k", "40", "--warmup", "3", "-s", "16", "--cooldown", "0")
    return jetbench("run", "-m", name, *few, "-o", folder / output, *arguments)


def compared(*arguments: str | Path) -> Any:
    done = jetbench("compare", *arguments, "--threshold", "30%", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["cases"][0]["pairs"][0]


@pytest.mark.torch
def test_a_slowed_down_copy_is_slower_and_the_same_model_is_not(tmp_path: Path) -> None:
    base, against = tmp_path / "one.jsonl", ("--against", tmp_path / "one.jsonl", "--threshold", "30%")
    assert measure(tmp_path, model(tmp_path, 0.010), "one.jsonl").returncode == 0

    again = measure(tmp_path, model(tmp_path, 0.010), "two.jsonl", *against)
    assert again.returncode == 0, again.stderr
    assert "net.py:build fp32 b1 16x16 cpu: same: " in again.stderr
    assert "threshold 30 %: 1 same" in again.stdout
    assert "variation between runs is unknown" in again.stdout

    slow = measure(tmp_path, model(tmp_path, 0.025), "slow.jsonl", *against)
    assert slow.returncode == 1, slow.stderr
    assert "net.py:build fp32 b1 16x16 cpu: worse: +" in slow.stderr
    assert "threshold 30 %: 1 worse" in slow.stdout

    assert compared(base, tmp_path / "two.jsonl")["verdict"] == "SAME"
    assert compared(base, tmp_path / "slow.jsonl")["verdict"] == "SLOWER"
    assert compared(tmp_path / "slow.jsonl", base)["verdict"] == "FASTER"


@pytest.mark.torch
def test_rounds_and_json(tmp_path: Path) -> None:
    """Three rounds on both sides: other runs are in the interval. A faster model is no regression."""
    three = ("--rounds", "3", "--json")
    assert measure(tmp_path, model(tmp_path, 0.020), "one.jsonl", *three).returncode == 0
    done = measure(tmp_path, model(tmp_path, 0.005), "two.jsonl", *three, "--against", tmp_path / "one.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)["against"]
    jsonschema.Draft202012Validator(json.loads((DOCS / "compare.schema.json").read_text())).validate(told)
    pair = told["cases"][0]["pairs"][0]
    assert (pair["verdict"], pair["between_runs"], pair["rounds"]) == ("FASTER", True, [3, 3])
    assert (told["regressions"], told["comparable"], told["zone"]) == (0, True, 0.05)


@pytest.mark.torch
def test_what_is_not_comparable_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    base, name = tmp_path / "one.jsonl", model(tmp_path, 0.010)
    assert measure(tmp_path, name, "one.jsonl").returncode == 0
    (torch,) = {event["torch"] for event in events(base, "software")}
    base.write_text(base.read_text().replace(f'"torch":"{torch}"', '"torch":"0.4.1"'))

    refused = measure(tmp_path, name, "two.jsonl", "--against", base)
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (2, "", 1)
    assert f"torch 0.4.1 against {torch}" in refused.stderr
    assert "--anyway" in refused.stderr
    assert not (tmp_path / "two.jsonl").exists()

    done = measure(tmp_path, name, "three.jsonl", "--against", base, "--threshold", "90%", "--anyway")
    assert done.returncode == 0, done.stderr
    assert f"NOT COMPARABLE, compared anyway: torch 0.4.1 against {torch}" in done.stdout
    assert "threshold 90 %: 1 same" in done.stdout

    # Threads are known only when the run began: a warning at the end, and no regression is told from it.
    base.write_text(base.read_text().replace('"torch":"0.4.1"', f'"torch":"{torch}"'))
    threads = {case["threads"] for event in events(base, "run") for case in event["cases"]}
    base.write_text(base.read_text().replace(f'"threads":{threads.pop()},', '"threads":77,'))
    late = measure(tmp_path, model(tmp_path, 0.025), "four.jsonl", "--against", base)
    assert late.returncode == 0, late.stderr
    assert "not comparable with" in late.stderr
    assert "threads 77 against" in late.stderr
    assert "no regression is told from it" in late.stdout
    # But those that are asked for are known before.
    asked = measure(tmp_path, name, "five.jsonl", "--against", base, "--threads", "1")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "threads 77 against 1" in asked.stderr


def test_a_file_with_none_of_the_cases_is_refused_at_once(tmp_path: Path) -> None:
    base = streams.write(tmp_path / "a.jsonl", streams.session(models=("resnet18",)))
    for arguments, words in (
        (("-m", "vgg16", "--against", base), "none of the cases"),
        (("-m", "resnet18", "-b", "8", "--against", base), "none of the cases"),
        (("-m", "resnet18", "--against", tmp_path / "no.jsonl"), "no.jsonl"),
        (("-m", "resnet18", "--against", base, "--threshold", "lots"), "'lots'"),
        (("-m", "resnet18", "--threshold", "5%"), "--against"),
        (("-m", "resnet18", "--anyway"), "--against"),
        # The board is known before torch is: made up here, and another one in any case.
        (("-m", "resnet18", "--against", base), "is not comparable with"),
    ):
        done = jetbench("run", *arguments, "-o", tmp_path / "x.jsonl")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
        assert words in done.stderr
        assert not (tmp_path / "x.jsonl").exists()
