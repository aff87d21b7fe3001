"""What a run that has not begun will take, as far as it can be told: time, and memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from jetbench.domain.events import Case, Protocol
from jetbench.domain.results import CaseResult

_BEFORE = ("measure", "idle", "energy", "soak", "cooldown", "warmup")  # stages that are not the set-up of a case
_SHARED = ("import", "torchvision")  # of the interpreter that all cases are forked from: it is there already


class Ahead(msgspec.Struct, frozen=True):
    """``seconds`` are those of the ``known`` cases, in all rounds, without cool-down; None where none is known."""

    cases: int
    rounds: int
    known: int = 0  # cases that were measured before, with the same model, variant, batch and size
    seconds: float | None = None
    most_s: float = 0.0  # measuring all cases, at most; loading them comes on top
    cooldown_s: float = 0.0  # waiting before all of them, at most
    need_mib: float | None = None  # the most that one of the known cases needs
    neediest: Case | None = None


def ahead(cases: Sequence[Case], protocol: Protocol, before: Iterable[CaseResult]) -> Ahead:
    """Of a plan's cases, from results of an earlier run."""
    results = list(before)
    block = protocol.energy_s + protocol.idle_s * 4 / 3 if protocol.energy else 0.0
    known, spent, need, neediest = 0, 0.0, None, None
    for case in cases:
        result = next((each for each in results if _same(each.case, case)), None)
        if result is None:
            continue
        seconds = _seconds(result, protocol)
        if seconds is not None:
            known += 1
            spent += seconds + block
        needs = _needs(result)
        if needs is not None and (need is None or needs > need):
            need, neediest = needs, case
    runs = len(cases) * protocol.rounds
    return Ahead(
        cases=len(cases),
        rounds=protocol.rounds,
        known=known,
        seconds=spent * protocol.rounds if known else None,
        most_s=runs * (protocol.max_time_s + block + (protocol.soak_s or 0.0)),
        cooldown_s=runs * protocol.cooldown_s,
        need_mib=need,
        neediest=neediest,
    )


def _same(measured: Case, planned: Case) -> bool:
    """Where the plan leaves size or device open, whatever was taken then."""
    return (
        (measured.model, measured.variant, measured.batch) == (planned.model, planned.variant, planned.batch)
        and measured.size == planned.size
        and (planned.device == "auto" or measured.device == planned.device)
    )


def _seconds(result: CaseResult, protocol: Protocol) -> float | None:
    """One round: its set-up as it took then, its passes as this protocol asks for them."""
    if result.latency is None or protocol.k is None:
        return None  # until an interval is narrow: nobody knows how many passes that takes
    without = _BEFORE if protocol.fresh else (*_BEFORE, *_SHARED)
    setup = sum(seconds for name, seconds in result.cold_start_s.items() if name not in without)
    passes = protocol.k + (protocol.warmup or 0)
    return setup + min(protocol.max_time_s, passes * result.latency.p50)


def _needs(result: CaseResult) -> float | None:
    """MiB at the peak: as measured, or as it was forecast."""
    if result.peak_memory_mib is not None:
        return result.peak_memory_mib
    forecast = result.forecast
    return forecast.need_kib / 1024 if forecast is not None and forecast.need_kib is not None else None
