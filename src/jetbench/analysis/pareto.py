"""The Pareto front where figures have intervals: two that overlap are tied, and a tie beats nothing.

One is dominated by another only where that is no worse on every axis beyond the intervals, and better on one. This is
a strict partial order (of intervals: Fishburn 1970), so the front of anything is not empty, and for exact figures it
is the usual front. With "tied" read as "equal" it would not be transitive, and a front could beat itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Span(msgspec.Struct, frozen=True):
    """A figure of which less is better, with its 95 % interval; low = high where it is exact or none is known."""

    value: float
    low: float
    high: float


Place = tuple[Span, ...]  # of one case, a span an axis


def tied(one: Span, two: Span) -> bool:
    """Whether no order of the two is shown: their intervals have more than an end in common, or they are equal."""
    return not (one.high <= two.low or two.high <= one.low) or one == two


def dominates(one: Place, two: Place) -> bool:
    """Whether ``one`` beats ``two``: on no axis behind it or tied within intervals, and ahead on one."""
    pairs = list(zip(one, two, strict=True))
    return all(a.high <= b.low for a, b in pairs) and any(a.high < b.low or a.value < b.value for a, b in pairs)


def front(places: Sequence[Place]) -> list[int]:
    """Positions of those that none dominates, in order."""
    return [position for position, place in enumerate(places) if not any(dominates(other, place) for other in places)]


def ties(places: Sequence[Place]) -> list[tuple[int, int]]:
    """Pairs of positions, the smaller first, that are tied on every axis."""
    return [
        (first, second)
        for first, one in enumerate(places)
        for second, two in enumerate(places)
        if first < second and all(tied(a, b) for a, b in zip(one, two, strict=True))
    ]
