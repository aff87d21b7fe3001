"""Expectations: what may be written, and that the score is what the figures say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis import hypotheses
from jetbench.domain import events as ev
from jetbench.domain.expectation import MEASURES, parse
from jetbench.domain.plan import Plan, PlanError, check
from jetbench.domain.results import CaseResult, LatencySummary, PowerResult


def case(model: str, p50: float, half: float = 0.0005, macs: int = 10**9, energy: float | None = None) -> CaseResult:
    latency = LatencySummary(100, p50, 0.0, p50, p50, p50, p50, p50, p50, (p50 - half, p50 + half))
    power = PowerResult(energy_j=energy, energy_u_j=0.1 * energy) if energy else PowerResult(reason="no_sensor")
    return CaseResult(ev.Case(id=0, model=model), "measured", latency=latency, model=ev.Model(macs=macs), power=power)


CASES = [case("a", 0.010), case("b", 0.020, macs=10**8), case("c", 0.0205, half=0.002)]


def told(text: str, cases: list[CaseResult] = CASES) -> hypotheses.Score:
    return hypotheses.score(parse(text), cases)


def test_an_order_that_holds_and_one_that_does_not() -> None:
    assert (told("latency: a < b").verdict, told("latency: a < b").tau) == ("supported", 1.0)
    wrong = told("latency: b < a")
    assert (wrong.verdict, wrong.tau) == ("not supported", -1.0)
    assert "a 10 ms, b 20 ms" in wrong.text
    assert "b does 5 GMACs a second and a 100" in (wrong.why or "")


def test_intervals_that_overlap_decide_nothing() -> None:
    score = told("latency: a < b < c")
    assert score.verdict == "not decided"
    assert score.tau == pytest.approx(2 / 3)
    assert "overlap" in (score.why or "")


def test_ratios() -> None:
    assert told("latency: b / a = 2").verdict == "supported"
    assert told("latency: b / a = 2").text.startswith("2 [")
    off = told("latency: b / a = 6")
    assert off.verdict == "not supported"
    assert "3 times less than expected" in off.text
    assert told("macs: a / b = 10").verdict == "supported"


def test_what_was_not_measured_is_not_scored() -> None:
    assert told("latency: a < nothere").verdict == "not tested"
    score = told("energy: a < b")
    assert (score.verdict, score.text) == ("not tested", "energy of a, b was not measured")
    measured = [case("a", 0.01, energy=0.1), case("b", 0.02, energy=0.3)]
    assert told("energy: a < b", measured).verdict == "supported"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a < b", "begin with one of"),
        ("speed: a < b", "begin with one of"),
        ("latency: a", "write an order"),
        ("latency: a < ", "write an order"),
        ("latency: a / b = fast", "write an order"),
        ("latency: a / b = -1", "above 0"),
        ("latency: a < b < a", "each model once"),
        ("latency: " + "x" * 600 + " < b", "at most 500"),
    ],
)
def test_what_is_no_expectation_is_said_in_one_line(text: str, says: str) -> None:
    with pytest.raises(PlanError) as caught:
        check(Plan(expect=(text,)))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=80))
def test_nothing_else_is_raised(text: str) -> None:
    try:
        assert parse(text).measure in MEASURES
    except ValueError as error:
        assert str(error)


def test_a_strange_plan_in_a_recording_is_passed_over() -> None:
    for plan in ({}, {"expect": 7}, {"expect": [1, None, "nonsense"]}, {"expect": {"a": "b"}}):
        assert hypotheses.of_plan(plan, CASES) == ()
    assert len(hypotheses.of_plan({"expect": ["latency: a < b"] * 100}, CASES)) == 20
