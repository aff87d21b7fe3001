"""From what was observed of a case to its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jetbench.analysis.energy import power_over
from jetbench.analysis.latency import summarise
from jetbench.domain.events import Board
from jetbench.domain.observed import ObservedCase, PowerSeries
from jetbench.domain.results import CaseResult, PowerResult

# Stages that belong to the cold start; "warmup" and "measure" do not, "count" is not the case's own.
COLD_START = ("spawn", "import", "torchvision", "fork", "context", "load", "to_device", "first")


def result(
    observed: ObservedCase,
    shared_stages: Mapping[str, int],
    board: Board | None,
    series: PowerSeries,
) -> CaseResult:
    measured = observed.measured()
    stages = {**shared_stages, **observed.stages}
    items = len(measured) * observed.case.batch
    power = power_over(board, series, observed.windows, items) if measured else PowerResult()
    flags = {"W": len(observed.duration) - len(measured)} if len(observed.duration) > len(measured) else {}
    memory = observed.memory
    return CaseResult(
        case=observed.case,
        status=observed.status,
        error=observed.error,
        stop=observed.stop,
        model=observed.model,
        latency=summarise(measured),
        cold_start_s={name: stages[name] * 1e-9 for name in COLD_START if name in stages},
        peak_memory_mib=memory.peak_rss_kib / 1024 if memory and memory.peak_rss_kib is not None else None,
        power=power,
        throttled=_any(observed.throttled),
        flags=flags,
    )


def _any(states: Sequence[bool | None]) -> bool | None:
    """True if it was seen once, False only if it was known to be absent throughout."""
    if any(state is True for state in states):
        return True
    return False if states and all(state is False for state in states) else None
