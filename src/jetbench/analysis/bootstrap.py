"""How well the ratio of two medians is known: a 95 % interval by a bootstrap that knows that passes hang together.

Each side is drawn anew RESAMPLES times, with a fixed seed. Within a series whole blocks of neighbours are
drawn, the end joined to the begin (Politis and Romano 1992, circular block bootstrap), of ceil(n / n_eff)
passes. Where both sides have at least three rounds, rounds are drawn first and then passes within them, so
that what differs from run to run is in the interval; with fewer it cannot be.

Percentiles of few units are too narrow (Hesterberg, "What Teachers Should Know About the Bootstrap", The
American Statistician 69, 2015). So a side is widened by sqrt(u / (u - 1)), u being its rounds or its
independent passes, and by what the covariance within a block of that length leaves out (Kuensch 1989, 3.2);
the interval by Student's t over the normal quantile. tests/analysis/test_comparison_simulated.py holds what
comes of it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from statistics import median

import msgspec

from jetbench.analysis.autocorrelation import correlation, lag1_and_n_eff, ranks
from jetbench.analysis.latency import percentile

CONFIDENCE = 0.95
RESAMPLES = 2000
SEED = 20_250_917
LEAST = 6  # passes of a side
LEAST_ROUNDS = 3  # of both sides, to draw rounds
MOST = 1000  # values of a side that are drawn from: bounds the cost, whatever the number of passes

_FAR = 100.0  # log: an interval that reaches so far says nothing, and has to stay a number
_Z = 1.959963984540054  # two-sided 95 % of the standard normal distribution
# And of Student's t with 1, 2, ... degrees of freedom.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip

Draw = Callable[[random.Random], float]  # deviation of the log median of one resample from that of all


class Sample(msgspec.Struct, frozen=True):
    """Durations of one side by round, in the order they were measured.

    ``block`` is the number of passes that each value is the median of; 1: every pass is there.
    """

    rounds: tuple[tuple[float, ...], ...]
    block: int = 1

    @property
    def size(self) -> int:
        return sum(map(len, self.rounds))


class Interval(msgspec.Struct, frozen=True):
    low: float
    high: float
    by_rounds: bool  # whether it holds what differs from run to run


def sample(rounds: Iterable[Sequence[float]]) -> Sample:
    """At most about MOST values: beyond, medians of blocks of an odd length, whose median is that of the passes."""
    whole = [values for values in rounds if len(values)]
    whole = whole[:: math.ceil(len(whole) / MOST) or 1]
    size = sum(map(len, whole))
    block = 1 if size <= MOST else 2 * math.ceil((size / MOST - 1) / 2) + 1
    return Sample(tuple(_medians(values, block) for values in whole), block)


def _medians(values: Sequence[float], block: int) -> tuple[float, ...]:
    """Of whole blocks, without the rest; a series shorter than a block is one."""
    if block == 1:
        return tuple(values)
    ends = range(block, len(values) + 1, block) if len(values) >= block else (len(values),)
    return tuple(middle[len(middle) // 2] for end in ends if (middle := sorted(values[max(0, end - block) : end])))


@lru_cache(maxsize=256)  # live, and once more when the run is over
def interval(base: Sample, other: Sample, ratio: float, resamples: int = RESAMPLES) -> Interval | None:
    """Around ``ratio``, the median of ``other`` over that of ``base``. None where a side has too few passes.

    Swapping the sides gives the reciprocals: each half of the resamples uses the random numbers of the other half with
    the sides exchanged.
    """
    if min(base.size, other.size) < LEAST or min(_least(base), _least(other)) <= 0:
        return None
    by_rounds = min(len(base.rounds), len(other.rounds)) >= LEAST_ROUNDS
    (left, left_units), (right, right_units) = _side(base, by_rounds), _side(other, by_rounds)
    half = resamples // 2
    first, second = random.Random(SEED), random.Random(SEED + 1)
    found = [right(second) - left(first) for _ in range(half)]
    first, second = random.Random(SEED), random.Random(SEED + 1)
    found += [right(first) - left(second) for _ in range(half)]
    found.sort()
    factor = _student(_freedom(left_units, right_units)) / _Z
    tail = (1 - CONFIDENCE) / 2
    away = (max(-_FAR, min(_FAR, factor * percentile(found, q))) for q in (tail, 1 - tail))
    low, high = (ratio * math.exp(log) for log in away)
    return Interval(low, high, by_rounds)


def _least(side: Sample) -> float:
    return min(map(min, side.rounds), default=0)


def _side(side: Sample, by_rounds: bool) -> tuple[Draw, float]:
    """How a resample of it is drawn, and its number of independent units."""
    pooled = [value for values in side.rounds for value in values]
    if not by_rounds:
        series = _Series(pooled)
        return _widened(series.draw_median, pooled, math.sqrt(_excess(series.n_eff)) * series.widening()), series.n_eff
    rounds = [_Series(values) for values in side.rounds]

    def draw(chance: random.Random) -> float:
        drawn = [value for series in chance.choices(rounds, k=len(rounds)) for value in series.draw(chance)]
        return _middle(drawn)

    return _widened(draw, pooled, math.sqrt(_excess(len(rounds)))), float(len(rounds))


def _widened(draw: Draw, values: Sequence[float], widening: float) -> Draw:
    centre = math.log(median(values))
    return lambda chance: widening * (math.log(draw(chance)) - centre)


def _excess(units: float) -> float:
    return units / (units - 1) if units > 1 else 2.0


class _Series:
    """One series of passes and the length of the blocks it is drawn in."""

    def __init__(self, values: Sequence[float]) -> None:
        self.values = list(values)
        self.n_eff = lag1_and_n_eff(self.values)[1]
        self.length = math.ceil(len(self.values) / self.n_eff - 1e-9)
        self._circle = self.values + self.values[: self.length - 1]
        self._ordered = sorted(self.values)

    def draw(self, chance: random.Random) -> list[float]:
        """As many passes as there are."""
        count, length = len(self.values), self.length
        if length == 1:
            return chance.choices(self.values, k=count)
        drawn: list[float] = []
        for begin in chance.choices(range(count), k=-(-count // length)):
            drawn += self._circle[begin : begin + length]
        del drawn[count:]
        return drawn

    def draw_median(self, chance: random.Random) -> float:
        """The median of that. Of single passes its rank has a known distribution: nothing has to be drawn and sorted.

        The k-th of n uniform numbers is Beta(k, n + 1 - k); the largest of the k below the next one is V^(1/k) of it.
        """
        if self.length > 1:
            return _middle(self.draw(chance))
        count, ordered = len(self._ordered), self._ordered
        last = count - 1
        middle = (count + 1) // 2
        if count % 2:
            return ordered[min(last, int(count * chance.betavariate(middle, count + 1 - middle)))]
        upper = chance.betavariate(middle + 1, count - middle)
        lower = upper * chance.random() ** (1 / middle)
        return (ordered[min(last, int(count * lower))] + ordered[min(last, int(count * upper))]) / 2

    def widening(self) -> float:
        """What the variance of blocks of this length lacks of n / n_eff, as a factor of the standard deviation."""
        if self.length == 1:
            return 1.0
        middle = (len(self.values) - 1) / 2
        centred = [rank - middle for rank in ranks(self.values)]
        variance = sum(value * value for value in centred)
        held = 1.0
        for lag in range(1, self.length):
            held += 2 * (1 - lag / self.length) * correlation(centred, variance, lag)
        whole = len(self.values) / self.n_eff
        return math.sqrt(max(1.0, whole / held)) if held > 0 else math.sqrt(whole)


def _middle(values: list[float]) -> float:
    """The median of a list, which is sorted by it."""
    values.sort()
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def _freedom(left: float, right: float) -> float:
    """Degrees of freedom of a difference of two means of so many units of one spread (Welch 1947)."""
    parts = sum(1 / (units * units * max(units - 1, 0.5)) for units in (left, right))
    return (1 / left + 1 / right) ** 2 / parts


def _student(freedom: float) -> float:
    """Two-sided 95 % quantile of Student's t, that of the whole number of degrees below."""
    if freedom < len(_T) + 1:
        return _T[max(1, int(freedom)) - 1]
    return _Z + (_Z**3 + _Z) / (4 * freedom) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * freedom**2)
