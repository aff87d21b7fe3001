"""What a variant is worth against the case as it is: paired by round, items a second.

Estimate and 95 % interval by Hodges and Lehmann (1963): all means of two rounds' log ratios, cut by the exact
distribution of Wilcoxon's signed ranks. A round in which something else ran moves it little.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import median

from jetbench.analysis.thresholds import LEAST_ROUNDS
from jetbench.domain.events import Experiment
from jetbench.domain.why import Trial

BASE = "as it is"
CONFIDENCE = 0.95
MOST_ROUNDS = 100


def trials(told: Sequence[Experiment]) -> tuple[Trial, ...]:
    """Every variant but the base, those that were run first."""
    base = next((one for one in told if one.name == BASE and one.d), None)
    found = [_trial(one, base) for one in told if one.name != BASE]
    return tuple(sorted(found, key=lambda trial: trial.change is None))


def _trial(told: Experiment, base: Experiment | None) -> Trial:
    if told.reason is not None:
        return Trial(told.name, reason=told.reason)
    if base is None:
        return Trial(told.name, reason="the case as it is was not run beside it")
    pairs = [
        (median(own) / told.items, median(other) / base.items)
        for own, other in zip(told.d, base.d, strict=False)
        if own and other and min(own) > 0 and min(other) > 0
    ][:MOST_ROUNDS]
    if not pairs:
        return Trial(told.name, reason="it came to no round")
    seconds = median(own for own, _ in pairs) * told.items * 1e-9
    middle, low, high = centre([math.log(other / own) for own, other in pairs])
    if low is None or high is None:
        return Trial(told.name, math.expm1(middle), seconds=seconds, rounds=len(pairs))
    return Trial(told.name, math.expm1(middle), math.expm1(low), math.expm1(high), seconds, len(pairs))


def centre(values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """The Hodges-Lehmann estimate and its interval; no interval from fewer than LEAST_ROUNDS."""
    walsh = sorted((values[i] + values[j]) / 2 for i in range(len(values)) for j in range(i, len(values)))
    middle = median(walsh)
    if len(values) < LEAST_ROUNDS:
        return middle, None, None
    cut = _cut(len(values))
    return middle, walsh[cut], walsh[-1 - cut]


@cache
def _cut(n: int) -> int:
    """How many of the lowest means lie below the interval: the most with P(W < cut) at most 2.5 %."""
    ways = [1]
    for rank in range(1, n + 1):
        wider = ways + [0] * rank
        for total, count in enumerate(ways):
            wider[total + rank] += count
        ways = wider
    below, cut = 0, 0
    while (below + ways[cut]) / 2**n <= (1 - CONFIDENCE) / 2:
        below += ways[cut]
        cut += 1
    return cut


def text(trial: Trial) -> str:
    """``7.3 % faster [6.1, 8.4]``, or why nothing can be said."""
    if trial.reason is not None:
        return f"not tried: {trial.reason}"
    if trial.change is None or trial.low is None or trial.high is None:
        return f"no interval from {trial.rounds} rounds (it takes {LEAST_ROUNDS})"
    if not trial.shown:
        return f"no difference shown [{_signed(trial.low)}, {_signed(trial.high)}] %"
    faster = trial.change > 0
    ends = sorted((_percent(trial.low, faster), _percent(trial.high, faster)))
    word = "faster" if faster else "slower"
    return f"{_percent(trial.change, faster):.1f} % {word} [{ends[0]:.1f}, {ends[1]:.1f}]"


def _percent(change: float, faster: bool) -> float:
    """More items a second; slower: longer for the same ones."""
    return 100 * change if faster else 100 * (1 / (1 + change) - 1)


def _signed(change: float) -> str:
    return f"{100 * change:+.1f}"


def saved(trial: Trial) -> float | None:
    """Share of a pass that a variant does without."""
    return None if trial.change is None else 1 - 1 / (1 + trial.change)
