"""When throttling set in: told by the latencies alone, and, independently, by the sensors.

The latencies: a cumulative sum (Page, Biometrika 41, 1954), which needs no sensor. Sensors: state and counters first,
then temperatures against their passive trips, then clocks; each says for itself, the first that says anything counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from jetbench.analysis import thresholds as limit
from jetbench.analysis.flags import slow_clock_spans
from jetbench.domain.events import Board
from jetbench.domain.observed import ObservedBoard, Window
from jetbench.domain.results import Onset

LEAST_PASSES = limit.CUSUM_BLOCK * (limit.CUSUM_BASELINE + 1)


def of_sensors(told: ObservedBoard, board: Board | None, device: str, window: Window) -> tuple[Onset, ...]:
    """What the sensors saw begin in the window, or going on when it began; the strongest signal first."""
    found = (_state(told, window), _trip(told, board, window), _clock(told, device, window))
    return tuple(onset for onset in found if onset is not None)


def sensors_look(told: ObservedBoard) -> bool:
    """Whether anything would have told that the board throttles."""
    return any(state.now is not None for state in told.throttle) or bool(told.clocks)


def _state(told: ObservedBoard, window: Window) -> Onset | None:
    """Counters, cooling devices and whatever else the agent makes its state of."""
    states = sorted(told.throttle, key=lambda state: state.t)
    for index, state in enumerate(states):
        end = states[index + 1].t if index + 1 < len(states) else window[1]
        if state.now is True and state.t <= window[1] and end > window[0]:
            return Onset("state", max(state.t, window[0]), ", ".join(state.active))
    return None


def _trip(told: ObservedBoard, board: Board | None, window: Window) -> Onset | None:
    reached = sorted(_reached(told, board, window))
    if not reached:
        return None
    t, name, trip = reached[0]
    return Onset("trip", t, f"{name} at {trip:g} C")


def _reached(told: ObservedBoard, board: Board | None, window: Window) -> Iterator[tuple[int, str, float]]:
    """(when, zone, its passive trip) of the zones that came to theirs."""
    for channel in board.channels if board is not None else ():
        series = told.temperatures.get(channel.id)
        if series is None or channel.limit is None:
            continue
        for t, value in zip(series.t, series.value, strict=True):
            if window[0] <= t <= window[1] and value >= channel.limit:
                yield t, channel.name, channel.limit
                break


def _clock(told: ObservedBoard, device: str, window: Window) -> Onset | None:
    """The first clock below its plateau that stayed there for two readings: the first one may be of before."""
    spans = [span for span in slow_clock_spans(told, device, window) if window[0] <= span[0] and span[1] <= window[1]]
    for before, after in pairwise(spans):
        if after[0] <= before[1]:
            return Onset("clock", before[0], f"{'GPU' if device.startswith('cuda') else 'CPU'} clock")
    return None


def slowdown_onset(values: Sequence[int]) -> int | None:
    """The pass from which on the series itself is slower, or None. Needs 16 blocks of 20 passes.

    S = max(0, S + (x - m) / s - 1) over medians of blocks of 20, m and s from the first 15; alarm at
    S > 8; the onset lies between where S last left 0 and the alarm, and is accepted only if all
    since then is slower by 3 %, or two blocks or more by 5 %. Blocks are laid four times, five passes
    apart, for a change does not wait for a block to begin; the first alarm counts.
    """
    alarms = [_alarm(values, first) for first in range(0, limit.CUSUM_BLOCK, limit.CUSUM_STEP)]
    return min((found for found in alarms if found is not None), default=(0, None))[1]


def long_enough(passes: int) -> bool:
    """Whether a series of so many passes can have an onset at all."""
    return passes >= LEAST_PASSES


def _alarm(values: Sequence[int], first: int) -> tuple[int, int] | None:
    """(first pass after the block of the alarm, onset) by the blocks that begin with the pass ``first``."""
    size = limit.CUSUM_BLOCK
    blocks = [median(values[i : i + size]) for i in range(first, len(values) - size + 1, size)]
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
                return first + (index + 1) * size, first + onset * size
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
