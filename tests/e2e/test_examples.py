"""The plans of examples/, run as they are but for the time they take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jetbench.domain import plan as plans
from outside import jetbench

pytestmark = pytest.mark.torch
EXAMPLES = Path(__file__).parents[2] / "examples"
QUICK = ("-k", "1", "--rounds", "1", "--threads", "1", "--cooldown", "0", "--warmup", "0", "--json")


@pytest.mark.parametrize(
    "name, tiny",
    [
        ("superpoint-backbones", ("-s", "32x40")),
        ("own-model", ()),
        ("batch-sweep", ("-b", "1,2", "-s", "32")),
        ("lab", ("-s", "32", "--energy-time", "0.2s", "--idle-time", "0.2s")),
        ("soak", ("-s", "32", "--soak", "0.5s", "--simulate", "nano:x20")),
    ],
)
def test_an_example_runs(name: str, tiny: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = jetbench("run", f"{name}.toml", *QUICK, *tiny, "-o", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    cases = json.loads(done.stdout)["cases"]
    planned = plans.load(EXAMPLES / f"{name}.toml").cases()
    assert {case["model"] for case in cases} == {case.model for case in planned}
    assert all(case["status"] == "measured" for case in cases)
    assert all((case["soak"] is not None) == (name == "soak") for case in cases)


def test_the_variants_run_and_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but what takes minutes to compile or needs a package that may not be here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    plan = EXAMPLES / "variants.toml"
    wanted = [each for each in plans.load(plan).variants if each not in ("compile", "onnxruntime", "fp16")]
    done = jetbench("run", plan, *QUICK, "-s", "64", "--dtype", ",".join(wanted), "-o", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    cases = json.loads(done.stdout)["cases"]
    assert [case["variant"] for case in cases] == wanted
    assert all((case["output"] is None) == (case["variant"] == "fp32") for case in cases)
    assert [case["output"]["wrong"] for case in cases if case["variant"] == "channels_last"] == [False]
