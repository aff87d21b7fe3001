"""A plan that is written is read back as the same plan, whatever is in it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.domain import plan as plans
from jetbench.domain import plan_file
from jetbench.domain.plan import Plan, PlanError

NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=30)
SECONDS = st.floats(1e-3, 3600)


@st.composite
def sound_plans(draw: st.DrawFn) -> Plan:
    stops = draw(st.sampled_from(("k", "until", "neither")))
    end_to_end = draw(st.booleans())
    return plans.check(
        Plan(
            models=tuple(draw(st.lists(NAMES, min_size=1, max_size=12))),
            variants=tuple(draw(st.lists(st.sampled_from(plans.VARIANTS), min_size=1, max_size=3, unique=True))),
            batches=tuple(draw(st.lists(st.integers(1, 65_536), min_size=1, max_size=5))),
            sizes=tuple(draw(st.lists(st.tuples(st.integers(1, 8192), st.integers(1, 8192)), max_size=3))),
            device=draw(st.sampled_from(("auto", "cpu", "cuda"))),
            threads=draw(st.none() | st.integers(1, 1024)),
            weights=draw(st.none() | NAMES),
            k=draw(st.integers(1, 10_000_000)) if stops == "k" else None,
            until=draw(st.floats(1e-9, 0.999)) if stops == "until" else None,
            max_time=draw(SECONDS),
            case_timeout=draw(st.none() | SECONDS),
            warmup=draw(st.none() | st.just("auto") | st.integers(0, 100_000)),
            cooldown=draw(st.none() | st.just(0.0) | SECONDS),
            energy=draw(st.booleans()),
            energy_time=draw(SECONDS),
            idle_time=draw(SECONDS),
            force=draw(st.booleans()),
            end_to_end=end_to_end,
            images=draw(st.none() | NAMES) if end_to_end else None,
            rounds=draw(st.integers(1, 1000)),
            seed=draw(st.none() | st.integers(0, 2**62)),
            fresh=draw(st.booleans()),
            expect=draw(st.sampled_from(((), ("latency: a < b",), ("latency: a < b < c", "energy: a / b = 2")))),
        )
    )


@given(sound_plans())
def test_what_is_written_is_read_back(plan: Plan) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.toml"
        plan_file.write(plan, path)
        assert plans.load(path) == plan
        assert all(line.isprintable() for line in path.read_text(encoding="utf-8").splitlines())


def test_every_setting_stands_in_the_file_with_what_it_means() -> None:
    """Set or as an example behind a #: whoever opens the file sees what there is."""
    lines = plan_file.text(Plan()).splitlines()
    for key in Plan.__struct_fields__:
        assert any(line.startswith((f"{key} =", f"# {key} =")) for line in lines), f"{key}: _MEANINGS has no example"


def test_the_examples_in_the_comments_are_values_that_may_be_set(tmp_path: Path) -> None:
    text = plan_file.text(Plan(end_to_end=True))
    for key in Plan.__struct_fields__:
        path = tmp_path / f"{key}.toml"
        path.write_text(text.replace(f"# {key} =", f"{key} ="))
        assert plans.load(path).models == Plan().models


def test_a_plan_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("mine")
    with pytest.raises(PlanError, match="exists"):
        plan_file.write(Plan(), path)
    assert path.read_text() == "mine"
    plan_file.write(Plan(), path, overwrite=True)
    assert plans.load(path) == Plan()
    first, second = plan_file.write_new(Plan(), tmp_path / "new"), plan_file.write_new(Plan(), tmp_path / "new")
    assert first != second
    with pytest.raises(PlanError, match="UTF-8"):
        plan_file.text(Plan(models=("\udce4",)))
