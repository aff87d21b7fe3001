"""What all the passes of a case say together: the part of a result that takes time, made once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from operator import not_
from statistics import median

import msgspec

from jetbench.analysis import flags, outliers, trend
from jetbench.analysis.folding import folded
from jetbench.analysis.latency import summarise
from jetbench.domain.bins import Bins
from jetbench.domain.observed import ObservedBoard, ObservedCase
from jetbench.domain.results import LatencySummary, Outliers, Trend

FORWARD = "forward"  # the part of an end-to-end pass that is the latency


class Passes(msgspec.Struct, frozen=True):
    """Of the passes that count; latencies in s."""

    key: tuple[int, int]  # with another one something of it may be another
    latency: LatencySummary | None
    clean: LatencySummary | None  # of those that nothing disturbed
    histogram: Bins | None  # of these, too
    counts: Mapping[str, int]  # of flags, of all passes
    hot: bool  # some ran while the board throttled
    medians: Sequence[float]  # of the rounds, where there are several
    outliers: Outliers
    trend: Trend
    device_latency: LatencySummary | None
    end_to_end: LatencySummary | None
    parts: Mapping[str, LatencySummary]


def of_case(observed: ObservedCase, told: ObservedBoard, before: Passes | None = None) -> Passes:
    """``before``: what was made of this case earlier. It still holds if neither passes nor flags have changed since."""
    masks = flags.masks(observed, told)
    key = len(masks), hash(masks.tobytes())
    if before is not None and before.key == key:
        return before
    flagged, measured = flags.texts(masks), observed.measured()
    counting = [text for begin, end in observed.counting() for text in flagged[begin:end]]
    disturbed = any(counting)
    undisturbed = list(compress(measured, map(not_, counting))) if disturbed else measured
    latency = summarise(measured)
    places = list(_rounds(observed))
    rounds = [measured[begin:end] for begin, end in places]
    parts = _parts(observed, measured)
    return Passes(
        key=key,
        latency=latency,
        clean=summarise(undisturbed) if disturbed else latency,
        histogram=folded(undisturbed, len(measured) - len(undisturbed)),
        counts=flags.count(flagged),
        hot=any("T" in text or "V" in text for text in set(counting)),
        medians=[median(values) * 1e-9 for values in rounds] if len(rounds) > 1 else [],
        outliers=outliers.classify(rounds, [counting[begin:end] for begin, end in places]),
        trend=trend.of_rounds(rounds),
        device_latency=_on_device(observed),
        end_to_end=_summed(parts),
        parts={name: found for name, values in parts.items() if (found := summarise(values))},
    )


def _rounds(observed: ObservedCase) -> Iterator[tuple[int, int]]:
    """First and last place of every round among the passes that count."""
    begin = place = 0
    before: int | None = None
    for first, last in observed.counting():
        for start, end, number in observed.round.spans(first, last):
            if before is not None and number != before:
                yield begin, place
                begin = place
            before, place = number, place + end - start
    if place > begin:
        yield begin, place


def _on_device(observed: ObservedCase) -> LatencySummary | None:
    if len(observed.device) != len(observed.duration):
        return None
    return summarise([took for begin, end in observed.counting() for took in observed.device[begin:end]])


def _parts(observed: ObservedCase, measured: Sequence[int]) -> dict[str, Sequence[int]]:
    """Durations of the parts of every pass, the forward pass among them; empty where none was asked for."""
    whole = {name: values for name, values in observed.parts.items() if len(values) == len(measured)}
    if not whole:
        return {}
    before = {name: values for name, values in whole.items() if name != "d2h"}
    after = {name: values for name, values in whole.items() if name == "d2h"}
    return {**before, FORWARD: measured, **after}


def _summed(parts: Mapping[str, Sequence[int]]) -> LatencySummary | None:
    return summarise([sum(together) for together in zip(*parts.values(), strict=True)]) if parts else None
