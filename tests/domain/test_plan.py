"""Plans: what a person writes, and what it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.domain import plan as plans
from jetbench.domain.plan import LAB_MODELS, Plan, PlanError


def test_the_default_plan_is_the_lab() -> None:
    plan = plans.check(Plan())
    assert [(case.model, case.batch, case.variant, case.size) for case in plan.cases()] == [
        (model, 1, "fp32", None) for model in LAB_MODELS
    ]
    protocol = plan.protocol()
    assert (protocol.k, protocol.until, protocol.warmup, protocol.rounds) == (10, None, 0, 1)


def test_a_whole_plan_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        'models = ["resnet18", "vgg16"]\nbatches = [1, 8]\nsizes = [224, "240x320"]\nvariants = ["fp32", "fp16"]\n'
        'until = "1%"\nmax_time = "2m"\ncase_timeout = 30\nrounds = 3\nseed = 5\ndevice = "cpu"\n'
    )
    plan = plans.load(path)
    assert plan.sizes == ((224, 224), (240, 320))
    assert (plan.until, plan.max_time, plan.case_timeout) == (0.01, 120.0, 30.0)
    cases = plan.cases()
    assert len(cases) == 16
    assert [case.id for case in cases] == list(range(16))
    assert len({(c.model, c.variant, c.size, c.batch) for c in cases}) == 16
    assert plan.protocol().k is None


@given(st.text())
def test_no_text_breaks_the_parsers(text: str) -> None:
    for parse in (plans.parse_duration, plans.parse_percent, plans.parse_size):
        try:
            parse(text)
        except PlanError as error:
            assert "\n" not in repr(str(error))[1:-1]
    try:
        assert min(plans.parse_counts(text, "list")) >= 1
    except PlanError:
        pass


@given(st.floats(0.001, 1e6))
def test_durations(seconds: float) -> None:
    assert plans.parse_duration(f"{seconds}s") == pytest.approx(seconds)
    assert plans.parse_duration(f"{seconds}m") == pytest.approx(60 * seconds)
    assert plans.parse_duration(f"{seconds}") == pytest.approx(seconds)


@given(st.binary(max_size=300))
def test_no_file_breaks_the_loader(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.toml"
        path.write_bytes(data)
        try:
            plans.load(path)
        except PlanError as error:
            assert "p.toml" in str(error)


def test_too_many_cases_are_refused() -> None:
    with pytest.raises(PlanError, match="10000"):
        plans.check(Plan(batches=tuple(range(1, 5001))))
