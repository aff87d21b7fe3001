"""Whether the latency stayed where it was: levels of the series, and the onset of a slowdown.

Levels are change points of log block medians (penalised least squares, exact by dynamic programming;
the classes are those of Barrett et al., "Virtual Machine Warmup Blows Hot and Cold", OOPSLA 2017). The
onset is found on its own by a cumulative sum (Page, Biometrika 41, 1954), which needs no sensor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from jetbench.analysis import thresholds as limit
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
    sums, squares = [0.0], [0.0]
    for value in logs:
        sums.append(sums[-1] + value)
        squares.append(squares[-1] + value * value)
    penalty = limit.PENALTY * math.log(n) * _noise(logs) ** 2
    best, back = [0.0] + [math.inf] * n, [0] * (n + 1)
    for end in range(limit.LEAST_BLOCKS, n + 1):
        for begin in (0, *range(limit.LEAST_BLOCKS, end - limit.LEAST_BLOCKS + 1)):
            length, total = end - begin, sums[end] - sums[begin]
            cost = best[begin] + squares[end] - squares[begin] - total * total / length + penalty
            if cost < best[end]:
                best[end], back[end] = cost, begin
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


def slowdown_onset(values: Sequence[int]) -> int | None:
    """The pass from which on the series itself is slower, or None. Needs 16 blocks of 20 passes.

    S = max(0, S + (x - m) / s - 1) over medians of blocks of 20, m and s from the first 15; alarm at
    S > 8; the onset lies between where S last left 0 and the alarm, and is accepted only if all
    since then is slower by 3 %, or two blocks or more by 5 %.
    """
    size = limit.CUSUM_BLOCK
    blocks = [median(values[i : i + size]) for i in range(0, len(values) - size + 1, size)]
    if len(blocks) <= limit.CUSUM_BASELINE:
        return None
    baseline = blocks[: limit.CUSUM_BASELINE]
    middle = median(baseline)
    spread = max(1.4826 * median(abs(x - middle) for x in baseline), limit.CUSUM_FLOOR * middle)
    total, begin = 0.0, limit.CUSUM_BASELINE
    for index in range(limit.CUSUM_BASELINE, len(blocks)):
        total = max(0.0, total + (blocks[index] - middle) / spread - limit.CUSUM_SLACK)
        if total == 0.0:
            begin = index + 1
        elif total > limit.CUSUM_ALARM:
            onset = _split(blocks, begin, index, middle)
            large = onset < index and median(blocks[onset : index + 1]) > limit.CUSUM_LARGE * middle
            if large or median(blocks[begin : index + 1]) > limit.CUSUM_EFFECT * middle:
                return onset * size
    return None


def _split(blocks: Sequence[float], begin: int, end: int, before: float) -> int:
    """Where the level of the newest blocks most likely began: noise may have lifted S a while earlier."""
    threshold = (before + median(blocks[max(begin, end - 2) : end + 1])) / 2
    best, place, total = 0.0, end, 0.0
    for index in range(end, begin - 1, -1):
        total += blocks[index] - threshold
        if total > best:
            best, place = total, index
    return place
