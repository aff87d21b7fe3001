"""Whether the latency stayed where it was: levels of the series. The onset of a slowdown is in ``onset``.

Levels are change points of log block medians (penalised least squares, exact by dynamic programming;
the classes are those of Barrett et al., "Virtual Machine Warmup Blows Hot and Cold", OOPSLA 2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from statistics import median

from jetbench.analysis import thresholds as limit
from jetbench.analysis.onset import slowdown_onset
from jetbench.domain.results import Trend

_SEVERITY = ("unknown", "flat", "warm-up", "slowdown", "unsteady")


def of_rounds(rounds: Sequence[Sequence[int]]) -> Trend:
    """The trend of a case: each round is a series of its own, the worst of them is told.

    Durations in nanoseconds; passes are counted through all rounds, levels are in seconds.
    """
    worst, before = Trend(), 0
    for values in rounds:
        found = of_series(values, before)
        if _SEVERITY.index(found.kind) > _SEVERITY.index(worst.kind) or worst.burst is None:
            worst = found
        before += len(values)
    return worst


def of_series(values: Sequence[int], first: int = 0) -> Trend:
    """The trend of one series of passes; ``first`` is the number of the first one."""
    if len(values) < limit.LEAST_PASSES:
        return Trend()
    size = max(limit.LEAST_BLOCK, math.ceil(len(values) / limit.BLOCKS))
    blocks = [median(values[i : i + size]) for i in range(0, len(values) - size + 1, size)]
    logs = [math.log(max(1, block)) for block in blocks]
    begins = _merged(_change_points(logs), logs)
    levels = [median(values[b * size : e * size]) for b, e in zip(begins, [*begins[1:], len(blocks)], strict=True)]
    onset = slowdown_onset(values)
    return Trend(
        kind=_kind(begins, levels, len(blocks)),
        levels=tuple((first + b * size, level * 1e-9) for b, level in zip(begins, levels, strict=True)),
        burst=levels[0] * 1e-9,
        sustained=levels[-1] * 1e-9,
        onset=None if onset is None else first + onset,
    )


def _kind(begins: Sequence[int], levels: Sequence[float], blocks: int) -> str:
    if len(levels) == 1:
        return "flat"
    if blocks - begins[-1] < limit.LAST_LEVEL_SHARE * blocks:
        return "unsteady"
    ratio = levels[-1] / levels[0]
    if abs(ratio - 1) <= limit.SAME_LEVEL:
        return "unsteady"  # it left its level and came back
    return "slowdown" if ratio > 1 else "warm-up"


def _noise(logs: Sequence[float]) -> float:
    """Standard deviation of a block, from neighbouring differences, which a change of level hardly moves."""
    steps = [b - a for a, b in pairwise(logs)]
    middle = median(steps)
    return max(limit.NOISE_FLOOR, 1.4826 * median(abs(step - middle) for step in steps) / math.sqrt(2))


def _change_points(logs: Sequence[float]) -> list[int]:
    """First blocks of the segments that cost least: squared distance to their mean, and a penalty for each."""
    n = len(logs)
    sums = [0.0, *accumulate(value - logs[0] for value in logs)]
    penalty = limit.PENALTY * math.log(n) * _noise(logs) ** 2
    back = [0] * (n + 1)
    before = [0.0] + [math.inf] * n  # what all before a block costs, less the squares of it, which all ways share
    for end in range(limit.LEAST_BLOCKS, n + 1):
        least, at, summed = math.inf, 0, sums[end]
        for begin in (0, *range(limit.LEAST_BLOCKS, end - limit.LEAST_BLOCKS + 1)):
            total = summed - sums[begin]
            cost = before[begin] - total * total / (end - begin)
            if cost < least:
                least, at = cost, begin
        before[end], back[end] = least + penalty, at
    begins, end = [], n
    while end > 0:
        begins.append(back[end])
        end = back[end]
    return begins[::-1]


def _merged(begins: list[int], logs: Sequence[float]) -> list[int]:
    """Levels that differ by less than anyone would notice are one, from the last one backwards."""
    ends = [*begins[1:], len(logs)]
    kept, last_end = [begins[-1]], ends[-1]
    for begin in reversed(begins[:-1]):
        here = median(logs[begin : kept[-1]])
        after = median(logs[kept[-1] : last_end])
        if abs(here - after) <= limit.SAME_LEVEL:
            kept[-1] = begin
        else:
            last_end = kept[-1]
            kept.append(begin)
    return kept[::-1]
