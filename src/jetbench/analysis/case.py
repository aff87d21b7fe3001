"""From what was observed of a case to its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from statistics import median

from jetbench.analysis import flags, grade, inference_energy, outliers, real_data, soak, trend
from jetbench.analysis.folding import folded
from jetbench.analysis.latency import summarise
from jetbench.analysis.thresholds import OUTPUT_ERROR, SAME_OUTPUT
from jetbench.domain.events import Board, Stage
from jetbench.domain.observed import COUNTS, ENERGY, ObservedBoard, ObservedCase
from jetbench.domain.results import CaseResult, LatencySummary, LayerCost, LedgerEntry, OutputError
from jetbench.domain.why import Why

# Stages that belong to the cold start; "warmup" and "measure" do not, "count" is not the case's own.
COLD_START = ("spawn", "import", "torchvision", "fork", "context", "load", "to_device", "first")
AFTER_FIRST = ("second", "third")  # passes whose start is still part of it on a board that pages or compiles
SPENT = ("major_faults", "swap_in_kib", "read_kib", "cache_kib")  # what a stage is accounted for
FORWARD = "forward"  # the part of an end-to-end pass that is the latency


def result(
    observed: ObservedCase, shared_stages: Mapping[str, Stage], board: Board | None, told: ObservedBoard
) -> CaseResult:
    """``shared_stages``: of the parent that all cases share; ``told``: what the board did meanwhile."""
    measured = observed.measured()
    flagged = flags.of_passes(observed, told)
    counting = list(compress(flagged, (purpose == COUNTS for purpose in observed.purpose)))
    undisturbed = list(compress(measured, (not text for text in counting)))
    clean = summarise(undisturbed)
    latency = summarise(measured)
    rounds = _rounds(observed, measured)
    trended = trend.of_rounds([values for values, _, _ in rounds])
    counts = flags.count(flagged)
    medians = [median(values) * 1e-9 for values, _, _ in rounds]
    ledger = _ledger({**shared_stages, **observed.ledger}, observed)
    memory, end = observed.memory, observed.end
    parts = _parts(observed, measured)
    return CaseResult(
        case=observed.case,
        status=observed.status,
        error=observed.error,
        stop=observed.stop,
        model=observed.model,
        latency=latency,
        clean=clean,
        histogram=folded(undisturbed, len(measured) - len(undisturbed)),
        cold_start_s={entry.stage: entry.seconds for entry in ledger},
        ledger=ledger,
        peak_memory_mib=_mib(memory.peak_rss_kib if memory else None),
        peak_cuda_mib=_mib(memory.peak_cuda_kib if memory else None),
        power=inference_energy.of_case(observed, board, told.power, latency),
        throttled=_any(observed.throttled),
        flags=counts,
        outliers=outliers.classify([values for values, _, _ in rounds], [counting[b:e] for _, b, e in rounds]),
        trend=trended,
        grade=grade.of_case(latency, clean, counts, trended, _hot(counting), medians, observed.stop),
        rules=tuple(observed.rules),
        forecast=observed.forecast,
        cause=end.cause if end else None,
        evidence=end.evidence if end else (),
        remedies=end.remedies if end else (),
        device_latency=_on_device(observed),
        end_to_end=_summed(parts),
        parts={name: found for name, values in parts.items() if (found := summarise(values))},
        transfers=_transfers(observed),
        layers=tuple(LayerCost(*row) for row in observed.profile.layers) if observed.profile is not None else (),
        why=_why(observed, latency, clean, counts),
        soak=soak.of_case(observed, board, told, flagged),
        output=_output(observed),
        data=real_data.of_case(observed),
    )


def _output(observed: ObservedCase) -> OutputError | None:
    """Of a case that was measured in another variant than fp32, and whose recording tells it."""
    if observed.agreement is None:
        return None
    limit = OUTPUT_ERROR.get(observed.case.variant.partition("+")[0], SAME_OUTPUT)
    told = observed.agreement
    return OutputError(told.error, limit, told.reason, told.not_finite)


def _hot(counting: Sequence[str]) -> bool:
    return any("T" in text or "V" in text for text in counting)


def _rounds(observed: ObservedCase, measured: Sequence[int]) -> list[tuple[Sequence[int], int, int]]:
    """The passes that count of every round, with their first and last place among all of them."""
    numbers = list(compress(observed.round, (purpose == COUNTS for purpose in observed.purpose)))
    begins = [i for i, number in enumerate(numbers) if i == 0 or number != numbers[i - 1]]
    return [(measured[b:e], b, e) for b, e in zip(begins, [*begins[1:], len(numbers)], strict=bool(begins))]


def _why(
    observed: ObservedCase, latency: LatencySummary | None, clean: LatencySummary | None, counts: Mapping[str, int]
) -> Why | None:
    if observed.profile is None and observed.calibration is None:
        return None
    from jetbench.analysis import explain  # few runs ask for it

    return explain.of_case(observed, latency, clean, counts)


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


def _on_device(observed: ObservedCase) -> LatencySummary | None:
    if len(observed.device) != len(observed.duration):
        return None
    return summarise(list(compress(observed.device, (purpose == COUNTS for purpose in observed.purpose))))


def _parts(observed: ObservedCase, measured: Sequence[int]) -> dict[str, Sequence[int]]:
    """Durations of the parts of every pass, the forward pass among them; empty where none was asked for."""
    whole = {name: values for name, values in observed.parts.items() if len(values) == len(measured)}
    if not whole:
        return {}
    before = {name: values for name, values in whole.items() if name != "d2h"}
    after = {name: values for name, values in whole.items() if name == "d2h"}
    return {**before, FORWARD: measured, **after}


def _summed(parts: Mapping[str, Sequence[int]]) -> LatencySummary | None:
    return summarise([sum(together) for together in zip(*parts.values(), strict=True)]) if parts else None


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
