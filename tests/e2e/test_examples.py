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
    assert [case["model"] for case in cases] == [case.model for case in planned]
    assert all(case["status"] == "measured" for case in cases)
    assert all((case["soak"] is not None) == (name == "soak") for case in cases)
