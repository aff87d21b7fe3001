"""Where a temperature goes: one heat capacity, fitted to what was seen of it so far.

T(t) = F + (T0 - F) exp(-t / tau): for a given tau F and T0 are a line's two coefficients, so that tau alone is searched
for. The derivative, which could be fitted without a search, drowns in the half degrees that sensors tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from jetbench.analysis import thresholds as limit
from jetbench.domain.results import Prediction

MOST_POINTS = 120
SKIPPED = 0.05  # of the time: a die follows its load in seconds, its heat sink in minutes
SETTLED = 1.0  # C from the final temperature
_TAUS, _ROUNDS = 16, 3  # tried, first from a fiftieth of the time on, then around the best one
Point = tuple[float, float]  # seconds, C


def predicted(points: Sequence[Point], trip: float | None = None) -> Prediction | None:
    """None where no such curve fits, where the temperature hardly rises, or where too little of it was seen.

    ``trip``: where throttling begins, C. Cooling down is not predicted.
    """
    if len(points) < 10:
        return None
    begin, end = points[0][0], points[-1][0]
    kept = [point for point in points if point[0] >= begin + SKIPPED * (end - begin)]
    kept = kept[:: max(1, len(kept) // MOST_POINTS)]
    span = end - kept[0][0]
    if span <= 0 or max(c for _, c in kept) - kept[0][1] < limit.LEAST_RISE:
        return None
    best: tuple[float, float, float, float] | None = None
    # The longest: a best one beyond MOST_TAU is seen to be there.
    shortest, longest = 0.02 * span, 2 * limit.MOST_TAU * span
    for _ in range(_ROUNDS):
        step = (longest / shortest) ** (1 / (_TAUS - 1))
        for tau in [shortest * step**number for number in range(_TAUS)]:
            fitted = _line([(math.exp(-(t - kept[0][0]) / tau), c) for t, c in kept])
            if fitted is not None and (best is None or fitted[2] > best[3]):
                best = (tau, *fitted)
        if best is not None:
            shortest, longest = best[0] / step, best[0] * step
    if best is None:
        return None
    tau, final, fall, r2 = best
    if fall >= 0 or r2 < limit.LEAST_R2 or tau > limit.MOST_TAU * span:
        return None
    now = final + fall * math.exp(-span / tau)
    reached = None
    if trip is not None and final > trip:
        reached = max(0.0, tau * math.log((final - now) / (final - trip))) if now < trip else 0.0
    return Prediction(final, tau, r2, now, max(0.0, tau * math.log(max(1e-9, final - now) / SETTLED)), trip, reached)


def _line(points: Sequence[Point]) -> tuple[float, float, float] | None:
    """(intercept, slope, R2) by least squares."""
    n = len(points)
    x_mean, y_mean = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    xx = sum((x - x_mean) ** 2 for x, _ in points)
    yy = sum((y - y_mean) ** 2 for _, y in points)
    if xx <= 0 or yy <= 0:
        return None
    xy = sum((x - x_mean) * (y - y_mean) for x, y in points)
    return y_mean - xy / xx * x_mean, xy / xx, xy * xy / (xx * yy)
