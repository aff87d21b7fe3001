"""Sorting finished cases, series and Pareto points; a folded histogram beside the exact one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis.folding import FINEST, MOST, Folding, folded
from jetbench.analysis.latency import percentile
from jetbench.analysis.measures import BY_NAME, ordered
from jetbench.analysis.series import Point, lines, pareto
from jetbench.domain import events as ev
from jetbench.domain.results import CaseResult, PowerResult

DURATIONS = st.lists(st.integers(0, 1 << 40), min_size=1, max_size=400)
ENERGY, MEMORY = BY_NAME["energy"], BY_NAME["peak_memory"]


def case(number: int, energy: float | None = None, batch: int = 1, model: str = "m") -> CaseResult:
    power = PowerResult(energy_j=energy, energy_u_j=0.1, reason=None if energy else "no_sensor")
    return CaseResult(ev.Case(id=number, model=model, batch=batch, size=(224, 224)), "measured", power=power)


@given(st.lists(st.none() | st.floats(0.01, 100)))
def test_what_is_missing_is_last_in_either_direction(energies):
    results = [case(number, energy) for number, energy in enumerate(energies)]
    for descending in (False, True):
        found = [result.power.energy_j for result in ordered(results, ENERGY, descending)]
        known = [energy for energy in found if energy is not None]
        assert known == sorted(known, reverse=descending)
        assert found == known + [None] * (len(found) - len(known))
        alike = [r.case.id for r in ordered([case(i, 1.0) for i in range(5)], ENERGY, descending)]
        assert alike == [0, 1, 2, 3, 4]


@given(DURATIONS)
def test_percentiles_of_bins_are_within_a_bin_of_the_exact_ones(durations):
    bins = folded(durations)
    exact = sorted(max(1, d) for d in durations)
    width = 2 ** (1 / bins.per_octave) - 1
    assert bins.n == len(durations) and (bins.low, bins.high) == (exact[0], exact[-1])
    for q in (0.0, 0.5, 0.95, 0.99, 1.0):
        assert abs(bins.percentile(q) / percentile(exact, q) - 1) <= 1.01 * width
    assert bins.below(exact[-1]) == len(exact) and bins.below(exact[0] - 1) == 0
    steps = [bins.below(exact[0] * 2 ** (i / 7)) for i in range(300)]
    assert steps == sorted(steps)


@given(DURATIONS, st.integers(1, 50))
def test_bins_are_the_same_in_whatever_pieces_they_came(durations, size):
    whole = Folding()
    for begin in range(0, len(durations), size):
        whole.add(durations[begin : begin + size])
    assert whole.bins() == folded(durations)


def test_memory_stays_bounded():
    folding = Folding()
    for i in range(200):
        folding.add(range(1 + i * 1000, 1001 + i * 1000))
    assert len(folding.bins().keys) <= MOST and folding.per_octave < FINEST and folding.bins().n == 200_000


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_pareto_points_are_those_that_nothing_beats(pairs):
    points = [Point(case(0), float(x), float(y)) for x, y in pairs]
    beaten = {i for i, (x, y) in enumerate(pairs) if any(a <= x and b <= y and (a, b) != (x, y) for a, b in pairs)}
    assert pareto(points, MEMORY, ENERGY) == set(range(len(pairs))) - beaten
    assert pareto(points, BY_NAME["batch"], ENERGY) == frozenset()


def test_a_line_is_one_model_in_the_order_of_its_batches():
    results = [case(0, 3.0, 4), case(1, None, 1), case(2, 2.0, 2), case(3, 9.0, 1, "other")]
    first, other = lines(results, ENERGY, "batch")
    assert (first.name, other.name) == ("m", "other")
    assert [(point.x, point.y) for point in first.points] == [(1, None), (2, 2.0), (4, 3.0)]
    assert first.points[1].interval == (1.9, 2.1) and first.points[0].interval is None
