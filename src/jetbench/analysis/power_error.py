"""How well energy and mean power are known.

With P the mean power over T seconds of a window cut into K equal blocks (GUM, JCGM 100:2008, 4.2 and 4.3):

    sampling  T s(P_k) / sqrt(K), twice that where neighbouring blocks hang together
    offset    that of the monitor times T / sqrt(3); it does not average out
    gain      relative, times the energy / sqrt(3)
    edges     (P - P_idle) dt sqrt(2/3), dt the time after which the monitor has something new

All are standard uncertainties; what is shown is twice their root sum of squares (about 95 %).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Any

import msgspec

from jetbench.analysis.energy import energy_in, update_period
from jetbench.domain.events import Board
from jetbench.domain.observed import PowerSeries, Window

COVERAGE = 2.0  # expanded over standard uncertainty
BLOCKS, LEAST_BLOCKS = 20, 4
READINGS_A_BLOCK = 2
HANGS_TOGETHER = 0.3  # lag-1 autocorrelation of the blocks
ASSUMED_GAIN = 0.05  # of a sensor nothing is known of


class Accuracy(msgspec.Struct, frozen=True):
    """Of the monitor behind the total. ``assumed``: not from a data sheet."""

    gain: float = ASSUMED_GAIN
    offset_w: float = 0.0
    assumed: bool = True


def accuracy(board: Board | None) -> Accuracy:
    """As the board side tells it; facts of a recording are data and may be anything."""
    facts: Any = (board.facts.get("power") or {}) if board is not None else {}
    told: Any = facts.get("accuracy") if isinstance(facts, Mapping) else None
    if not isinstance(told, Mapping):
        return Accuracy()
    gain, offset = _bounded(told.get("gain"), 1.0), _bounded(told.get("offset_w"), 1e3)
    return Accuracy() if gain is None else Accuracy(gain, offset or 0.0, bool(told.get("assumed")))


def _bounded(value: Any, most: float) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < most else None


def sampling(series: PowerSeries, windows: Sequence[Window]) -> float | None:
    """Standard uncertainty of the mean power over the windows, W, from how it varied. None below two readings."""
    seconds = sum(end - begin for begin, end in windows)
    readings = sum(_readings(series, begin, end) for begin, end in windows)
    count = min(BLOCKS, readings // READINGS_A_BLOCK)
    if count < LEAST_BLOCKS:
        return _of_few(series, windows)
    powers = []
    for begin, end in windows:
        own = max(1, round(count * (end - begin) / seconds))
        step = (end - begin) / own
        for number in range(own):
            first, last = begin + round(number * step), begin + round((number + 1) * step)
            joules, _ = energy_in(series, first, last)
            if joules is not None and last > first:
                powers.append(joules / ((last - first) * 1e-9))
    if len(powers) < LEAST_BLOCKS:
        return _of_few(series, windows)
    middle = fmean(powers)
    centred = [power - middle for power in powers]
    squares = math.fsum(value * value for value in centred)
    spread = math.sqrt(squares / (len(powers) - 1) / len(powers))
    lag1 = math.fsum(a * b for a, b in pairwise(centred)) / squares if squares else 0.0
    return 2 * spread if lag1 > HANGS_TOGETHER else spread


def edge(board: Board | None, series: PowerSeries, step_w: float) -> float:
    """Standard uncertainty in J of one window's edges, with power rising and falling by ``step_w`` at them."""
    return abs(step_w) * max(update_period(board), _poll(series)) * math.sqrt(2 / 3)


def root(*parts: float) -> float:
    """Root sum of squares."""
    return math.sqrt(sum(part * part for part in parts))


def _of_few(series: PowerSeries, windows: Sequence[Window]) -> float | None:
    watts = [w for t, w in zip(series.t, series.watts, strict=False) if any(b <= t <= e for b, e in windows)]
    return (max(watts) - min(watts)) / 2 if len(watts) > 1 else None


def _readings(series: PowerSeries, begin: int, end: int) -> int:
    times = series.counter_t or series.t
    return bisect_right(times, end) - bisect_left(times, begin)


def _poll(series: PowerSeries) -> float:
    """Mean seconds between readings."""
    times = series.t if len(series.t) > 1 else series.counter_t
    return (times[-1] - times[0]) * 1e-9 / (len(times) - 1) if len(times) > 1 else 0.0
