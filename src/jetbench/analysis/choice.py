"""Which recorded case keeps to limits, and which comes nearest where none does.

A case of which a figure is missing neither fits nor fails: it is told as unknown, with the reason. One whose interval
holds the limit may fit. What throttled, was disturbed or has grade D is never first without a word of it. A variant
whose output is another one than that of fp32 is no candidate, however fast it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from jetbench.analysis import accuracy as accuracies
from jetbench.analysis import thresholds
from jetbench.analysis.duty import Duty, DutyCycle, at_rate
from jetbench.analysis.measures import BY_NAME
from jetbench.analysis.pareto import Place, Span, front, tied, ties
from jetbench.domain.results import CaseResult

FITS, MAY, MISSES, WRONG, UNKNOWN = "fits", "may fit", "misses", "wrong", "unknown"
AXES = ("latency", "power", "energy", "memory", "accuracy")
_MEASURES = {"power": "power", "energy": "energy", "memory": "peak_memory"}


class Limits(msgspec.Struct, frozen=True):
    """None: no limit. ``power_w`` is of the mean at ``cycle``'s rate where there is one."""

    latency_s: float | None = None
    power_w: float | None = None
    energy_j: float | None = None  # of one item
    memory_mib: float | None = None
    accuracy: float | None = None  # at least, as a share
    percentile: int = 50
    cycle: DutyCycle | None = None

    def of(self, axis: str) -> float | None:
        return {
            "latency": self.latency_s,
            "power": self.power_w,
            "energy": self.energy_j,
            "memory": self.memory_mib,
            "accuracy": self.accuracy,
        }[axis]

    @property
    def asked(self) -> tuple[str, ...]:
        return tuple(axis for axis in AXES if self.of(axis) is not None)


class Figure(msgspec.Struct, frozen=True):
    """In s, W, J, MiB or as a share. None: ``reason`` says why."""

    value: float | None = None
    interval: tuple[float, float] | None = None
    reason: str | None = None
    note: str | None = None


class Tried(msgspec.Struct, frozen=True):
    """One limit. ``over``: by what share of the limit the figure misses it, 0 where it does not."""

    axis: str
    limit: float
    figure: Figure
    state: str
    over: float = 0.0


class Candidate(msgspec.Struct, frozen=True):
    label: str  # of its file
    result: CaseResult
    figures: dict[str, Figure]
    tried: tuple[Tried, ...]
    state: str
    doubts: tuple[str, ...] = ()
    duty: Duty | None = None
    slow: float = 0.0  # by what share the rate is beyond what it can do

    @property
    def distance(self) -> float:
        """How far it is from fitting: the sum over the limits it misses of the logarithm of figure over limit."""
        return sum(math.log1p(each.over) for each in self.tried) + math.log1p(self.slow)


class Choice(msgspec.Struct, frozen=True):
    """``candidates``: those that fit, may fit, miss by less and less little, give a wrong answer, are unknown."""

    limits: Limits
    by: str
    candidates: tuple[Candidate, ...]
    axes: tuple[str, str] | tuple[str, ...]
    front: tuple[int, ...] = ()  # positions in ``candidates``
    ties: tuple[tuple[int, int], ...] = ()  # of the front: tied on every axis
    beside: tuple[int, ...] = ()  # positions of those a figure of which is missing on an axis

    @property
    def best(self) -> Candidate | None:
        return self.candidates[0] if self.candidates and self.candidates[0].state == FITS else None

    @property
    def nearest(self) -> Candidate | None:
        return next((each for each in self.candidates if each.state == MISSES), None) if self.best is None else None

    def tied_with_best(self) -> tuple[Candidate, ...]:
        """Others that fit, and that are not shown to be behind by what they are ordered by."""
        best = self.best
        mine = _span(best.figures[self.by], self.by) if best is not None else None
        if mine is None:
            return ()
        found = []
        for other in self.candidates[1:]:
            span = _span(other.figures[self.by], self.by)
            if other.state == FITS and span is not None and tied(mine, span):
                found.append(other)
        return tuple(found)


def choose(cases: Sequence[tuple[str, CaseResult]], limits: Limits, by: str = "latency") -> Choice:
    """``cases``: label of the file and case. ``by``: the axis that those which fit are ordered by."""
    found = [candidate(label, result, limits) for label, result in cases]
    order = {FITS: 0, MAY: 1, MISSES: 2, WRONG: 3, UNKNOWN: 4}
    ranked = sorted(found, key=lambda each: (order[each.state], *_rank(each, by)))
    axes = _axes(limits, ranked)
    places = {position: place for position, each in enumerate(ranked) if (place := _place(each, axes)) is not None}
    positions = list(places)
    kept = [positions[index] for index in front(list(places.values()))]
    pairs = ties([places[position] for position in kept])
    return Choice(
        limits,
        by,
        tuple(ranked),
        axes,
        tuple(kept),
        tuple((kept[one], kept[two]) for one, two in pairs),
        tuple(place for place, each in enumerate(ranked) if place not in places and each.state != WRONG),
    )


def candidate(label: str, result: CaseResult, limits: Limits) -> Candidate:
    duty = at_rate(result, limits.cycle) if limits.cycle is not None else None
    figures = {axis: _figure(axis, result, limits, duty) for axis in AXES}
    tried = tuple(_try(axis, limits.of(axis) or 0.0, figures[axis]) for axis in limits.asked)
    states = {each.state for each in tried}
    state = next((word for word in (MISSES, UNKNOWN, MAY) if word in states), FITS)
    if result.latency is None:  # whatever else is known of it: it did not run
        return Candidate(label, result, figures, tried, UNKNOWN, doubts(result), duty)
    most = result.throughput_ips or math.inf
    slow = max(0.0, duty.rate_hz / most - 1) if duty is not None else 0.0
    if slow:
        state = MISSES
    if result.output is not None and result.output.wrong:
        state = WRONG
    return Candidate(label, result, figures, tried, state, doubts(result), duty, slow)


def doubts(result: CaseResult) -> tuple[str, ...]:
    """Why its figures are no ground to choose it."""
    found = []
    if result.output is not None and result.output.wrong:
        found.append(f"its output is wrong: {result.output.words}")
    elif result.output is not None and result.output.error is None:
        found.append(f"its output was not compared with fp32: {result.output.words or 'no reason given'}")
    if result.latency is not None and result.status != "measured":
        found.append(f"it was {result.status}")
    if result.grade is not None and result.grade.letter == "D":
        found.append(f"grade D: {result.grade.reasons[0] if result.grade.reasons else 'not to be trusted'}")
    if result.throttled:
        found.append("the board throttled while it was measured")
    share = result.flagged_share
    if share is not None and share > thresholds.MANY_FLAGS:
        found.append(f"{100 * share:.0f} % of its passes were disturbed")
    return tuple(found)


# -- figures


def _figure(axis: str, result: CaseResult, limits: Limits, duty: Duty | None) -> Figure:
    if axis == "latency":
        return _latency(result, limits.percentile)
    if axis == "accuracy":
        measured = _measured_accuracy(result)
        if measured is not None:
            return measured
        told = accuracies.published(result)
        note = f"published ({told.weights}), not measured here"
        return Figure(told.top1, None, told.reason, f"{note}; {told.note}" if told.note else note)
    if axis == "power" and duty is not None:
        u = duty.power_u_w
        interval = (duty.power_w - u, duty.power_w + u) if duty.power_w is not None and u is not None else None
        return Figure(duty.power_w, interval, duty.reason, f"at {duty.rate_hz:g} inferences a second")
    measure = BY_NAME[_MEASURES[axis]]
    value = measure.of(result)
    if not isinstance(value, int | float):
        return Figure(reason=measure.why(result))
    return Figure(float(value), measure.interval(result))


def _measured_accuracy(result: CaseResult) -> Figure | None:
    """Of the user's own images, where there were some: closer to what it is for than what is published."""
    found = result.data
    if found is None or found.top1 is None:
        return None
    note = f"measured on {found.top1.of} images of {found.source}"
    return Figure(found.top1.value, found.top1.ci95, None, note)


def _latency(result: CaseResult, percentile: int) -> Figure:
    measure = BY_NAME[f"latency_p{percentile}"]
    found = result.latency
    value = measure.of(result)
    if found is None or not isinstance(value, int | float):
        return Figure(reason=measure.why(result))
    share = percentile / 100
    if percentile > 50 and not found.supports(share):
        needed = math.ceil(math.log(0.05) / math.log(share))
        few = found.n_eff is not None and found.n_eff < 0.9 * found.n
        worth = f", worth {found.n_eff:.0f} independent ones," if few else ""
        return Figure(reason=f"{found.n} passes{worth} do not tell p{percentile}: {needed} are needed")
    return Figure(float(value), measure.interval(result))


def _try(axis: str, limit: float, figure: Figure) -> Tried:
    if figure.value is None:
        return Tried(axis, limit, figure, UNKNOWN)
    low, high = figure.interval or (figure.value, figure.value)
    least = axis == "accuracy"
    fits, misses = (low >= limit, high < limit) if least else (high <= limit, low > limit)
    if fits:
        return Tried(axis, limit, figure, FITS)
    over = (limit / figure.value if least else figure.value / limit) - 1 if figure.value > 0 and limit > 0 else 0.0
    return Tried(axis, limit, figure, MISSES if misses else MAY, max(0.0, over))


# -- order


def _rank(each: Candidate, by: str) -> tuple[float, float, float]:
    figure = each.figures[by].value
    size = math.inf if figure is None else -figure if by == "accuracy" else figure
    return (each.distance if each.state == MISSES else 0.0, float(bool(each.doubts)), size)


def _axes(limits: Limits, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Those that limits were given for; fewer than two are filled with what is known of most cases."""
    axes = list(limits.asked)
    known = {axis: sum(each.figures[axis].value is not None for each in candidates) for axis in AXES}
    for axis in ("latency", *sorted(("accuracy", "energy", "memory"), key=lambda axis: -known[axis])):
        if len(axes) < 2 and axis not in axes and known[axis]:
            axes.append(axis)
    return tuple(axis for axis in AXES if axis in axes)


def _place(each: Candidate, axes: Sequence[str]) -> Place | None:
    spans = [_span(each.figures[axis], axis) for axis in axes]
    if each.state == WRONG or not spans or each.result.latency is None or any(span is None for span in spans):
        return None
    return tuple(span for span in spans if span is not None)


def _span(figure: Figure, axis: str) -> Span | None:
    """Less is better: an accuracy counts from above."""
    if figure.value is None:
        return None
    low, high = figure.interval or (figure.value, figure.value)
    return Span(-figure.value, -high, -low) if axis == "accuracy" else Span(figure.value, low, high)
