"""A plan that is written is read back as the same plan, whatever is in it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given

from jetbench.domain import plan as plans
from jetbench.domain import plan_file
from jetbench.domain.plan import Plan, PlanError
from plan_strategies import sound_plans


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
    text = plan_file.text(Plan(end_to_end=True, data="photos"))
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
