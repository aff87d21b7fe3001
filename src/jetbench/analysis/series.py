"""Finished cases as lines over a sweep, and as points of two measures with those that no other one beats."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from jetbench.analysis.measures import Interval, Measure, input_size, side
from jetbench.domain.results import CaseResult

ALONG = ("batch", "input")


class Point(msgspec.Struct, frozen=True):
    """In the units that are shown. Without the one or the other it is not drawn."""

    result: CaseResult
    x: float | None
    y: float | None
    interval: Interval | None = None  # of y, about 95 %
    x_interval: Interval | None = None


class Line(msgspec.Struct, frozen=True):
    """Cases that differ in nothing but what they are drawn along, in that order."""

    name: str
    points: tuple[Point, ...]


def lines(results: Sequence[CaseResult], measure: Measure, along: str) -> tuple[Line, ...]:
    """One line a model, variant, device and whatever else was swept. ``along`` is one of ALONG."""
    place: Callable[[CaseResult], float | None] = side if along == "input" else lambda result: result.case.batch
    found: dict[tuple[object, ...], list[CaseResult]] = {}
    for result in results:
        found.setdefault(_identity(result, along), []).append(result)
    names = _names(list(found))
    return tuple(
        Line(name, tuple(sorted((_point(r, place(r), measure) for r in own), key=lambda point: point.x or 0.0)))
        for name, own in zip(names, found.values(), strict=True)
    )


def _point(result: CaseResult, x: float | None, measure: Measure) -> Point:
    return Point(result, x, measure.number(result), measure.span(result))


def scatter(results: Sequence[CaseResult], x: Measure, y: Measure) -> tuple[Point, ...]:
    return tuple(Point(r, x.number(r), y.number(r), y.span(r), x.span(r)) for r in results)


def _identity(result: CaseResult, along: str) -> tuple[object, ...]:
    case, size = result.case, input_size(result)
    other = f"b{case.batch}" if along == "input" else f"{size[0]}x{size[1]}" if size is not None else ""
    threads = f"{case.threads} threads" if case.threads != 1 else ""
    return (case.model, case.variant, case.device, other, threads, case.weights or "")


def _names(identities: Sequence[tuple[object, ...]]) -> list[str]:
    """The model, and of the rest what is not the same in all of them."""
    differs = [len({identity[place] for identity in identities}) > 1 for place in range(6)]
    return [
        " ".join(str(part) for place, part in enumerate(identity) if part and (place == 0 or differs[place]))
        for identity in identities
    ]


def pareto(points: Sequence[Point], x: Measure, y: Measure) -> frozenset[int]:
    """Places of the points that no other one beats: better in one measure and no worse in the other.

    What gives a wrong output is not among them and beats none. None where one of the measures is neither better nor
    worse for being more.
    """
    if not x.better or not y.better or x.key == y.key:
        return frozenset()
    known = [
        (-x.better * point.x, -y.better * point.y, place)
        for place, point in enumerate(points)
        if point.x is not None and point.y is not None and not (point.result.output and point.result.output.wrong)
    ]
    known.sort()
    best, best_x, kept = float("inf"), float("-inf"), []
    for first, second, place in known:
        if second < best or (second == best and first == best_x):
            best, best_x = second, first
            kept.append(place)
    return frozenset(kept)


def missing(points: Sequence[Point], x: Measure | None, y: Measure) -> dict[str, int]:
    """Why points cannot be drawn, and how many of them for each reason."""
    found: dict[str, int] = {}
    for point in points:
        lacking = y if point.y is None else x if point.x is None else None
        if point.x is None and x is None:
            found["the input size is not known"] = found.get("the input size is not known", 0) + 1
        elif lacking is not None:
            text = f"{lacking.metric.title} N/A: {lacking.why(point.result)}"
            found[text] = found.get(text, 0) + 1
    return found
