"""How often a pass of one series is faster than one of another, and how likely chance alone does that."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

import msgspec

MOST = 20_000  # passes of a side, evenly spaced: the share is known to 0.005 from so many


class Effect(msgspec.Struct, frozen=True):
    """``faster``: P(other < base) + P(equal) / 2, the common-language effect size (McGraw and Wong 1992; Vargha and
    Delaney 2000); 0.5 is no effect. ``p``: of Mann and Whitney's test, two-sided."""

    faster: float
    p: float


def spaced(values: Sequence[float], most: int = MOST) -> Sequence[float]:
    """At most ``most`` of them, evenly spaced: their distribution stays what it was."""
    count = len(values)
    return values if count <= most else [values[i * count // most] for i in range(most)]


def effect(
    base: Sequence[float], other: Sequence[float], base_n_eff: float | None = None, other_n_eff: float | None = None
) -> Effect | None:
    """None where a side is empty. ``n_eff``: independent passes that would tell as much; of all passes by default.

    The normal approximation with correction for ties and continuity (Conover, 5.1). With n in the place of n_eff two
    runs whose passes hang together differ "significantly" almost always.
    """
    if not base or not other:
        return None
    ordered = sorted(base)
    below = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in other)
    faster = 1 - below / (2 * len(base) * len(other))
    left, right = base_n_eff or float(len(base)), other_n_eff or float(len(other))
    variance = (left + right + 1) / (12 * left * right) * _untied(base, other)
    away = max(0.0, abs(faster - 0.5) - 0.5 / (left * right))
    if variance <= 0:
        return Effect(faster, 1.0 if away == 0 else 0.0)
    return Effect(faster, math.erfc(away / math.sqrt(2 * variance)))


def _untied(base: Sequence[float], other: Sequence[float]) -> float:
    """What ties leave of the variance of the ranks."""
    count = len(base) + len(other)
    ties = sum(times**3 - times for times in Counter([*base, *other]).values())
    return 1 - ties / (count**3 - count)
