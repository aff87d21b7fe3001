"""The same plan on several boards: a row a case, and which boards no other one beats in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import msgspec

from jetbench.analysis.measures import BY_NAME, ENDED, Measure
from jetbench.analysis.pareto import Place, Span, front
from jetbench.domain.events import Case
from jetbench.domain.results import CaseResult

LATENCY, ENERGY = BY_NAME["latency_p50"], BY_NAME["energy"]
Key = tuple[str, str, int, tuple[int, int] | None, str | None]


class Row(msgspec.Struct, frozen=True):
    """One case of the plan. ``results``: of each board in their order, None where it has no such case yet."""

    key: Key
    name: str  # of the model, and whatever else is not the same in all rows
    results: tuple[CaseResult | None, ...]


class Front(msgspec.Struct, frozen=True):
    """Places of boards: those that were compared, and of them those that none beats: better in one figure, and behind
    beyond the intervals in none."""

    compared: frozenset[int] = frozenset()
    best: frozenset[int] = frozenset()


def key(case: Case) -> Key:
    """What the plan asks for: device and threads are each board's own."""
    return case.model, case.variant, case.batch, case.size, case.weights


def rows(boards: Sequence[Sequence[CaseResult]], planned: Sequence[Case] = ()) -> tuple[Row, ...]:
    """In the order of the plan, as the first board that knows a case has it; then what is only ``planned``."""
    found: dict[Key, list[CaseResult | None]] = {}
    for place, results in enumerate(boards):
        for result in results:
            found.setdefault(key(result.case), [None] * len(boards))[place] = result
    for case in planned:
        found.setdefault(key(case), [None] * len(boards))
    names = _names(list(found))
    return tuple(Row(own, name, tuple(of)) for (own, of), name in zip(found.items(), names, strict=True))


def _names(keys: Sequence[Key]) -> list[str]:
    differs = [len({each[place] for each in keys}) > 1 for place in range(5)]

    def name(each: Key) -> str:
        model, variant, batch, size, weights = each
        words = [variant] * differs[1] + [f"b{batch}"] * differs[2]
        words += [f"{size[0]}x{size[1]}" if size is not None else "own size"] * differs[3]
        words += [PurePath(weights).name if weights is not None else "random"] * differs[4]
        return " ".join([model, *words])

    return [name(each) for each in keys]


def axes(results: Sequence[CaseResult | None]) -> tuple[Measure, ...]:
    """What boards are compared in: latency and energy where two of them tell both, else latency alone."""
    both = sum(_place(result, (LATENCY, ENERGY)) is not None for result in results)
    return (LATENCY, ENERGY) if both > 1 else (LATENCY,)


def unbeaten(results: Sequence[CaseResult | None]) -> Front:
    """By ``axes``. What lacks a figure is not compared; of fewer than two boards none is best."""
    compared = axes(results)
    known = {place: found for place, each in enumerate(results) if (found := _place(each, compared)) is not None}
    places = list(known)
    best = [places[index] for index in front(list(known.values()))] if len(places) > 1 else []
    return Front(frozenset(places), frozenset(best))


def _place(result: CaseResult | None, compared: Sequence[Measure]) -> Place | None:
    if result is None or result.status != "measured":
        return None
    spans = [_span(result, measure) for measure in compared]
    return None if None in spans else tuple(span for span in spans if span is not None)


def _span(result: CaseResult, measure: Measure) -> Span | None:
    value = measure.of(result)
    if not isinstance(value, int | float):
        return None
    low, high = measure.interval(result) or (value, value)
    return Span(value, low, high)


class Fronts:
    """``unbeaten`` of rows, worked out again only where a case ended or was analysed anew."""

    def __init__(self) -> None:
        self._known: dict[Key, tuple[list[CaseResult | None], Front]] = {}

    def of(self, row: Row) -> Front:
        over = [result if result is not None and result.status in ENDED else None for result in row.results]
        known = self._known.get(row.key)
        if known is None or len(known[0]) != len(over) or any(a is not b for a, b in zip(known[0], over, strict=True)):
            known = self._known[row.key] = (over, unbeaten(over))
        return known[1]

    def tally(self, rows_: Sequence[Row], place: int) -> tuple[int, int]:
        """In how many rows no board beats this one, of how many it was compared in with another."""
        fronts = [found for row in rows_ if (found := self.of(row)).best]
        return sum(place in found.best for found in fronts), sum(place in found.compared for found in fronts)
