"""Energy and mean power over windows of time.

Two ways, the better one first: the difference of a counter, where the board counts energy; trapezoids
over readings of power otherwise, with the edges interpolated. What cannot be told is None with its
reason, never 0 J.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from jetbench.analysis.telemetry import TOTAL_POWER
from jetbench.domain.events import Board
from jetbench.domain.observed import PowerSeries, Window

# A hole in the readings longer than this share of a window hides what was drawn meanwhile.
LARGEST_GAP = 0.25

_REASONS = {
    "needs_two_samples": "the passes were over before the sensor gave two readings: measure longer (-k, --until)",
    "too_short": "the power monitor has something new every {:g} s, and the passes took less than two of these:"
    " measure longer (-k, --until)",
    "gap": "the sensor gave nothing for more than a quarter of the time the passes took",
}


def counter_channels(board: Board | None) -> tuple[str, ...]:
    """Ids of the energy counters that make up the board's total; empty where it has none."""
    power = (board.facts.get("power") or {}) if board is not None else {}
    known = {channel.id for channel in board.channels} if board is not None else set()
    names = power.get("energy") or ()
    return tuple(names) if names and all(name in known for name in names) else ()


def update_period(board: Board | None) -> float:
    """Seconds after which the monitor behind the total has a new value; 0 where that is not known."""
    period = (board.facts.get("power") or {}).get("update_ms") if board is not None else None
    return period / 1000 if isinstance(period, int | float) and period > 0 else 0.0


class Spent(msgspec.Struct, frozen=True):
    """Over windows of time. ``joules`` is None where ``reason`` says why; ``seconds`` are those it was told for."""

    joules: float | None
    seconds: float = 0.0
    reason: str | None = None
    reason_text: str | None = None

    @property
    def watts(self) -> float | None:
        return None if self.joules is None else self.joules / self.seconds


def spent(board: Board | None, series: PowerSeries, windows: Sequence[Window]) -> Spent:
    """Energy of the board's total over the windows for which it can be told."""
    total = next((c for c in board.channels if c.id == TOTAL_POWER), None) if board else None
    if total is None or total.reason is not None:
        reason = total.reason if total else "no_sensor"
        text = total.hint if total else (board.power.reason_text if board else None)
        return Spent(None, reason=reason, reason_text=text)
    energy, seconds, missing = 0.0, 0.0, "needs_two_samples"
    for begin, end in windows:
        joules, why = energy_in(series, begin, end)
        if joules is None:
            missing = why or missing
            continue
        energy += joules
        seconds += (end - begin) * 1e-9
    if seconds == 0.0:
        return Spent(None, reason=missing, reason_text=_REASONS.get(missing))
    update_s = update_period(board)
    if seconds < 2 * update_s:
        return Spent(None, reason="too_short", reason_text=_REASONS["too_short"].format(update_s))
    return Spent(energy, seconds)


def energy_in(series: PowerSeries, begin: int, end: int) -> tuple[float | None, str | None]:
    """Joules in [begin, end] and None, or None and the reason code."""
    counted = counter_difference(series.counter_t, series.joules, begin, end)
    if counted is not None:
        return counted, None
    return integrate(series.t, series.watts, begin, end)


def counter_difference(times_ns: Sequence[int], joules: Sequence[float], begin: int, end: int) -> float | None:
    """C(end) - C(begin) of a cumulative counter, between its readings interpolated.

    None unless the readings enclose the window and two of them lie in it.
    """
    if end <= begin or len(times_ns) < 2 or times_ns[0] > begin or times_ns[-1] < end:
        return None
    first, last = bisect_left(times_ns, begin), bisect_right(times_ns, end)
    if last - first < 2:
        return None
    return _at(times_ns, joules, end, last) - _at(times_ns, joules, begin, first)


def integrate(times_ns: Sequence[int], watts: Sequence[float], begin: int, end: int) -> tuple[float | None, str | None]:
    """Energy in joules over [begin, end] by trapezoids, edges interpolated.

    At an edge beyond the readings the nearest one is held. Two readings have to lie in the window,
    and no hole may be longer than LARGEST_GAP of it.
    """
    first, last = bisect_left(times_ns, begin), bisect_right(times_ns, end)
    if last - first < 2 or end <= begin:
        return None, "needs_two_samples"
    points = [(times_ns[i], watts[i]) for i in range(first, last)]
    points.insert(0, (begin, _at(times_ns, watts, begin, first)))
    points.append((end, _at(times_ns, watts, end, last)))
    if max(t1 - t0 for (t0, _), (t1, _) in pairwise(points)) > LARGEST_GAP * (end - begin) and last - first > 8:
        return None, "gap"
    joules = sum((t1 - t0) * 1e-9 * (w0 + w1) / 2 for (t0, w0), (t1, w1) in pairwise(points))
    return joules, None


def power_at(series: PowerSeries, t: int) -> float | None:
    """Watts at a moment, between two readings; None where it lies before the first or after the last."""
    if not len(series.t) or not series.t[0] <= t <= series.t[-1]:
        return None
    return _at(series.t, series.watts, t, bisect_left(series.t, t))


def _at(times_ns: Sequence[int], values: Sequence[float], t: int, index: int) -> float:
    """Value at ``t``, which lies between readings ``index - 1`` and ``index``."""
    if index <= 0:
        return values[0]
    if index >= len(times_ns):
        return values[-1]
    t0, t1 = times_ns[index - 1], times_ns[index]
    share = (t - t0) / (t1 - t0) if t1 > t0 else 0.0
    return values[index - 1] + (values[index] - values[index - 1]) * share
