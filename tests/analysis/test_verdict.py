"""Verdicts from made-up facts: each kind, what makes it unsure, and what a trial says of it."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis import proof, roofline, trials, verdict
from jetbench.analysis.latency import summarise
from jetbench.domain.events import Calibration, Case, Experiment, Model, OpClass, Profile
from jetbench.domain.why import COMPUTE, KERNEL, MEMORY, OVERHEAD, STALLED, UNSURE, Trial, Verdict

MS = 1_000_000
ROOFS = Calibration(
    peak_flops=100e9, bandwidth=20e9, calls=500e3, conv_calls=200e3,
    peak_flops_spread=0.01, bandwidth_spread=0.01, calls_spread=0.01,
)  # fmt: skip
CASE = Case(id=0, model="m", device="cpu", threads=1)


def facts(
    ms: float, macs: int, traffic: int, rows: tuple[OpClass, ...], flags: dict[str, int] | None = None, n: int = 40,
    roofs: Calibration | None = ROOFS,
) -> verdict.Facts:  # fmt: skip
    passes = [round(ms * MS)] * n
    flagged = max((flags or {}).values(), default=0)
    profile = Profile(plain=(round(ms * MS),) * 3, profiled=(round(ms * MS),), classes=rows, onednn=True)
    model = Model(name="m", macs=macs, bytes=1000, traffic_bytes=traffic, input_bytes=10, output_bytes=10)
    return verdict.Facts(
        CASE, summarise(passes), summarise(passes[flagged:]), flags or {}, model, roofs, profile
    )  # fmt: skip


def judged(told: verdict.Facts) -> Verdict:
    classes = roofline.classes(told.profile, told.calibration) if told.profile else ()
    line = None
    if told.clean is not None and told.calibration is not None and told.profile is not None:
        line = roofline.roofline(told.clean.p50, told.model, told.calibration, told.profile)
    return verdict.of(told, line, classes)


def op(name: str, ms: float, macs: int, calls: int = 10) -> OpClass:
    return OpClass(name=name, ns=round(ms * MS), calls=calls, events=calls, macs=macs)


DENSE = (op("dense conv", 28, 10**9), op("normalisation", 2, 0))
DEPTHWISE = (op("depthwise conv", 20, 7 * 10**6), op("pointwise conv", 9, 93 * 10**6), op("linear/matmul", 1, 10**6))


@pytest.mark.parametrize(
    ("told", "kind", "said"),
    [
        (facts(30, 10**9, 10**7, DENSE), COMPUTE, "67% of what cpu with 1 thread reaches"),
        (facts(30, 10**8, 4 * 10**8, DENSE), MEMORY, "13.33 GB/s, 67%"),
        (facts(30, 10**8, 10**7, DEPTHWISE), KERNEL, "depthwise convs do 7% of the MACs and take 67% of the time"),
        (facts(1, 10**6, 10**5, (op("pooling", 1, 10**6, 400),)), OVERHEAD, "calling 400 operators alone takes 80%"),
        (facts(30, 10**9, 10**7, DENSE, {"S": 9}), STALLED, "22% of the passes were swapped or paged"),
        (facts(30, 10**9, 10**7, DENSE, roofs=None), UNSURE, "the device was not calibrated"),
        (
            facts(30, 10**9, 10**7, DENSE, roofs=Calibration(refused="97 C, and its clocks are lowered from 99 C on")),
            UNSURE,
            "97 C",
        ),
    ],
)
def test_each_kind_is_told_from_its_facts(told: verdict.Facts, kind: str, said: str) -> None:
    found = judged(told)
    assert found.kind == kind
    assert said in found.sentence
    assert found.overturn


@pytest.mark.parametrize("unknown", ["peak_flops_spread", "bandwidth_spread"])
def test_roofs_that_are_known_nobody_knows_how_well_are_no_sure_ground(unknown: str) -> None:
    roofs = msgspec.structs.replace(ROOFS, **{unknown: None})
    line = roofline.roofline(0.03, Model(name="m", macs=10**9, bytes=1000, traffic_bytes=10**7, input_bytes=10,
                                         output_bytes=10), roofs, Profile())  # fmt: skip
    assert line is not None and line.spread is None
    assert judged(facts(30, 10**9, 10**7, DENSE)).sure == "well"
    assert judged(facts(30, 10**9, 10**7, DENSE, roofs=roofs)).sure == "fairly"


def test_two_classes_are_named_where_they_lose_most_of_the_time_together() -> None:
    rows = (op("dense conv", 13, 4 * 10**7), op("pointwise conv", 12, 4 * 10**7), op("linear/matmul", 5, 2 * 10**7))
    told = facts(30, 10**8, 10**7, rows)
    found = judged(told)
    assert found.kind == KERNEL
    assert "dense convs and pointwise convs run at 6% of theirs and take 83% of the time" in found.sentence
    assert told.profile is not None
    classes = roofline.classes(told.profile, ROOFS)
    line = roofline.roofline(0.03, told.model, ROOFS, told.profile)
    for saved, agrees in ((0.38, True), (0.05, False)):
        ran = (Trial("without dense conv", 1 / 0.6 - 1), Trial("without pointwise conv", 1 / (1 - saved) - 1))
        tested = proof.proof(found, line, classes, ran)
        assert tested is not None
        assert tested.agrees is agrees


def test_nothing_stands_out_where_time_is_lost_everywhere() -> None:
    names = ("dense conv", "pointwise conv", "grouped conv", "linear/matmul", "normalisation", "pooling")
    assert judged(facts(30, 10**8, 10**7, tuple(op(name, 5, 16 * 10**6) for name in names))).kind == UNSURE


def test_preempted_passes_are_left_out_and_the_rest_still_tells_if_it_is_enough() -> None:
    told = judged(facts(30, 10**9, 10**7, DENSE, {"P": 30}))
    assert told.kind == COMPUTE
    assert "75% of the passes were preempted, and 10 were not" in told.doubts[0]
    assert judged(facts(30, 10**9, 10**7, DENSE, {"P": 31})).kind == STALLED


def test_it_is_less_sure_near_a_threshold_or_under_roofs_that_are_hardly_known() -> None:
    assert judged(facts(30, 10**9, 10**7, DENSE)).sure == "well"
    loose = msgspec.structs.replace(ROOFS, bandwidth_spread=0.2)
    doubted = judged(facts(30, 10**9, 10**7, DENSE, roofs=loose))
    assert doubted.sure == "fairly"
    assert "20%" in doubted.doubts[0]
    assert judged(facts(47, 10**9, 10**7, DENSE)).sure == "hardly", "42.6 % of the roof, and 40 % decide"


def test_traffic_that_memory_could_not_carry_in_that_time_is_served_by_caches() -> None:
    told = facts(1, 10**7, 10**9, DENSE)
    assert told.profile is not None
    line = roofline.roofline(1e-3, told.model, ROOFS, told.profile)
    assert line is not None
    assert line.cached
    assert line.at_memory == pytest.approx(1020 / 20e9)
    assert line.efficiency == pytest.approx(0.2)


def test_what_the_profiler_adds_to_each_event_is_taken_off() -> None:
    rows = (OpClass(name="depthwise conv", ns=90 * MS, calls=10, events=900, macs=1), op("dense conv", 20, 1, 100))
    profile = Profile(plain=(10 * MS,), profiled=(110 * MS,), classes=rows)
    found = {row.name: row.seconds for row in roofline.classes(profile, ROOFS)}
    assert found["depthwise conv"] == pytest.approx(0.0)
    assert found["dense conv"] == pytest.approx(0.010)


@pytest.mark.parametrize(("saved", "agrees"), [(0.66, True), (0.40, True), (0.20, False), (-0.05, False)])
def test_a_class_that_is_hardly_missed_contradicts_its_verdict(saved: float, agrees: bool) -> None:
    told = facts(30, 10**8, 10**7, DEPTHWISE)
    assert told.profile is not None
    classes = roofline.classes(told.profile, ROOFS)
    line = roofline.roofline(0.03, told.model, ROOFS, told.profile)
    ran = Trial("without depthwise conv", 1 / (1 - saved) - 1)
    found = proof.proof(judged(told), line, classes, (ran,))
    assert found is not None
    assert found.agrees is agrees


def test_calls_are_contradicted_by_a_batch_that_costs_double() -> None:
    told = Verdict(OVERHEAD, "")
    for change, agrees in ((0.9, True), (0.0, False)):
        found = proof.proof(told, None, (), (Trial("batch x2", change),))
        assert found is not None
        assert found.agrees is agrees


def test_signed_ranks_cut_what_their_table_says() -> None:
    """Critical values of Wilcoxon's test, two-sided 5 %: W = 0, 2, 3, 5, 8, 13 for n = 6, 7, 8, 9, 10, 12."""
    assert [trials._cut(n) for n in (6, 7, 8, 9, 10, 12)] == [1, 3, 4, 6, 9, 14]


@given(st.integers(0, 10**6))
def test_a_constant_difference_is_found_whatever_single_round_was_disturbed(seed: int) -> None:
    chance = random.Random(seed)
    base = [[round(chance.gauss(1000, 5)) for _ in range(5)] for _ in range(8)]
    other = [[round(value / 1.073) for value in row] for row in base]
    other[chance.randrange(8)] = [9000] * 5
    told = [Experiment(name=trials.BASE, d=tuple(map(tuple, base))), Experiment(name="b", d=tuple(map(tuple, other)))]
    (found,) = trials.trials(told)
    assert found.change == pytest.approx(0.073, abs=0.004)


def test_no_difference_is_shown_in_95_of_100_where_there_is_none() -> None:
    chance, shown = random.Random(1), 0
    for _ in range(400):
        rows = [[tuple(round(chance.gauss(10_000, 200)) for _ in range(5)) for _ in range(8)] for _ in range(2)]
        (found,) = trials.trials([Experiment(name=n, d=tuple(r)) for n, r in zip(("as it is", "b"), rows, strict=True)])
        shown += found.shown
    assert shown / 400 < 0.07


def test_a_difference_reads_as_a_person_would_say_it() -> None:
    assert trials.text(Trial("b", 0.073, 0.061, 0.084, 0.01, 8)) == "7.3 % faster [6.1, 8.4]"
    assert trials.text(Trial("b", -0.5, -0.6, -0.4, 0.01, 8)) == "100.0 % slower [66.7, 150.0]"
    assert trials.text(Trial("b", 0.01, -0.02, 0.04, 0.01, 8)) == "no difference shown [-2.0, +4.0] %"
    assert trials.text(Trial("b", reason="needs a GPU")) == "not tried: needs a GPU"


def test_bytes_that_nobody_counted_are_not_taken_for_none() -> None:
    told = facts(30, 10**8, 10**7, DEPTHWISE)
    assert told.model is not None and told.profile is not None
    for name in ("bytes", "input_bytes", "output_bytes"):
        model = msgspec.structs.replace(told.model, **{name: None})
        assert roofline.roofline(0.03, model, ROOFS, told.profile) is None
