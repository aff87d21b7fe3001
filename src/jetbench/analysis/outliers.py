"""Passes far from their neighbours: classified and counted, never dropped.

Far is Tukey's outer fence, quartiles -+ 3 interquartile ranges, of the passes around one, so that a
board that gets slower is no outlier. The window of 101 passes moves by half its length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jetbench.analysis.latency import percentile
from jetbench.analysis.thresholds import FENCE, NOISE_FLOOR, WINDOW
from jetbench.domain.results import Outliers

STEP = WINDOW // 2
LEAST = 10  # passes around one, to tell what is far


def far(values: Sequence[int]) -> Iterator[tuple[int, bool]]:
    """(index, whether it is slower than its neighbours) of every outlier, in order."""
    n = len(values)
    if n < LEAST:
        return
    for begin in range(0, n, STEP):
        first = max(0, min(begin - STEP // 2, n - WINDOW))
        ordered = sorted(values[first : first + WINDOW])
        low, high = percentile(ordered, 0.25), percentile(ordered, 0.75)
        reach = FENCE * max(high - low, NOISE_FLOOR * percentile(ordered, 0.5))
        own = values[begin : begin + STEP]
        if low - reach <= min(own) and max(own) <= high + reach:
            continue
        for index in range(begin, min(begin + STEP, n)):
            if values[index] > high + reach:
                yield index, True
            elif values[index] < low - reach:
                yield index, False


def classify(series: Sequence[Sequence[int]], flags: Sequence[Sequence[str]]) -> Outliers:
    """Over every round of a case; ``flags`` are those of the same passes."""
    slow = fast = explained = spent = 0
    for values, reasons in zip(series, flags, strict=True):
        for index, is_slow in far(values):
            slow, fast = slow + is_slow, fast + (not is_slow)
            explained += bool(reasons[index])
            spent += values[index]
    whole = sum(sum(values) for values in series)
    return Outliers(slow, fast, explained, spent / whole if whole else 0.0)
