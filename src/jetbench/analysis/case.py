"""From what was observed of a case to its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jetbench.analysis import flags, grade, inference_energy, real_data, soak
from jetbench.analysis.latency import summarise
from jetbench.analysis.passes import Passes
from jetbench.analysis.passes import of_case as of_passes
from jetbench.analysis.thresholds import OUTPUT_ERROR, SAME_OUTPUT
from jetbench.domain.events import Board, Stage
from jetbench.domain.observed import ENERGY, SOAK, ObservedBoard, ObservedCase
from jetbench.domain.results import (
    CaseResult,
    Grade,
    LatencySummary,
    LayerCost,
    LedgerEntry,
    OutputError,
    SoakResult,
)
from jetbench.domain.why import Why

# Stages that belong to the cold start; "warmup" and "measure" do not, "count" is not the case's own.
COLD_START = ("spawn", "import", "torchvision", "fork", "context", "load", "to_device", "first")
AFTER_FIRST = ("second", "third")  # passes whose start is still part of it on a board that pages or compiles
SPENT = ("major_faults", "swap_in_kib", "read_kib", "cache_kib")  # what a stage is accounted for


def result(
    observed: ObservedCase,
    shared_stages: Mapping[str, Stage],
    board: Board | None,
    told: ObservedBoard,
    passes: Passes | None = None,
) -> CaseResult:
    """``shared_stages``: of the parent that all cases share; ``told``: what the board did meanwhile.

    ``passes``: what all of them say, where that is known already.
    """
    passes = passes if passes is not None else of_passes(observed, told)
    ledger = _ledger({**shared_stages, **observed.ledger}, observed)
    memory, end = observed.memory, observed.end
    return CaseResult(
        case=observed.case,
        status=observed.status,
        error=observed.error,
        stop=observed.stop,
        model=observed.model,
        latency=passes.latency,
        clean=passes.clean,
        histogram=passes.histogram,
        cold_start_s={entry.stage: entry.seconds for entry in ledger},
        ledger=ledger,
        peak_memory_mib=_mib(memory.peak_rss_kib if memory else None),
        peak_cuda_mib=_mib(memory.peak_cuda_kib if memory else None),
        power=inference_energy.of_case(observed, board, told.power, passes.latency),
        throttled=_any(observed.throttled),
        flags=dict(passes.counts),
        outliers=passes.outliers,
        trend=passes.trend,
        grade=_grade(observed, passes),
        rules=tuple(observed.rules),
        forecast=observed.forecast,
        cause=end.cause if end else None,
        evidence=end.evidence if end else (),
        remedies=end.remedies if end else (),
        device_latency=passes.device_latency,
        end_to_end=passes.end_to_end,
        parts=dict(passes.parts),
        transfers=_transfers(observed),
        layers=tuple(LayerCost(*row) for row in observed.profile.layers) if observed.profile is not None else (),
        why=_why(observed, passes),
        soak=_soak(observed, board, told),
        output=_output(observed),
        data=real_data.of_case(observed),
    )


def _grade(observed: ObservedCase, passes: Passes) -> Grade | None:
    found = passes.latency, passes.clean, passes.counts, passes.trend, passes.hot, passes.medians
    return grade.of_case(*found, observed.stop)


def _soak(observed: ObservedCase, board: Board | None, told: ObservedBoard) -> SoakResult | None:
    if observed.purpose.find(SOAK) < 0:
        return None
    return soak.of_case(observed, board, told, flags.of_passes(observed, told))


def _output(observed: ObservedCase) -> OutputError | None:
    """Of a case that was measured in another variant than fp32, and whose recording tells it."""
    if observed.agreement is None:
        return None
    limit = OUTPUT_ERROR.get(observed.case.variant.partition("+")[0], SAME_OUTPUT)
    told = observed.agreement
    return OutputError(told.error, limit, told.reason, told.not_finite)


def _why(observed: ObservedCase, passes: Passes) -> Why | None:
    if observed.profile is None and observed.calibration is None:
        return None
    from jetbench.analysis import explain  # few runs ask for it

    return explain.of_case(observed, passes.latency, passes.clean, passes.counts)


def _ledger(stages: Mapping[str, Stage], observed: ObservedCase) -> tuple[LedgerEntry, ...]:
    entries = [
        LedgerEntry(
            stage=stages[name].name,
            seconds=(stages[name].ns or 0) * 1e-9,
            major_faults=stages[name].major_faults,
            swap_in_kib=stages[name].swap_in_kib,
            read_kib=stages[name].read_kib,
            cache_kib=stages[name].cache_kib,
        )
        for name in COLD_START
        if name in stages
    ]
    early = (place for place in range(len(observed.duration)) if observed.purpose[place] != ENERGY)
    for name, place in zip(AFTER_FIRST, early, strict=False):
        if observed.round[place] == 0:
            spent = observed.spent.get(place, {})
            known = {field: spent.get(field) for field in SPENT}
            known["major_faults"] = observed.faults.get(place, known["major_faults"])
            entries.append(LedgerEntry(name, observed.duration[place] * 1e-9, **known))
    return tuple(entries)


def _transfers(observed: ObservedCase) -> dict[str, LatencySummary]:
    found: dict[str, list[int]] = {}
    for transfer in observed.transfers:
        found.setdefault(transfer.direction, []).extend(transfer.d)
    return {name: summary for name, values in found.items() if (summary := summarise(values))}


def _mib(kib: int | None) -> float | None:
    return None if kib is None else kib / 1024


def _any(states: Sequence[bool | None]) -> bool | None:
    """True if it was seen once, False only if it was known to be absent throughout."""
    if any(state is True for state in states):
        return True
    return False if states and all(state is False for state in states) else None
