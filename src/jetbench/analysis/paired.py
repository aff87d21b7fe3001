"""Whether two models differ on the same images: McNemar's exact test on those that only one of them gets right.

McNemar, Psychometrika 12 (1947); exact by the binomial distribution. p-values of a session are adjusted after Holm
(Scandinavian Journal of Statistics 6, 1979).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import msgspec

from jetbench.analysis.real_data import AMONG, RIGHT, WRONG
from jetbench.domain.results import CaseResult, DataResult, Share

LEVEL = 0.05
MOST_CASES = 16  # of one set of images: 120 pairs
_JUDGED = RIGHT + AMONG + WRONG


class Pair(msgspec.Struct, frozen=True):
    """``first``, ``second``: places in what was given. ``images`` both were judged on."""

    first: int
    second: int
    images: int
    only_first: int  # right in the first alone
    only_second: int
    p: float
    p_adjusted: float = 1.0

    @property
    def differ(self) -> bool:
        return self.p_adjusted < LEVEL


class Beside(msgspec.Struct, frozen=True):
    """Accuracy of two cases that were not given their images together. ``test`` is None where ``reason`` says why."""

    top1: tuple[Share | None, Share | None]
    test: Pair | None = None
    reason: str | None = None


def mcnemar(one: int, other: int) -> float:
    """Two-sided p of ``one`` against ``other`` discordant pairs, exact."""
    n, least = one + other, min(one, other)
    if n == 0 or one == other:
        return 1.0
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(least + 1)]
    top = max(logs)
    tail = math.fsum(math.exp(value - top) for value in logs)
    return min(1.0, 2 * math.exp(top - n * math.log(2)) * tail)


def pairs(results: Sequence[CaseResult]) -> tuple[Pair, ...]:
    """Of cases that were given the same images; the first MOST_CASES of each set."""
    sets: dict[str, list[int]] = {}
    seen = set()
    for place, result in enumerate(results):
        case, given = result.case, result.data
        if given is None or given.top1 is None or not given.sha256:
            continue
        key = (given.sha256, case.model, case.variant, case.device, case.weights, case.size)
        if key not in seen:  # at another batch it is the same model
            seen.add(key)
            sets.setdefault(given.sha256, []).append(place)
    found = [
        _pair(first, second, results)
        for places in sets.values()
        for first, second in combinations(places[:MOST_CASES], 2)
    ]
    return _holm([pair for pair in found if pair is not None])


def beside(one: CaseResult, other: CaseResult, names: tuple[str, str]) -> Beside | None:
    """Of two cases of two sessions. None where neither was given images. ``names``: of the sides, in the reason."""
    if one.data is None and other.data is None:
        return None
    given = (one.data, other.data)
    top1 = (given[0].top1 if given[0] else None, given[1].top1 if given[1] else None)
    reason = _no_test(given, names)
    if reason is not None:
        return Beside(top1, None, reason)
    test = _pair(0, 1, (one, other))
    return Beside(top1, test, None if test is not None else "no image was judged by both")


def _no_test(given: tuple[DataResult | None, DataResult | None], names: tuple[str, str]) -> str | None:
    for found, name in zip(given, names, strict=True):
        if found is None:
            return f"{name} was given no images"
        if found.top1 is None:
            return f"no accuracy in {name}: {found.reason or 'no image was judged'}"
    one, other = given
    assert one is not None and other is not None
    if not one.sha256 or not other.sha256:
        return "it is not recorded which images they were"
    if one.sha256 != other.sha256:
        sets = (f"{found.images} of {found.source} in {name}" for found, name in zip((one, other), names, strict=True))
        return f"they were not given the same images: {', '.join(sets)}"
    return None


def adjusted(found: Sequence[Beside | None]) -> list[Beside | None]:
    """With the p of each for all of them together."""
    tests = [each.test for each in found if each is not None and each.test is not None]
    corrected = iter(_holm(tests))
    return [
        each if each is None or each.test is None else msgspec.structs.replace(each, test=next(corrected))
        for each in found
    ]


def _pair(first: int, second: int, results: Sequence[CaseResult]) -> Pair | None:
    one, other = results[first].data, results[second].data
    assert one is not None and other is not None
    letters = zip(one.hits, other.hits, strict=False)  # one of them may have ended sooner
    both = [(a == RIGHT, b == RIGHT) for a, b in letters if a in _JUDGED and b in _JUDGED]
    if not both:
        return None
    only_first, only_second = both.count((True, False)), both.count((False, True))
    return Pair(first, second, len(both), only_first, only_second, mcnemar(only_first, only_second))


def _holm(found: Sequence[Pair]) -> tuple[Pair, ...]:
    order = sorted(range(len(found)), key=lambda place: found[place].p)
    adjusted, highest = [1.0] * len(found), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(found) - rank) * found[place].p))
        adjusted[place] = highest
    return tuple(msgspec.structs.replace(pair, p_adjusted=p) for pair, p in zip(found, adjusted, strict=True))
