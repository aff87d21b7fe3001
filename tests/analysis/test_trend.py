"""Change points and outliers, against simulated series."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from latencies import noisy

from jetbench.analysis import thresholds as limit
from jetbench.analysis.outliers import classify
from jetbench.analysis.trend import _change_points, _noise, of_rounds, of_series


def kinds(factor, n: int = 300, runs: int = 100) -> dict[str, int]:
    draw = random.Random(f"{n}")
    found: dict[str, int] = {}
    for _ in range(runs):
        kind = of_series(noisy(draw, n, factor)).kind
        found[kind] = found.get(kind, 0) + 1
    return found


def test_a_flat_series_is_called_flat():
    assert kinds(lambda i: 1.0).get("flat", 0) >= 87


def test_a_warm_up_is_found():
    assert kinds(lambda i: 1.3 if i < 80 else 1.0).get("warm-up", 0) >= 95


def test_a_throttled_board_is_found():
    assert kinds(lambda i: 1.0 if i < 180 else 1.25).get("slowdown", 0) >= 95


def segmentations(n: int) -> Iterator[list[int]]:
    """Every way to cut so many blocks into levels: where they begin."""
    yield [0]
    for last in range(limit.LEAST_BLOCKS, n - limit.LEAST_BLOCKS + 1):
        for before in segmentations(last):
            yield [*before, last]


@given(st.lists(st.sampled_from([100.0, 101.0, 103.0, 110.0, 130.0]), min_size=6, max_size=14))
def test_no_way_to_cut_a_series_into_levels_costs_less(blocks):
    logs = [math.log(block) for block in blocks]
    penalty = limit.PENALTY * math.log(len(logs)) * _noise(logs) ** 2

    def cost(begins: list[int]) -> float:
        levels = [logs[begin:end] for begin, end in pairwise([*begins, len(logs)])]
        away = [sum((x - sum(level) / len(level)) ** 2 for x in level) for level in levels]
        return sum(away) + penalty * len(levels)

    assert cost(_change_points(logs)) <= min(map(cost, segmentations(len(logs)))) + 1e-9


def test_a_late_change_has_no_steady_level():
    assert kinds(lambda i: 1.0 if i < 270 else 1.25).get("unsteady", 0) >= 90


def test_what_comes_back_is_unsteady():
    assert kinds(lambda i: 1.2 if 100 <= i < 180 else 1.0).get("unsteady", 0) >= 90


def test_too_short_to_tell():
    assert of_series([20_000_000] * 20).kind == "unknown"
    assert of_rounds([]).kind == "unknown"


def test_levels_of_a_step():
    draw = random.Random(11)
    trend = of_series(noisy(draw, 400, lambda i: 1.0 if i < 200 else 1.5), first=1000)
    assert trend.kind == "slowdown"
    assert trend.burst == pytest.approx(0.020, rel=0.02)
    assert trend.sustained == pytest.approx(0.030, rel=0.02)
    assert trend.levels[-1][0] == pytest.approx(1200, abs=6)


def test_the_worst_round_is_told():
    draw = random.Random(12)
    flat, slow = noisy(draw, 300), noisy(draw, 300, lambda i: 1.0 if i < 150 else 1.3)
    trend = of_rounds([flat, slow, flat])
    assert trend.kind == "slowdown"
    assert 400 < trend.levels[-1][0] < 500


# -- outliers


def test_outliers_are_counted_and_drift_is_none():
    draw = random.Random(31)
    values = [round(20e6 * (1 + i / 1000) + draw.gauss(0, 2e5)) for i in range(1000)]
    assert classify([values], [[""] * 1000]).slow <= 2, "it drifts by 100 %, and no pass is far from its neighbours"
    for place in (100, 500, 900):
        values[place] *= 3
    values[700] //= 2
    flags = ["P" if place == 500 else "" for place in range(1000)]
    found = classify([values], [flags])
    assert (found.slow, found.fast, found.explained) == (3, 1, 1)
    assert found.time_share == pytest.approx(sum(values[i] for i in (100, 500, 700, 900)) / sum(values))


def test_a_constant_series_and_a_short_one_have_none():
    assert classify([[5] * 200], [[""] * 200]).slow == 0
    assert classify([[5, 5, 900]], [[""] * 3]).slow == 0, "three passes say nothing of what is far"
