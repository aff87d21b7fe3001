"""``[[inputs]]`` of a plan: what is written for the board side is read there as it was meant; the rest is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.domain import inputs, plan, plan_file
from jetbench.domain.inputs import ModelInput
from jetbench_agent.bench import inputs as board

NAMES = st.from_regex(r"\A[a-z_][a-z0-9_]{0,5}(\.[a-z]{1,3})?\Z")


@st.composite
def one(draw: st.DrawFn) -> ModelInput:
    dtype = draw(st.sampled_from(inputs.DTYPES))
    sides = draw(st.lists(st.integers(1, 4096), min_size=0, max_size=4))
    shape = (inputs.BATCH, *sides) if draw(st.booleans()) or not sides else tuple(sides)
    low = draw(st.integers(-1000, 1000) if "int" in dtype else st.floats(-1e6, 1e6))
    high = low + draw(st.integers(1, 100_000) if "int" in dtype else st.floats(1e-3, 1e9))
    name = draw(st.none() | NAMES)
    return ModelInput(shape=shape, dtype=dtype, low=low, high=high, name=name)  # type: ignore[arg-type]


@given(st.lists(one(), min_size=1, max_size=4, unique_by=lambda found: found.name or id(found)))
def test_the_board_side_reads_what_the_plan_meant(found: list[ModelInput]) -> None:
    bare, brackets = board.split(f"net.py:build[{inputs.brackets(tuple(found))}]")
    assert bare == "net.py:build"
    read = board.parse(brackets)
    said = [(tuple(one.shape), one.dtype, one.name, one.low, one.high) for one in read]
    assert said == [(one.shape, one.dtype, one.name, one.low, one.high) for one in found]


def test_both_sides_know_the_same_types() -> None:
    assert board.DTYPES == inputs.DTYPES


@pytest.mark.parametrize(
    "text, said",
    [
        ('shape = ["N", 3]\ndtype = "float31"', "float31"),
        ('shape = ["N", 3]\nnmae = "x"', "nmae"),
        ("shape = []", "1 to 8 sides"),
        ('shape = ["N", 0]', "1 to 16777216"),
        ('shape = ["N", "M"]', '"N" for the batch'),
        ('shape = [3, "N"]', "first side"),
        ('shape = ["N"]\nname = "a b"', "a name is"),
        ('shape = ["N"]\ndtype = "int64"', "need high"),
        ('shape = ["N"]\nlow = 2\nhigh = 1', "low lies below high"),
        ('shape = ["N"]\nmodel = "other"', "no model 'other'"),
    ],
)
def test_what_means_nothing_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(f'models = ["net.py:build"]\n[[inputs]]\n{text}\n')
    with pytest.raises(plan.PlanError, match=r"plan\.toml") as caught:
        plan.load(path)
    assert said in str(caught.value)


def test_arch_makes_a_file_of_weights_a_model_with_these_weights() -> None:
    made = plan.check(plan.Plan(models=("a.pt", "resnet50"), arch="resnet18"))
    assert [(case.model, case.weights) for case in made.cases()] == [("resnet18", "a.pt"), ("resnet50", None)]
    with pytest.raises(plan.PlanError, match="exclude each other"):
        plan.check(plan.Plan(models=("a.pt",), arch="resnet18", weights="DEFAULT"))


def test_inputs_are_written_into_a_plan_file_and_read_back(tmp_path: Path) -> None:
    ids = ModelInput(name="ids", shape=("N", 5), dtype="int64", high=9, model="net.py:build")
    made = plan.Plan(models=("net.py:build", "resnet18"), inputs=(ids,))
    plan_file.write(made, tmp_path / "plan.toml")
    assert plan.load(tmp_path / "plan.toml") == made
