"""How much the passes of one series hang together, and how many independent ones would tell as much.

Neighbouring passes share a clock, a temperature and a cache, so n of them know less than n draws
would. Every interval of ours is made from the effective number, n_eff = n / (1 + 2 sum rho_k) with rho
on ranks and the sum cut where a pair of neighbouring lags is no longer positive (Geyer 1992,
"Practical Markov Chain Monte Carlo", initial positive sequence).
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import add, mul

# The lags are looked at in a contiguous stretch of this many passes from the middle of a longer series:
# it answers for the rest, and keeps the cost of a session of ten million passes below a second.
STRETCH = 4096
MAX_LAG = 400


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 0, ties at their mean: a slow outlier is one place higher, not a hundred times heavier."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ordered = [values[place] for place in order]
    found = [0.0] * len(values)
    first = 0
    while first < len(order):
        end = first + 1
        while end < len(order) and ordered[end] == ordered[first]:
            end += 1
        rank = (first + end - 1) / 2
        for place in order[first:end]:
            found[place] = rank
        first = end
    return found


def correlation(centred: Sequence[float], variance: float, lag: int, other: Sequence[float] | None = None) -> float:
    """Autocorrelation at a lag of values whose mean is 0, or their correlation with another series.

    ``variance`` is the sum of their squares.
    """
    return _product(centred, (centred if other is None else other)[lag:]) / variance if variance else 0.0


def lag1_and_n_eff(values: Sequence[float]) -> tuple[float | None, float]:
    """(lag-1 autocorrelation of the ranks, effective number). None below 4 values or where all are equal.

    2 <= n_eff <= n: a negative correlation is not taken for more knowledge than there are passes.
    """
    n = len(values)
    if n < 4:
        return None, float(n)
    begin = max(0, (n - STRETCH) // 2)
    placed = ranks(values[begin : begin + STRETCH])
    middle = (len(placed) - 1) / 2
    centred = [rank - middle for rank in placed]
    variance = _product(centred, centred)
    if not variance:
        return None, float(n)
    lag1 = correlation(centred, variance, 1)
    together = [*map(add, centred, centred[1:]), centred[-1]]  # a product with it tells two lags
    total, lag = 0.0, 1
    while lag + 1 < min(len(centred) // 2, MAX_LAG):
        pair = correlation(centred, variance, lag, together)
        if pair <= 0:
            break
        total += pair
        lag += 2
    return lag1, min(float(n), max(2.0, n / (1 + 2 * total)))


def _product(left: Sequence[float], right: Sequence[float]) -> float:
    """As far as both go."""
    return float(sum(map(mul, left, right)))
