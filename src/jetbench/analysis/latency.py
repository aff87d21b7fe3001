"""Statistics of latencies: percentiles, spread, the interval of the median."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from jetbench.domain.results import LatencySummary

# Two-sided 95 % of the standard normal distribution.
_Z95 = 1.959963984540054


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
def median_ranks(n: int) -> tuple[int, int] | None:
    """0-based ranks of the order statistics that enclose the median with at least 95 %.

    Exact from the binomial distribution up to 1000 values (Conover, Practical Nonparametric
    Statistics, 3.2), normal approximation above. None below 6 values: no such interval exists.
    """
    if n < 6:
        return None
    if n > 1000:
        half = _Z95 * math.sqrt(n) / 2
        return max(0, math.floor(n / 2 - half) - 1), min(n - 1, math.ceil(n / 2 + half))
    tail = 0.0
    weight = 0.5**n
    lower = -1
    for k in range(n // 2):
        tail += math.comb(n, k) * weight
        if tail > 0.025:
            break
        lower = k
    return (lower, n - 1 - lower) if lower >= 0 else None


def median_interval(ordered: Sequence[float]) -> tuple[float, float] | None:
    ranks = median_ranks(len(ordered))
    return None if ranks is None else (ordered[ranks[0]], ordered[ranks[1]])


def summarise(durations_ns: Sequence[int]) -> LatencySummary | None:
    """Summary in seconds of durations in nanoseconds. None without any."""
    n = len(durations_ns)
    if n == 0:
        return None
    ordered = sorted(durations_ns)
    mean = math.fsum(ordered) / n
    std = math.sqrt(math.fsum((x - mean) ** 2 for x in ordered) / (n - 1)) if n > 1 else None
    interval = median_interval(ordered)
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
    )
