"""Latency statistics against the standard library, the binomial distribution and simulated samples."""

from __future__ import annotations

import math
import random
import statistics

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis.autocorrelation import lag1_and_n_eff
from jetbench.analysis.grade import percentiles_supported
from jetbench.analysis.latency import half_width, median_interval, percentile, summarise

DURATIONS = st.lists(st.integers(1, 10**13), min_size=1, max_size=300)


@given(DURATIONS)
def test_mean_spread_and_extremes(values):
    found = summarise(values)
    assert found is not None
    assert found.n == len(values)
    assert math.isclose(found.mean, statistics.fmean(values) * 1e-9, rel_tol=1e-12)
    assert found.min == min(values) * 1e-9
    assert found.max == max(values) * 1e-9
    if len(values) == 1:
        assert found.std is None
    else:
        # Means of ten thousand seconds leave some nanoseconds of rounding in the differences.
        assert found.std is not None
        assert math.isclose(found.std, statistics.stdev(values) * 1e-9, rel_tol=1e-9, abs_tol=1e-12)


@given(DURATIONS)
def test_median(values):
    found = summarise(values)
    assert found is not None
    assert math.isclose(found.p50, statistics.median(values) * 1e-9, rel_tol=1e-12)


@given(st.lists(st.integers(1, 10**12), min_size=2, max_size=300))
def test_percentiles_are_those_of_the_standard_library(values):
    """``statistics.quantiles(method="inclusive")`` is type 7 as well."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    found = summarise(values)
    assert found is not None
    for name, cut in (("p90", 90), ("p95", 95), ("p99", 99)):
        assert math.isclose(getattr(found, name), cuts[cut - 1] * 1e-9, rel_tol=1e-9)


@given(DURATIONS)
def test_order(values):
    found = summarise(values)
    assert found is not None
    ordered = (found.min, found.p50, found.p90, found.p95, found.p99, found.max)
    assert list(ordered) == sorted(ordered)
    if found.ci95 is not None:
        assert found.min <= found.ci95[0] <= found.p50 <= found.ci95[1] <= found.max


@given(DURATIONS, st.randoms())
def test_the_order_of_the_passes_matters_to_the_interval_alone(values, draw):
    shuffled = values[:]
    draw.shuffle(shuffled)
    one, other = summarise(values), summarise(shuffled)
    of_order = {"ci95": None, "lag1": None, "n_eff": None}
    assert msgspec.structs.replace(one, **of_order) == msgspec.structs.replace(other, **of_order)


def test_nothing_measured():
    assert summarise([]) is None
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_a_constant_has_no_spread():
    found = summarise([5_000_000] * 50)
    assert found is not None
    assert found.std == 0
    assert found.mean == found.p50 == found.p99 == pytest.approx(0.005, rel=1e-15)
    assert found.ci95 == (0.005, 0.005)


def test_a_small_spread_on_a_large_mean_is_kept():
    """One nanosecond around an hour: the naive sum of squares gives 0 or less."""
    values = [3_600_000_000_000 + x for x in (-1, 0, 1)]
    found = summarise(values)
    assert found is not None
    assert found.std == pytest.approx(1e-9, rel=1e-6)


def test_known_distribution():
    draw = random.Random(7)
    found = summarise([round(draw.gauss(20e6, 1e6)) for _ in range(200_000)])
    assert found is not None
    assert found.mean == pytest.approx(0.020, rel=5e-4)
    assert found.std == pytest.approx(0.001, rel=1e-2)
    assert found.p95 == pytest.approx(0.020 + 1.6449e-3, rel=2e-3)
    assert found.p99 == pytest.approx(0.020 + 2.3263e-3, rel=2e-3)


# -- the interval of the median

SHAPES = {
    "normal": (lambda draw: draw.gauss(0, 1), 0.0),
    "exponential": (lambda draw: draw.expovariate(1), math.log(2)),
    "long tail": (lambda draw: draw.lognormvariate(0, 0.8), 1.0),
    "two levels": (lambda draw: draw.uniform(0, 1) + (4 if draw.random() < 0.25 else 0), 2 / 3),
}


def autoregressive(draw: random.Random, n: int, rho: float) -> list[float]:
    values = [draw.gauss(0, 1)]
    for _ in range(n - 1):
        values.append(rho * values[-1] + math.sqrt(1 - rho * rho) * draw.gauss(0, 1))
    return values


def covered(draw_series, truth: float, runs: int) -> float:
    """Share of simulated runs whose interval, as a session would print it, holds the true median."""
    hits = 0
    for _ in range(runs):
        values = draw_series()
        interval = median_interval(sorted(values), lag1_and_n_eff(values)[1])
        hits += interval is not None and interval[0] <= truth <= interval[1]
    return hits / runs


def test_below_six_values_there_is_none():
    assert [half_width(n) for n in range(6)] == [None] * 6
    assert median_interval([1.0, 2.0, 3.0, 4.0, 5.0]) is None
    low, high = median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert 1.0 < low < 1.5
    assert 5.5 < high < 6.0


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [6, 8, 10, 20, 30, 100])
def test_the_interval_holds_the_median_as_often_as_it_says(shape, n):
    """2000 runs: the standard error of the share is 0.5 %."""
    value, truth = SHAPES[shape]
    draw = random.Random(f"{shape} {n}")
    assert 0.93 <= covered(lambda: [value(draw) for _ in range(n)], truth, 2000) <= 0.97


@pytest.mark.parametrize(
    ("n", "rho", "least"), [(100, 0.5, 0.93), (300, 0.5, 0.93), (300, 0.8, 0.91), (1000, 0.8, 0.93)]
)
def test_passes_that_hang_together_widen_it(n, rho, least):
    draw = random.Random(n)
    series = [autoregressive(draw, n, rho) for _ in range(300)]
    honest = sum(_holds(values, lag1_and_n_eff(values)[1]) for values in series) / len(series)
    naive = sum(_holds(values, None) for values in series) / len(series)
    assert least <= honest <= 0.99
    assert naive < honest - 0.05


def _holds(values: list[float], n_eff: float | None) -> bool:
    low, high = median_interval(sorted(values), n_eff)
    return low <= 0 <= high


def test_effective_number_of_an_autoregressive_series():
    """(1 - rho) / (1 + rho) of the passes; ranks of a normal series hang together a little less."""
    draw = random.Random(5)
    lag1, n_eff = lag1_and_n_eff(autoregressive(draw, 4000, 0.5))
    assert lag1 == pytest.approx(0.48, abs=0.05)
    assert n_eff == pytest.approx(4000 / 3, rel=0.2)
    lag1, n_eff = lag1_and_n_eff([draw.random() for _ in range(4000)])
    assert abs(lag1) < 0.05
    assert n_eff > 3000


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_effective_number_stays_in_its_bounds(values):
    lag1, n_eff = lag1_and_n_eff(values)
    assert min(2, len(values)) <= n_eff <= len(values)
    assert lag1 is None or -1 <= lag1 <= 1


@given(st.lists(st.integers(0, 30), min_size=4, max_size=120))
def test_effective_number_is_that_of_the_formula(values):
    """n / (1 + 2 sum rho_k), the sum cut where a pair of neighbouring lags is not positive; in whole numbers."""
    n = len(values)
    centred = [sum(other < value for other in values) - sum(other > value for other in values) for value in values]
    product = [sum(centred[i] * centred[i + lag] for i in range(n - lag)) for lag in range(n)]
    lag1, n_eff = lag1_and_n_eff(values)
    if not product[0]:
        assert (lag1, n_eff) == (None, n)
        return
    pairs = [product[lag] + product[lag + 1] for lag in range(1, n // 2 - 1, 2)]
    positive = next((place for place, pair in enumerate(pairs) if pair <= 0), len(pairs))
    told = sum(pairs[:positive]) / product[0]
    assert lag1 == pytest.approx(product[1] / product[0], abs=1e-12)
    assert n_eff == pytest.approx(min(n, max(2, n / (1 + 2 * told))))


def test_percentiles_need_passes():
    """n >= ln 0.05 / ln q: 29 for p90, 59 for p95, 299 for p99."""
    draw = random.Random(3)
    for n, told in ((10, ()), (28, ()), (40, (90,)), (80, (90, 95)), (400, (90, 95, 99))):
        summary = summarise([round(draw.gauss(20e6, 1e6)) for _ in range(n)])
        independent = as_independent(summary, n)
        assert percentiles_supported(independent) == told


def as_independent(summary, n):
    """The same summary of passes that are taken to be independent."""
    return msgspec.structs.replace(summary, n_eff=float(n))
