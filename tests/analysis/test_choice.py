"""Which case is chosen: the limits, what is missing, what is in doubt, and what is nearest."""

from __future__ import annotations

import pytest

from jetbench.analysis.accuracy import published
from jetbench.analysis.choice import FITS, MAY, MISSES, UNKNOWN, WRONG, Limits, candidate, choose
from jetbench.analysis.duty import DutyCycle
from jetbench.analysis.measures import BY_NAME
from jetbench.analysis.series import pareto, scatter
from jetbench.domain.events import Case, Model
from jetbench.domain.results import CaseResult, Grade, LatencySummary, OutputError, PowerResult

PARAMS = {"mobilenet_v2": 3_504_872, "resnet18": 11_689_512}


def latency(p50, half=0.0005, n=400):
    return LatencySummary(n=n, mean=p50, std=0.001, min=p50, p50=p50, p90=p50, p95=p50 * 1.1, p99=p50 * 1.2, max=1.0,
                          ci95=(p50 - half, p50 + half), n_eff=float(n))  # fmt: skip


def case(model="mobilenet_v2", p50=0.02, half=0.0005, watts=3.0, status="measured", size=224, n=400, **more):
    told = more.pop("weights", None)
    found = latency(p50, half, n) if p50 is not None else None
    power = PowerResult(reason="no_sensor") if watts is None else PowerResult(
        power_w=watts, power_u_w=0.1, energy_j=watts * 0.02, energy_u_j=0.001, idle_w=1.0, idle_u_w=0.05,
        energy_net_j=0.04, energy_net_u_j=0.002)  # fmt: skip
    return CaseResult(
        Case(id=0, model=model, weights=told, size=(size, size)), status,
        model=Model(c=0, name=model, input=(1, 3, size, size), params=PARAMS.get(model)),
        latency=found, clean=found, power=power, peak_memory_mib=100.0, grade=Grade("A"), **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        (Limits(latency_s=0.033, power_w=5.0, accuracy=0.68), FITS),
        (Limits(latency_s=0.0202), MAY),  # within the interval
        (Limits(latency_s=0.010), MISSES),
        (Limits(accuracy=0.80), MISSES),
        (Limits(power_w=3.05), MAY),
        (Limits(), FITS),
    ],
)
def test_limits(limits, state):
    assert candidate("A", case(), limits).state == state


def test_what_is_missing_neither_fits_nor_fails():
    made = choose([("A", case(watts=None))], Limits(latency_s=0.033, power_w=5.0))
    assert made.best is None and made.nearest is None
    assert made.candidates[0].state == UNKNOWN
    assert made.candidates[0].tried[1].figure.reason == "no sensor"


def test_what_misses_one_limit_misses_whatever_else_is_unknown():
    made = choose([("A", case(p50=0.066, watts=None))], Limits(latency_s=0.033, power_w=5.0))
    assert made.candidates[0].state == MISSES
    assert made.candidates[0].tried[0].over == pytest.approx(1.0)


def test_the_nearest_is_the_one_that_misses_least():
    cases = [("A", case(p50=0.10)), ("A", case("resnet18", p50=0.04)), ("A", case(p50=None, status="failed"))]
    made = choose(cases, Limits(latency_s=0.033))
    assert made.nearest is not None and made.nearest.result.case.model == "resnet18"
    assert made.candidates[-1].state == UNKNOWN


@pytest.mark.parametrize(
    ("output", "words"),
    [(OutputError(0.9, 0.01), "relative error 0.9"), (OutputError(None, 0.01, "it is not finite", True), "not finite")],
)
def test_a_fast_wrong_answer_is_not_chosen_and_beats_none(output, words):
    fine = case("resnet18", p50=0.030, output=OutputError(0.001, 0.01))
    made = choose([("A", case(p50=0.001, output=output)), ("A", fine)], Limits(latency_s=0.033, accuracy=0.5))
    assert made.best is not None and made.best.result is fine
    assert made.candidates[-1].state == WRONG and words in made.candidates[-1].doubts[0]
    assert [made.candidates[place].result for place in made.front] == [fine] and not made.beside
    axes = BY_NAME["params"], BY_NAME["latency_p50"]
    points = scatter([case(p50=0.001, output=output), fine], *axes)
    assert pareto(points, *axes) == {1}, "nor is it on the front that the app draws"
    alone = choose([("A", case(p50=0.001, output=output))], Limits())
    assert alone.best is None and alone.nearest is None
    unknown = OutputError(None, 0.01, "what it gives depends on what it finds")
    left = candidate("A", case(output=unknown), Limits())
    assert left.state == FITS and left.doubts == ("its output was not compared with fp32: " + unknown.words,)


@pytest.mark.parametrize("more", [{"grade": Grade("D", ("few",))}, {"throttled": True}])
def test_what_is_in_doubt_is_not_first_while_another_fits(more):
    slower = case("resnet18", p50=0.03)
    faster = case(p50=0.01)
    doubtful = type(faster)(**{name: getattr(faster, name) for name in faster.__struct_fields__} | more)
    made = choose([("A", doubtful), ("A", slower)], Limits(latency_s=0.033))
    assert made.best is not None and made.best.result is slower
    alone = choose([("A", doubtful)], Limits(latency_s=0.033))
    assert alone.best is not None and alone.best.doubts


def test_ties_are_not_an_order():
    made = choose([("A", case(p50=0.0200)), ("A", case("resnet18", p50=0.0202))], Limits(latency_s=0.033))
    assert [each.result.case.model for each in made.tied_with_best()] == ["resnet18"]


def test_a_percentile_that_the_passes_do_not_tell_is_unknown():
    made = candidate("A", case(n=20), Limits(latency_s=0.033, percentile=99))
    assert made.state == UNKNOWN and "299 are needed" in (made.tried[0].figure.reason or "")


def test_power_at_a_rate_is_the_mean_and_a_rate_beyond_it_misses():
    made = candidate("A", case(), Limits(power_w=2.0, cycle=DutyCycle(10.0, 50.0)))
    assert made.state == FITS and made.figures["power"].value == pytest.approx(1.4)
    assert made.duty is not None and made.duty.hours == pytest.approx(50 / 1.4)
    beyond = candidate("A", case(), Limits(cycle=DutyCycle(100.0)))
    assert beyond.state == MISSES and beyond.slow == pytest.approx(1.0)


def test_published_accuracy_is_that_of_the_case_or_none():
    assert published(case()).weights == "IMAGENET1K_V2"
    assert published(case(weights="IMAGENET1K_V1")).top1 == pytest.approx(0.71878)
    assert "measured at 128x128" in (published(case(size=128)).reason or "")
    assert published(case(weights="mine.pt")).top1 is None
    assert published(case("net.py:build")).top1 is None
    note = candidate("A", case(), Limits()).figures["accuracy"].note
    assert note == "published (IMAGENET1K_V2), not measured here"
