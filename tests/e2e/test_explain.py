"""explain, with torch: without oneDNN MobileNetV2's depthwise convolutions are named, and none in ResNet18."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import asking
from jetbench.cli.commands import cli
from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.session.state import SessionState

pytestmark = pytest.mark.torch


def plan(**options: object) -> Plan:
    settings = {
        "sizes": ((64, 64),),
        "threads": 1,
        "k": 40,
        "max_time": 2.0,
        "warmup": 2,
        "cooldown": 0.0,
        "why": True,
    }
    return Plan(**{**settings, **options})  # type: ignore[arg-type]


def folded(events: list[ev.AnyEvent]) -> SessionState:
    state = SessionState()
    for event in events:
        state.apply(event)
    return state


def test_without_onednn_the_depthwise_convolutions_are_named_and_resnet18_has_none() -> None:
    first: list[ev.AnyEvent] = []
    for _ in range(3):  # where others take the cores it says "stalled" and nothing else: ask again
        with asking.agent() as link:
            events = asking.run(link, plan(models=("mobilenet_v2", "resnet18"), onednn=False))
        first = first or events
        results = {result.case.model: result for result in folded(events).case_results()}
        mobile, resnet = results["mobilenet_v2"].why, results["resnet18"].why
        assert mobile is not None
        assert resnet is not None
        if mobile.verdict.kind != "stalled":
            break
    with asking.agent() as link:
        again = asking.run(link, plan(models=("mobilenet_v2",), k=3))
    assert mobile.onednn is resnet.onednn is False
    assert mobile.verdict.kind in ("kernel-limited", "stalled"), mobile.verdict
    if mobile.verdict.kind == "kernel-limited":
        assert mobile.verdict.op_class == "depthwise conv", mobile
        assert "depthwise convs do 7% of the MACs" in mobile.verdict.sentence
        assert "oneDNN is not used" in mobile.verdict.sentence
        depthwise = next(row for row in mobile.classes if row.name == "depthwise conv")
        assert depthwise.share > 3 * depthwise.macs_share
    assert "depthwise" not in resnet.verdict.sentence
    macs = sum(row.macs for row in resnet.classes)
    assert macs == pytest.approx(1814e6 * (64 / 224) ** 2, rel=0.02), "published at 224 pixels"
    calibrated = asking.of(first, ev.Calibration)
    assert len(calibrated) == 1, "once a device, type and number of threads"
    (kept,) = asking.of(again, ev.Calibration)
    if max(calibrated[0].peak_flops_spread or 1, calibrated[0].bandwidth_spread or 1) <= 0.05:
        assert kept.kept or (calibrated[0].calls_spread or 1) > 0.05, "what agreed is not measured again"
    assert [stage.name for stage in asking.of(first, ev.Stage) if stage.c == 0 and stage.ns][-2:] == [
        "calibrate",
        "profile",
    ]


def test_a_run_that_is_not_asked_why_does_none_of_it() -> None:
    with asking.agent() as link:
        events = asking.run(link, plan(models=("mobilenet_v3_small",), k=2, why=False))
    assert not asking.of(events, ev.Calibration) + asking.of(events, ev.Profile)  # type: ignore[operator]


def test_the_command_prints_verdict_classes_and_trials_and_its_recording_says_the_same(tmp_path: Path) -> None:
    recording = tmp_path / "why.jsonl"
    words = ["explain", "mobilenet_v2", "-s", "64", "--threads", "1", "--rounds", "2", "--seed", "3"]
    done = CliRunner().invoke(cli, [*words, "-o", str(recording), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["cases"][0]
    names = {trial["name"] for trial in told["why"]["trials"]}
    assert {"oneDNN off", "channels_last", "batch x2", "bf16"} <= names
    assert any(name.startswith("without ") for name in names)
    absent = {trial["name"]: trial["reason"] for trial in told["why"]["trials"] if trial["reason"]}
    assert {"cudnn.benchmark", "CUDA graph"} <= set(absent) or told["device"] == "cuda"
    shown = CliRunner().invoke(cli, ["show", str(recording), "--json"])
    assert json.loads(shown.stdout)["cases"][0]["why"] == told["why"]
