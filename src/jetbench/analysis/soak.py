"""From the passes of a soak to its result: what a burst gives, what lasts, and when it was lost."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import compress

from jetbench.analysis import heating, onset
from jetbench.analysis import thresholds as limit
from jetbench.analysis.latency import summarise
from jetbench.domain.events import Board
from jetbench.domain.observed import SOAK, ObservedBoard, ObservedCase, Series, Window
from jetbench.domain.results import LatencySummary, Onset, SoakResult

NAME = "soak"
THROTTLED = "TV"  # flags: heat, under-voltage or a cap
OTHER = "SPG"  # what slows a pass on any board: swap, another program, Python
BY_CLOCK = THROTTLED + "F"  # one reading of a low clock may be of before the load; it counts where the clock stayed low
_FEW = "too_few_passes"


def of_case(
    observed: ObservedCase, board: Board | None, told: ObservedBoard, flagged: Sequence[str]
) -> SoakResult | None:
    """None where no pass of a soak was told. ``flagged``: flags of all passes of the case."""
    first = observed.purpose.find(SOAK)
    if first < 0:
        return None
    last = observed.purpose.rfind(SOAK) + 1
    starts, durations = observed.start[first:last], observed.duration[first:last]
    flags = flagged[first:last]
    window = (starts[0], starts[-1] + durations[-1])
    rule = next((rule for rule in reversed(observed.rules) if rule.name == NAME), None)
    disturbed = [text[1:] for text in flags]  # the first letter says that it is a soak
    onsets = onset.of_sensors(told, board, observed.case.device, window)
    letters = BY_CLOCK if any(found.signal == "clock" for found in onsets) else THROTTLED
    held = [any(letter in text for letter in letters) for text in disturbed]
    burst, sustained = _ends(starts, durations, held, window)
    ratio, interval = retention(burst, sustained)
    heat = temperatures(told, window)
    reasons = _reasons(burst, sustained, onsets, told, heat)
    latency_onset = _by_latency(starts, durations)
    if latency_onset is None:
        reasons["latency_onset"] = "not_slower" if onset.long_enough(len(durations)) else _FEW
    before = (window[0], onsets[0].t) if onsets else window
    prediction = None
    if heat is not None:
        prediction = heating.predicted(points(heat[1], before), _trip(board, heat[0]))
        if prediction is None:
            reasons["prediction"] = "no_fit"
    return SoakResult(
        n=len(durations),
        seconds=(window[1] - window[0]) * 1e-9,
        outcome=rule.outcome if rule else None,
        text=rule.text if rule else None,
        passes=rule.passes if rule else None,
        burst=burst,
        sustained=sustained,
        retention=ratio,
        retention_ci95=interval,
        clean=summarise([d for d, text in zip(durations, disturbed, strict=True) if not text]),
        throttled=summarise(list(compress(durations, held))),
        onsets=onsets,
        latency_onset=latency_onset,
        disturbed=sum(any(letter in text for letter in OTHER) for text in disturbed) / len(disturbed),
        simulated=_simulated(board),
        begin=window[0],
        temperature=_extremes(heat[1], window) if heat is not None else None,
        prediction=prediction,
        reasons=reasons,
    )


def onsets_so_far(observed: ObservedCase, board: Board | None, told: ObservedBoard) -> tuple[Onset, ...]:
    """Of a soak that runs: the first by the sensors, and the one by the latencies alone."""
    first = observed.purpose.find(SOAK)
    if first < 0:
        return ()
    starts, durations = observed.start[first:], observed.duration[first:]
    by_sensors = onset.of_sensors(told, board, observed.case.device, (starts[0], starts[-1] + durations[-1]))
    by_latency = _by_latency(starts, durations)
    return (*by_sensors[:1], *([by_latency] if by_latency is not None else []))


def _ends(
    starts: Sequence[int], durations: Sequence[int], held: Sequence[bool], window: Window
) -> tuple[LatencySummary | None, LatencySummary | None]:
    """The first passes without those that throttling had reached already, and the last ones as they are."""
    length = window[1] - window[0]
    early = bisect_left(starts, window[0] + min(int(limit.BURST_S * 1e9), int(limit.BURST_SHARE * length)))
    late = bisect_left(starts, window[1] - int(limit.SUSTAINED_SHARE * length))
    burst = [duration for duration, slowed in zip(durations[:early], held[:early], strict=True) if not slowed]
    return summarise(burst), summarise(durations[late:])


def retention(
    burst: LatencySummary | None, sustained: LatencySummary | None
) -> tuple[float | None, tuple[float, float] | None]:
    """Burst over sustained, with its 95 % interval: the two medians are independent, their errors add in squares."""
    if burst is None or sustained is None or not sustained.p50:
        return None, None
    ratio = burst.p50 / sustained.p50
    halves = [_half(burst), _half(sustained)]
    if None in halves:
        return ratio, None
    width = math.sqrt(sum(half * half for half in halves if half is not None))
    return ratio, (ratio * math.exp(-width), ratio * math.exp(width))


def _half(summary: LatencySummary) -> float | None:
    """Half width of the interval of the median, of its logarithm; the larger side."""
    if summary.ci95 is None or min(summary.ci95) <= 0:
        return None
    low, high = summary.ci95
    return max(math.log(summary.p50 / low), math.log(high / summary.p50))


def _by_latency(starts: Sequence[int], durations: Sequence[int]) -> Onset | None:
    place = onset.slowdown_onset(durations)
    return None if place is None else Onset("latency", starts[place], f"slower from pass {place} of the soak on")


def temperatures(told: ObservedBoard, window: Window) -> tuple[str, Series] | None:
    """The junction, else the zone that was hottest at the end of the window: (channel, readings)."""
    found = []
    for name, series in told.temperatures.items():
        last = bisect_left(series.t, window[1]) - 1
        if last >= 0 and series.t[last] >= window[0]:
            found.append((name.startswith("temp.tj"), series.value[last], name, series))
    if not found:
        return None
    best = max(found, key=lambda entry: entry[:3])
    return best[2], best[3]


def points(series: Series, window: Window) -> list[heating.Point]:
    """Seconds since its begin, and C."""
    first, last = bisect_left(series.t, window[0]), bisect_left(series.t, window[1])
    return [((series.t[at] - window[0]) * 1e-9, series.value[at]) for at in range(first, last)]


def _extremes(series: Series, window: Window) -> tuple[float, float, float] | None:
    values = [celsius for _, celsius in points(series, window)]
    return (values[0], max(values), values[-1]) if values else None


def _trip(board: Board | None, name: str) -> float | None:
    return next((c.limit for c in (board.channels if board is not None else ()) if c.id == name), None)


def _simulated(board: Board | None) -> float | None:
    """Whether temperatures and throttling are made up, and by which factor their time runs faster."""
    if board is None or board.facts.get("simulated") is not True:
        return None
    told = board.facts.get("simulation")
    scale = told.get("time_scale") if isinstance(told, dict) else None
    return float(scale) if isinstance(scale, int | float) else 1.0


def _reasons(
    burst: LatencySummary | None,
    sustained: LatencySummary | None,
    onsets: Sequence[Onset],
    told: ObservedBoard,
    heat: tuple[str, Series] | None,
) -> dict[str, str]:
    """Codes, as of other figures that are missing."""
    found = {}
    if burst is None:
        found["burst"] = "throttled_from_the_start" if onsets else _FEW
    if sustained is None:
        found["sustained"] = _FEW
    if not onsets:
        found["time_to_throttle"] = "not_throttled" if onset.sensors_look(told) else "no_sensor"
    if heat is None:
        found["temperature"] = found["prediction"] = "no_sensor"
    return found
