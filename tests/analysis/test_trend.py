"""Change points, the onset of a slowdown and outliers, against simulated series."""

from __future__ import annotations

import math
import random

import pytest

from jetbench.analysis.outliers import classify
from jetbench.analysis.trend import of_rounds, of_series, slowdown_onset


def noisy(draw: random.Random, n: int, factor=lambda i: 1.0, sd: float = 0.03, rho: float = 0.3) -> list[int]:
    """Passes of 20 ms: AR(1) noise of 3 %, one in a hundred an outlier of up to three times as long."""
    values, noise = [], 0.0
    for i in range(n):
        noise = rho * noise + math.sqrt(1 - rho * rho) * draw.gauss(0, sd)
        outlier = 1 + (draw.uniform(0.5, 2) if draw.random() < 0.01 else 0)
        values.append(round(20e6 * factor(i) * (1 + noise) * outlier))
    return values


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


# -- the onset from the latencies alone


def test_no_false_alarm_in_400_clean_runs():
    draw = random.Random(21)
    assert [onset for _ in range(400) if (onset := slowdown_onset(noisy(draw, 3000))) is not None] == []


@pytest.mark.parametrize(("slower", "delay"), [(1.10, 40), (1.25, 40)])
def test_throttling_is_found_within_40_passes(slower, delay):
    """Detection delay: the rule is shown the series up to 40 passes after the change, and has to say so by then."""
    draw = random.Random(22)
    found = 0
    for _ in range(100):
        values = noisy(draw, 1500 + delay, lambda i: 1.0 if i < 1500 else slower)
        onset = slowdown_onset(values)
        found += onset is not None and abs(onset - 1500) <= 40
    assert found >= 95


def test_a_board_that_gets_faster_is_no_slowdown():
    draw = random.Random(23)
    assert slowdown_onset(noisy(draw, 2000, lambda i: 1.0 if i < 800 else 0.8)) is None


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
