"""Why a pass is not clean, told from what was observed (design, section 4).

W warm-up, E the block for energy, L the soak, T thermal, V under-voltage, over-current or a cap on power, F clock
drop, S swap or major page fault, P preempted, G garbage collection. "" is a clean pass.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from jetbench.analysis import thresholds as limit
from jetbench.analysis.latency import percentile
from jetbench.domain.observed import COUNTS, ENERGY, SOAK, WARMUP, ObservedBoard, ObservedCase, Series, Window

LETTERS = "WELTVFSPG"
PURPOSES = LETTERS[:3]
WORDS = {
    "W": "warm-up",
    "E": "block for energy",
    "L": "soak",
    "T": "thermal throttling",
    "V": "under-voltage or over-current",
    "F": "clock drop",
    "S": "swap or page faults",
    "P": "preempted",
    "G": "garbage collection",
}
DISTURBED = LETTERS[3:]
_BIT = {letter: 1 << place for place, letter in enumerate(LETTERS)}
_TEXT = tuple("".join(letter for letter in LETTERS if mask & _BIT[letter]) for mask in range(1 << len(LETTERS)))
# Of the causes the sensors name, those that are electrical; any other cause is heat.
_ELECTRICAL = ("under-voltage", "over-current", "power cap", "power brake")
_PERIOD_NS = 500_000_000  # between readings, where no series tells it


def of_passes(observed: ObservedCase, told: ObservedBoard) -> Sequence[str]:
    """Flags of every pass, in the order of the columns."""
    return texts(masks(observed, told))


def texts(found: Sequence[int]) -> Sequence[str]:
    """Letters of ``masks``."""
    return [_TEXT[mask] for mask in found]


def masks(observed: ObservedCase, told: ObservedBoard) -> array[int]:
    """Flags of every pass, a bit each. What costs time is what was disturbed, not how much was measured."""
    found = array("H", bytes(2 * len(observed.duration)))
    for first, last, purpose in observed.purpose.spans():
        mask = {WARMUP: _BIT["W"], ENERGY: _BIT["E"], SOAK: _BIT["L"]}.get(purpose, 0)
        found[first:last] = array("H", [mask]) * (last - first)
    period = _period(told)
    for letter, begin, end in throttled_spans(told):
        _mark(observed, found, letter, begin - period, end + period)
    starts, durations = observed.start, observed.duration
    for first, last, _ in observed.round.spans():
        window = (starts[first], starts[last - 1] + durations[last - 1])
        for begin, end in _joined(slow_clock_spans(told, observed.case.device, window)):
            _mark(observed, found, "F", begin, end)
    _mark_own(observed, found)
    return found


def count(flags: Sequence[str]) -> dict[str, int]:
    """Passes by letter, in the order of LETTERS; disturbances of passes that do not count are not counted."""
    found: Counter[str] = Counter()
    for text, times in Counter(flags).items():
        for letter in text[:1] if text[:1] in PURPOSES else text:
            found[letter] += times
    return {letter: found[letter] for letter in LETTERS if found[letter]}


def letter_of(cause: str) -> str:
    """T or V, for a cause of throttling as the sensors name it."""
    return "V" if any(word in cause.lower() for word in _ELECTRICAL) else "T"


def throttled_spans(told: ObservedBoard) -> Iterator[tuple[str, int, int]]:
    """(T or V, begin, end) of every spell of throttling; the last one may be without an end."""
    states = sorted(told.throttle, key=lambda state: state.t)
    for index, state in enumerate(states):
        if state.now is not True:
            continue
        end = states[index + 1].t if index + 1 < len(states) else 1 << 62
        for letter in sorted({letter_of(cause) for cause in state.active} or {"T"}):
            yield letter, state.t, end


def slow_clock_spans(told: ObservedBoard, device: str, window: Window) -> list[Window]:
    """When in the window the clock of the device ran below its upper plateau, which is of all that was told. Of several
    CPU clusters the least dropped counts: which of them the passes ran on is not told, and one that idles is no reason.
    """
    prefix = "clock.gpu" if device.startswith("cuda") else "clock.cpu"
    clocks = [series for name, series in told.clocks.items() if name.startswith(prefix) and len(series.t) > 2]
    if not clocks:
        return []
    baselines = [percentile(sorted(series.value), 0.9) for series in clocks]
    times = max((series.t for series in clocks), key=len)
    first, last = max(0, bisect_left(times, window[0]) - 1), bisect_left(times, window[1]) + 1
    begin = max(0, first - 1)
    near = times[begin : last + 1]  # with a neighbour on either side
    shares = [
        [value / baseline for value in _values(series, times, near, begin)]
        for series, baseline in zip(clocks, baselines, strict=True)
        if baseline > 0
    ]
    load = told.loads.get("load.gpu") if prefix == "clock.gpu" else None
    loads = _values(load, times, near, begin) if load is not None else None
    spans: list[Window] = []
    for index in range(first - begin, min(last - begin, len(near))):
        highest = max((of_one[index] for of_one in shares), default=math.inf)
        if highest >= limit.CLOCK_DROP or (loads is not None and loads[index] < limit.BUSY_LOAD):
            continue
        since = (near[index - 1] + near[index]) // 2 if index else near[index]
        until = (near[index + 1] + near[index]) // 2 if index + 1 < len(near) else near[index]
        spans.append((since, until))
    return spans


def _joined(spans: Sequence[Window]) -> list[Window]:
    """Those that meet as one."""
    found: list[Window] = []
    for begin, end in spans:
        found.append((found.pop()[0] if found and found[-1][1] >= begin else begin, end))
    return found


def _values(series: Series, times: Sequence[int], near: Sequence[int], begin: int) -> Sequence[float]:
    """Readings at the times ``near``, which are those from ``begin`` on, or the next ones there are."""
    if series.t is times:
        return series.value[begin : begin + len(near)]
    if not len(series.t):
        return [math.inf] * len(near)
    own = array("q", series.t)
    return [series.value[min(bisect_left(own, t), len(own) - 1)] for t in near]


def _period(told: ObservedBoard) -> int:
    """Nanoseconds between two readings of the board."""
    times = max([told.power.t, *(series.t for series in told.clocks.values())], key=len)
    return (times[-1] - times[0]) // (len(times) - 1) if len(times) > 1 else _PERIOD_NS


def _mark(observed: ObservedCase, masks: array[int], letter: str, begin: int, end: int) -> None:
    """Every pass that ran at some time in [begin, end]."""
    starts, durations, bit = observed.start, observed.duration, _BIT[letter]
    first = bisect_left(starts, begin)
    if first and starts[first - 1] + durations[first - 1] >= begin:
        first -= 1
    for position in range(first, min(bisect_left(starts, end + 1), len(masks))):
        masks[position] |= bit


def _mark_own(observed: ObservedCase, masks: array[int]) -> None:
    """What the passes themselves were seen to suffer."""
    for letter, position in _own(observed, 0, len(masks)):
        masks[position] |= _BIT[letter]


def _own(observed: ObservedCase, first: int, last: int) -> Iterator[tuple[str, int]]:
    """(letter, position) of what passes in [first, last) were seen to suffer, whatever the board did."""
    for position in _within(observed.faults, first, last):
        if observed.faults[position] > 0:
            yield "S", position
    for position in _within(observed.waits, first, last):
        switches, waited = observed.waits[position]
        known = waited >= 0
        if (waited > limit.WAIT_SHARE * observed.duration[position]) if known else switches > 0:
            yield "P", position
    for position in _within(observed.gc, first, last):
        yield "G", position
    for place in range(max(0, bisect_left(observed.batches, (first,)) - 1), len(observed.batches)):
        begin, length, swapped, stolen = observed.batches[place]
        if begin >= last:
            return
        end = min(begin + length, len(observed.duration))
        lasted = observed.start[end - 1] + observed.duration[end - 1] - observed.start[begin]
        letters = "S" * (swapped > 0) + "P" * (stolen * 1_000_000 >= limit.STEAL_SHARE * lasted)
        for position in range(max(begin, first), min(end, last)):
            yield from ((letter, position) for letter in letters)


def _within(marked: Collection[int], first: int, last: int) -> Iterator[int]:
    """Of positions that are marked those in [first, last), by the shorter way."""
    if len(marked) <= last - first:
        return (position for position in marked if first <= position < last)
    return (position for position in range(first, last) if position in marked)


def clean_so_far(observed: ObservedCase, told: ObservedBoard, first: int, last: int) -> tuple[Sequence[int], int]:
    """Durations (ns) of the passes in [first, last) that count and that nothing is known to have disturbed by then.

    And how many others of them count. Told while a case runs, at a cost a pass that does not grow with the case:
    ``of_passes`` also knows what only the end tells, such as the clock that a drop of it is measured by.
    """
    counting = observed.purpose.count(COUNTS, first, last)
    disturbed = {position for _, position in _own(observed, first, last)}
    disturbed.update(_while_throttled(observed, told, first, last))
    if not disturbed and counting == last - first:
        return observed.duration[first:last], 0
    duration = observed.duration
    clean = [
        duration[place]
        for begin, end, purpose in observed.purpose.spans(first, last)
        if purpose == COUNTS
        for place in range(begin, end)
        if place not in disturbed
    ]
    return clean, counting - len(clean)


def _while_throttled(observed: ObservedCase, told: ObservedBoard, first: int, last: int) -> Iterator[int]:
    """Positions in [first, last) of passes that began while the board was known to be throttled."""
    end = last
    for state in reversed(told.throttle):
        begin = max(first, min(end, bisect_left(observed.start, state.t, first, last)))
        if state.now is True:
            yield from range(begin, end)
        end = begin
        if end <= first:
            return
