"""Latency statistics against the standard library, the binomial distribution and simulated samples."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis.latency import median_interval, median_ranks, percentile, summarise

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
def test_the_order_of_the_passes_does_not_matter(values, draw):
    shuffled = values[:]
    draw.shuffle(shuffled)
    assert summarise(values) == summarise(shuffled)


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


def coverage(n: int, low: int, high: int) -> float:
    """Exact probability that [x(low), x(high)], 0-based, holds the median of a continuous distribution."""
    return sum(math.comb(n, k) for k in range(low + 1, high + 1)) / 2**n


def test_below_six_values_there_is_none():
    assert [median_ranks(n) for n in range(6)] == [None] * 6
    assert median_ranks(6) == (0, 5)
    assert median_interval([1, 2, 3, 4, 5]) is None


@pytest.mark.parametrize("n", [*range(6, 200), 500, 999, 1000, 1001, 1002, 2000, 5000])
def test_at_least_95_percent_and_no_wider_than_needed(n):
    ranks = median_ranks(n)
    assert ranks is not None
    low, high = ranks
    assert low + high == n - 1 or n > 1000
    assert coverage(n, low, high) >= 0.95
    spare = 0 if n <= 1000 else 2  # the normal approximation may lie a rank or two outside
    assert coverage(n, low + 1 + spare, high - 1 - spare) < 0.95


@pytest.mark.parametrize("n", [10, 30, 100, 1000, 1500])
@pytest.mark.parametrize("shape", ["normal", "lognormal", "exponential", "two modes"])
def test_simulated_coverage(n, shape):
    """Thousands of runs, fixed seed: the true median lies inside as often as the ranks promise."""
    draw = random.Random(f"{n} {shape}")
    median, sample = {
        "normal": (0.0, lambda: draw.gauss(0, 1)),
        "lognormal": (1.0, lambda: draw.lognormvariate(0, 1)),
        "exponential": (math.log(2), lambda: draw.expovariate(1)),
        "two modes": (0.0, lambda: draw.gauss(draw.choice((-2, 2)), 1)),
    }[shape]
    runs = 3000 if n <= 100 else 1000
    ranks = median_ranks(n)
    assert ranks is not None
    low, high = ranks
    hits = 0
    for _ in range(runs):
        ordered = sorted(sample() for _ in range(n))
        hits += ordered[low] <= median <= ordered[high]
    assert median_interval(ordered) == (ordered[low], ordered[high])
    promised = coverage(n, *ranks)
    assert abs(hits / runs - promised) < 4 * math.sqrt(promised * (1 - promised) / runs)
    # Ten values allow 97.9 % or 89 % and nothing between; from thirty on it is 95 to 97 %.
    assert 0.95 <= promised <= (0.98 if n == 10 else 0.97)
    if n > 10:
        assert 0.93 <= hits / runs <= 0.985
