"""Statistics of latencies: percentiles, spread, the interval of the median."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from jetbench.analysis.autocorrelation import lag1_and_n_eff
from jetbench.domain.results import LatencySummary

# Two-sided 95 % of the standard normal distribution.
_Z95 = 1.959963984540054
_CONFIDENCE = 0.95
_EXACT = 1000  # passes up to which the binomial distribution is summed
LEAST = 6  # below, no two order statistics enclose the median with 95 %


def percentile(ordered: Sequence[float], q: float) -> float:
    """The q-quantile of sorted values, linear between neighbours (Hyndman and Fan 1996, type 7)."""
    if not ordered:
        raise ValueError("no values")
    position = q * (len(ordered) - 1)
    low = math.floor(position)
    high = min(low + 1, len(ordered) - 1)
    share = position - low
    return ordered[low] + (ordered[high] - ordered[low]) * share


@lru_cache(maxsize=4096)
def half_width(n: int) -> float | None:
    """How many ranks from the middle the 95 % interval of the median reaches. None below 6 values.

    Two whole ranks enclose it with more than 95 % (with 97.9 % for ten values), so the place between
    them is taken that comes nearest to it: Nyblom, "Note on interpolated order statistics",
    Statistics and Probability Letters 14 (1992), after Hettmansperger and Sheather 1986. Its
    coverage is 94 to 96 % from 6 values on, whatever the shape. Normal approximation above 1000.
    """
    if n < LEAST:
        return None
    if n > _EXACT:
        return _Z95 * math.sqrt(n) / 2
    rank, inside = _last_enclosing(n)
    tighter = inside - 2 * _probability(n, rank)  # P(rank + 1 <= B <= n - rank - 1)
    excess = (inside - _CONFIDENCE) / (inside - tighter)
    share = (n - rank) * excess / (rank + (n - 2 * rank) * excess)
    return (n + 1) / 2 - (rank + share)


def _last_enclosing(n: int) -> tuple[int, float]:
    """The largest 1-based rank k for which [x(k), x(n+1-k)] encloses the median with 95 %, and with how much."""
    rank, inside = 1, 1 - 2 * _probability(n, 0)
    while (tighter := inside - 2 * _probability(n, rank)) >= _CONFIDENCE:
        rank, inside = rank + 1, tighter
    return rank, inside


def _probability(n: int, k: int) -> float:
    """Of k heads in n throws."""
    return math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))


def median_interval(ordered: Sequence[float], n_eff: float | None = None) -> tuple[float, float] | None:
    """95 % interval of the median of sorted values, which tell as much as ``n_eff`` independent ones."""
    n = len(ordered)
    half = half_width(n)
    if half is None:
        return None
    half *= math.sqrt(n / n_eff) if n_eff else 1.0
    middle = (n - 1) / 2
    return _at(ordered, max(0.0, middle - half)), _at(ordered, min(n - 1.0, middle + half))


def _at(ordered: Sequence[float], position: float) -> float:
    low = min(math.floor(position), len(ordered) - 2)
    return ordered[low] + (ordered[low + 1] - ordered[low]) * (position - low)


def summarise(durations_ns: Sequence[int]) -> LatencySummary | None:
    """Summary in seconds of durations in nanoseconds, in the order they were measured. None without any."""
    n = len(durations_ns)
    if n == 0:
        return None
    lag1, n_eff = lag1_and_n_eff(durations_ns)
    ordered = sorted(durations_ns)
    mean = math.fsum(ordered) / n
    std = math.sqrt(math.fsum((x - mean) ** 2 for x in ordered) / (n - 1)) if n > 1 else None
    interval = median_interval(ordered, n_eff)
    second = 1e-9
    return LatencySummary(
        n=n,
        mean=mean * second,
        std=None if std is None else std * second,
        min=ordered[0] * second,
        p50=percentile(ordered, 0.50) * second,
        p90=percentile(ordered, 0.90) * second,
        p95=percentile(ordered, 0.95) * second,
        p99=percentile(ordered, 0.99) * second,
        max=ordered[-1] * second,
        ci95=None if interval is None else (interval[0] * second, interval[1] * second),
        lag1=lag1,
        n_eff=n_eff,
    )
