"""jetbench-tui plan init: the options of `run`, as a file."""

from __future__ import annotations

from pathlib import Path

from jetbench.domain import plan as plans
from outside import jetbench


def test_the_options_of_run_become_a_plan_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    made = jetbench("plan", "init", "-m", "a,b", "-b", "1,8", "--until", "2%", "--max-time", "90s", "--energy",
                    "--dtype", "fp32,bf16", "-s", "224,240x320", "--expect", "latency: a < b", "-o", path)  # fmt: skip
    assert (made.returncode, made.stderr) == (0, "")
    assert f"jetbench-tui run {path}" in made.stdout and "16 cases" in made.stdout
    plan = plans.load(path)
    assert (plan.models, plan.batches, plan.until, plan.max_time) == (("a", "b"), (1, 8), 0.02, 90.0)
    assert (plan.variants, plan.energy, plan.expect) == (("fp32", "bf16"), True, ("latency: a < b",))
    assert plan.sizes == ((224, 224), (240, 320))

    again = jetbench("plan", "init", "-o", path)
    assert again.returncode == 2
    assert "exists" in again.stderr and "--overwrite" in again.stderr
    assert plans.load(path) == plan

    changed = jetbench("plan", "init", path, "-k", "7", "-o", "-")
    assert changed.returncode == 0
    (tmp_path / "second.toml").write_text(changed.stdout)
    second = plans.load(tmp_path / "second.toml")
    assert (second.k, second.until, second.models) == (7, None, plan.models)
    assert jetbench("plan", "init", "-b", "0").returncode == 2
