"""The published schema takes what `run` takes, and refuses what no plan is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli
from hypothesis import given

from jetbench.domain import plan as plans
from jetbench.domain import plan_file
from jetbench.domain.plan import Plan
from outside import jetbench
from plan_strategies import sound_plans

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "plan.schema.json"
CHECKER = jsonschema.Draft202012Validator(json.loads(PUBLISHED.read_text(encoding="utf-8")))


def test_the_published_one_is_the_present_one_and_has_a_word_on_every_setting() -> None:
    done = jetbench("plan", "schema")
    assert done.stdout == PUBLISHED.read_text(encoding="utf-8"), "jetbench-tui plan schema > docs/plan.schema.json"
    jsonschema.Draft202012Validator.check_schema(CHECKER.schema)
    told = CHECKER.schema["properties"]
    assert list(told) == list(Plan.__struct_fields__)
    assert all(one["description"] for one in told.values())


@given(sound_plans())
def test_what_plan_init_writes_fits(plan: Plan) -> None:
    CHECKER.validate(tomli.loads(plan_file.text(plan)))


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_fits_and_loads(path: Path) -> None:
    CHECKER.validate(tomli.loads(path.read_text(encoding="utf-8")))
    assert plans.load(path).cases()


@pytest.mark.parametrize(
    "wrong",
    [
        {"modells": ["resnet18"]},
        {"models": []},
        {"models": "resnet18"},
        {"batches": ["1"]},
        {"until": "one percent"},
        {"max_time": "soon"},
        {"sizes": ["big"]},
        {"device": "tpu"},
        {"energy": 1},
        {"inputs": [{"shape": ["N"], "dtype": "complex"}]},
    ],
    ids=str,
)
def test_what_no_plan_is_fits_neither_here_nor_there(wrong: dict[str, Any], tmp_path: Path) -> None:
    assert not CHECKER.is_valid(wrong)
    path = tmp_path / "plan.toml"
    path.write_text("\n".join(f"{key} = {_toml(value)}" for key, value in wrong.items()), encoding="utf-8")
    with pytest.raises(plans.PlanError):
        plans.load(path)


def _toml(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value[0].items()) + " }]"
    return json.dumps(value)
