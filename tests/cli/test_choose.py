"""`jetbench-tui choose` over the recordings that are shipped."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outside import jetbench

LAB = Path(__file__).parents[2] / "recordings" / "lab-x86-2cores.jsonl"
NANO = LAB.parent / "simulated-nano-throttling.jsonl"


def test_one_that_fits_with_what_it_rests_on():
    done = jetbench("choose", LAB, "--latency", "33ms", "--accuracy", "68%")
    assert done.returncode == 0
    fits = done.stdout.split("misses")[0]
    assert "mobilenet_v2" in fits and "resnet18" not in fits
    assert "not measured here" in fits


def test_none_fits_without_a_sensor_and_it_is_said_why():
    done = jetbench("choose", LAB, "--power", "5W")
    assert done.returncode == 1
    assert "neither fits nor fails" in done.stdout
    assert "N/A (no power interface" in done.stdout


def test_the_document_of_two_files():
    done = jetbench("choose", LAB, NANO, "--latency", "100ms", "--json")
    document = json.loads(done.stdout)
    cases = document["cases"]
    assert {case["file"] for case in cases} == {"A", "B"}
    assert any("measured otherwise" in note for note in document["notes"])
    assert [note[:20] for note in document["notes"] if "SIMULATED BOARD" in note] == ["B: SIMULATED BOARD: "]
    for case in cases:
        for figure in case["figures"].values():
            assert (figure["value"] is None) == (figure["reason"] is not None)
    throttled = [case for case in cases if case["file"] == "B"]
    assert all(case["doubts"] for case in throttled)
    assert not cases[document["best"]]["doubts"]


@pytest.mark.parametrize(
    "arguments", [["--latency", "5W"], ["--accuracy", "120%"], ["--battery", "50Wh"], ["--power", "-1W"]]
)
def test_what_makes_no_sense_is_refused(arguments):
    assert jetbench("choose", LAB, *arguments).returncode == 2
