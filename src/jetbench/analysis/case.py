"""From what was observed of a case to its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jetbench.analysis.energy import power_over
from jetbench.analysis.latency import summarise
from jetbench.domain.events import Board, Stage
from jetbench.domain.observed import WARMUP, ObservedBoard, ObservedCase
from jetbench.domain.results import CaseResult, LedgerEntry, PowerResult

# Stages that belong to the cold start; "warmup" and "measure" do not, "count" is not the case's own.
COLD_START = ("spawn", "import", "torchvision", "fork", "context", "load", "to_device", "first")


def result(
    observed: ObservedCase,
    shared_stages: Mapping[str, Stage],
    board: Board | None,
    told: ObservedBoard,
) -> CaseResult:
    """``shared_stages``: of the parent that all cases share; ``told``: what the board did meanwhile."""
    measured = observed.measured()
    items = len(measured) * observed.case.batch
    power = power_over(board, told.power, observed.windows, items) if measured else PowerResult()
    warm = observed.purpose.count(WARMUP)
    memory, end = observed.memory, observed.end
    ledger = _ledger({**shared_stages, **observed.ledger})
    return CaseResult(
        case=observed.case,
        status=observed.status,
        error=observed.error,
        stop=observed.stop,
        model=observed.model,
        latency=summarise(measured),
        cold_start_s={entry.stage: entry.seconds for entry in ledger},
        ledger=ledger,
        peak_memory_mib=_mib(memory.peak_rss_kib if memory else None),
        peak_cuda_mib=_mib(memory.peak_cuda_kib if memory else None),
        power=power,
        throttled=_any(observed.throttled),
        flags={"W": warm} if warm else {},
        rules=tuple(observed.rules),
        forecast=observed.forecast,
        cause=end.cause if end else None,
        evidence=end.evidence if end else (),
        remedies=end.remedies if end else (),
    )


def _mib(kib: int | None) -> float | None:
    return None if kib is None else kib / 1024


def _ledger(stages: Mapping[str, Stage]) -> tuple[LedgerEntry, ...]:
    found = (stages[name] for name in COLD_START if name in stages)
    return tuple(
        LedgerEntry(
            stage=stage.name,
            seconds=(stage.ns or 0) * 1e-9,
            major_faults=stage.major_faults,
            swap_in_kib=stage.swap_in_kib,
            read_kib=stage.read_kib,
            cache_kib=stage.cache_kib,
        )
        for stage in found
    )


def _any(states: Sequence[bool | None]) -> bool | None:
    """True if it was seen once, False only if it was known to be absent throughout."""
    if any(state is True for state in states):
        return True
    return False if states and all(state is False for state in states) else None
