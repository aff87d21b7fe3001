"""What a comparison says of simulated runs whose truth is known: how often it is wrong, and how often it finds it."""

from __future__ import annotations

import math
import random
from collections import Counter
from statistics import median

import pytest

from jetbench.analysis.bootstrap import interval, sample
from jetbench.analysis.comparison import FASTER, SAME, SLOWER, ZONE, verdict

RESAMPLES = 300  # less than in earnest: what is asked here is right on average


def series(draw: random.Random, n: int, rho: float, spread: float, level: float = 1.0) -> list[int]:
    """n passes around 20 ms, log normal, AR(1) with the autocorrelation rho."""
    value, found = draw.gauss(0, 1), []
    for _ in range(n):
        found.append(round(20e6 * level * math.exp(spread * value)))
        value = rho * value + math.sqrt(1 - rho * rho) * draw.gauss(0, 1)
    return found


def compared(base: list[list[int]], other: list[list[int]]):
    whole = [[value for values in rounds for value in values] for rounds in (base, other)]
    found = interval(sample(base), sample(other), median(whole[1]) / median(whole[0]), RESAMPLES)
    assert found is not None
    return found


def simulated(runs: int, n: int, rho: float, spread: float, slower: float = 1.0) -> tuple[Counter[str], float]:
    """Verdicts, and the share of intervals that miss the true ratio."""
    verdicts: Counter[str] = Counter()
    missed = 0
    for run in range(runs):
        draw = random.Random(f"{n} {rho} {slower} {run}")
        found = compared([series(draw, n, rho, spread)], [series(draw, n, rho, spread, slower)])
        verdicts[verdict(found, ZONE)] += 1
        missed += not found.low <= slower <= found.high
    return verdicts, missed / runs


@pytest.mark.parametrize(
    ("n", "rho"), [(10, 0.0), (30, 0.0), (30, 0.5), (100, 0.5), (100, 0.8), (300, 0.0), (300, 0.8)]
)
def test_two_runs_of_one_distribution_are_seldom_called_different(n, rho):
    runs = 120
    verdicts, missed = simulated(runs, n, rho, 0.05)
    assert (verdicts[FASTER] + verdicts[SLOWER]) / runs <= 0.05
    # The interval itself, not the zone around it: 5 %, and two standard errors of a share of 120.
    assert missed <= 0.09


@pytest.mark.parametrize(("rho", "least"), [(0.0, 0.95), (0.5, 0.95), (0.8, 0.7)])
def test_a_slowdown_of_5_percent_is_found_in_300_passes(rho, least):
    verdicts, _ = simulated(60, 300, rho, 0.03, 1.05)
    assert verdicts[SLOWER] / 60 >= least
    assert verdicts[FASTER] == 0


@pytest.mark.parametrize("n", [10, 30, 300])
@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_what_is_10_percent_slower_or_faster_is_never_the_same(n, rho):
    for slower in (1.1, 1 / 1.1):
        verdicts, _ = simulated(60, n, rho, 0.03, slower)
        assert verdicts[SAME] == 0
        assert verdicts[FASTER if slower > 1 else SLOWER] == 0


def test_no_difference_is_shown_where_there_is_none():
    verdicts, _ = simulated(40, 300, 0.0, 0.03)
    assert verdicts[SAME] >= 38


def test_what_differs_from_run_to_run_is_in_the_interval_of_three_rounds_and_not_in_that_of_one():
    """Medians of rounds that differ by 2 %. Passes of one round each know nothing of it, and are surely wrong."""
    wrong = {1: 0, 3: 0, 5: 0}
    runs = 60
    for rounds in wrong:
        for run in range(runs):
            draw = random.Random(f"{rounds} {run}")
            base, other = (
                [series(draw, 150 // rounds, 0.0, 0.02, math.exp(draw.gauss(0, 0.02))) for _ in range(rounds)]
                for _ in range(2)
            )
            found = compared(base, other)
            assert found.by_rounds == (rounds >= 3)
            wrong[rounds] += not found.low <= 1 <= found.high
    assert wrong[1] / runs > 0.5
    assert wrong[3] / runs <= 0.1
    assert wrong[5] / runs <= 0.1


def test_a_long_run_is_as_well_known_from_medians_of_blocks():
    """Of 20 000 passes about 1000 values are left: the interval is wider by a quarter and as often right."""
    missed, widths = 0, []
    for run in range(12):
        draw = random.Random(run)
        values = [[round(20e6 * draw.lognormvariate(0, 0.3)) for _ in range(20_000)] for _ in range(2)]
        found = compared([values[0]], [values[1]])
        missed += not found.low <= 1 <= found.high
        widths.append((found.high - found.low) / 2)
    # 1.25 sd / sqrt(n) for a median, two of them, 1.96, and the quarter.
    expected = 1.96 * math.sqrt(2) * 1.2533 * 0.3 / math.sqrt(20_000)
    assert missed <= 2
    assert expected * 0.9 <= median(widths) <= expected * 1.5
