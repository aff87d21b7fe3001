"""The run log: what an event means to the person watching, in one line. Most events say nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedCase
from jetbench.domain.results import CaseResult, LatencySummary

Line = tuple[str, str]  # level, text
ResultOf = Callable[[ObservedCase], CaseResult]

WAIT_NS = 1_000_000_000  # a shorter cool-down was none
_IMPORTS = {"import": "torch", "torchvision": "torchvision"}


def line(
    event: ev.Event,
    records: Mapping[int, ObservedCase],
    run: ev.RunStart | None,
    result_of: ResultOf | None = None,
) -> Line | None:
    """Called after the event is folded. None where there is nothing to tell.

    ``result_of`` analyses a case; it is asked at the end of one, for its grade.
    """
    if isinstance(event, ev.Mark):
        return "info", f"mark: {event.text}" if event.text else "mark"
    if isinstance(event, ev.Log):
        return None if event.level == "debug" else (event.level, event.text)
    if isinstance(event, ev.Software):
        where = f"torch {event.torch} on Python {event.python}"
        return "info", f"{where}, {'CUDA ' + (event.cuda_device or '') if event.cuda else 'no CUDA'}"
    if isinstance(event, ev.RunStart):
        return "info", _run(event)
    if isinstance(event, ev.Throttle):
        return _throttle(event) if run is not None else None
    if isinstance(event, ev.Fault):
        return "error", event.text
    if isinstance(event, ev.RunEnd):
        failed = f", {event.failed} failed" if event.failed else ""
        return ("warning" if event.failed else "info"), f"run {event.status}: {event.measured} measured{failed}"
    if isinstance(event, ev.Stage):
        return _tried(event, records, result_of) or _judged(event, records, result_of) or _stage(event, records, run)
    if isinstance(event, ev.Rule):
        return _rule(event, records)
    if isinstance(event, ev.Forecast):
        return _forecast(event)
    if isinstance(event, ev.Calibration):
        return _roofs(event)
    if isinstance(event, ev.Profile) and event.c in records and result_of is not None:
        return _why(result_of(records[event.c]))
    if isinstance(event, ev.Agreement) and event.c in records and result_of is not None:
        return _output(result_of(records[event.c]))
    if isinstance(event, ev.CaseStart) and event.c in records:
        return "info", _begin(event, records[event.c].case, len(records), run)
    if isinstance(event, ev.CaseEnd) and event.c in records:
        return _end(event, records[event.c], result_of)
    return None


def scores(plan: Mapping[str, Any], results: Callable[[], Sequence[CaseResult]]) -> Iterator[Line]:
    """What the user expected, scored when the run is over."""
    if not plan.get("expect"):
        return
    from jetbench.analysis import hypotheses

    for score in hypotheses.of_plan(plan, results()):
        why = f"; likely: {score.why}" if score.why else ""
        level = "warning" if score.verdict == hypotheses.NOT_SUPPORTED else "info"
        yield level, f"expected {score.expectation.text}: {score.verdict}: {score.text}{why}"


def _run(event: ev.RunStart) -> str:
    protocol = event.protocol
    passes = f"{protocol.k} passes" if protocol.k else f"until ±{100 * (protocol.until or 0):g} %"
    rounds = f", {protocol.rounds} rounds" if protocol.rounds > 1 else ""
    cores = ",".join(map(str, protocol.bench_cores))
    shared = " (shared with the screen)" if protocol.shared_cores else ""
    cases = f"{len(event.cases)} case{'' if len(event.cases) == 1 else 's'}"
    return f"{cases}, {passes} each{rounds}, on core {cores}{shared}"


def _throttle(event: ev.Throttle) -> Line:
    if event.now:
        return "warning", f"throttled: {', '.join(event.active)}"
    if event.now is None:
        return "info", f"throttling unknown: {event.reason or 'no reason given'}"
    notices = f" (notice: {', '.join(event.notices)})" if event.notices else ""
    return "info", f"not throttled{notices}"


def _stage(event: ev.Stage, records: Mapping[int, ObservedCase], run: ev.RunStart | None) -> Line | None:
    if event.ns is None:
        if event.name == "idle":
            return _rest(event, records, run)
        return ("info", f"importing {_IMPORTS[event.name]}") if event.name in _IMPORTS else None
    seconds = event.ns * 1e-9
    if event.name in _IMPORTS:
        return "info", f"{_IMPORTS[event.name]} imported in {seconds:.1f} s"
    return ("info", f"first pass {_time(seconds)}") if event.name == "first" else None


def _judged(event: ev.Stage, records: Mapping[int, ObservedCase], result_of: ResultOf | None) -> Line | None:
    """What a case made of the user's images."""
    record = records.get(event.c) if event.c is not None else None
    if event.name != "data" or event.ns is None or record is None or result_of is None:
        return None
    found = result_of(record).data
    if found is None:
        return None
    if found.top1 is None:
        return "warning", f"images: {found.reason}"
    low, high = found.top1.ci95
    shown = f"{100 * found.top1.value:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
    return "info", f"images: top-1 {shown} of {found.top1.of}"


def _rest(event: ev.Stage, records: Mapping[int, ObservedCase], run: ev.RunStart | None) -> Line | None:
    """The first of the two spells at rest begins the block for energy; the second one is told by nobody."""
    record = records.get(event.c) if event.c is not None else None
    if run is None or record is None or "idle" in record.stages:
        return None
    protocol = run.protocol
    return "info", f"joules: {protocol.idle_s:g} s at rest, then passes for {protocol.energy_s:g} s or more"


def _roofs(event: ev.Calibration) -> Line:
    if event.peak_flops is None or event.bandwidth is None:
        return "warning", f"not calibrated: {event.refused or 'it came to no roof'}"
    kept = " (kept from an earlier run)" if event.kept else ""
    roofs = f"{event.peak_flops * 1e-9:.4g} GFLOP/s, {event.bandwidth * 1e-9:.4g} GB/s"
    return "info", f"roofs of {event.device} {event.dtype}: {roofs}{kept}"


def _why(result: CaseResult) -> Line | None:
    return ("info", f"{result.case.model}: {result.why.verdict.sentence}") if result.why is not None else None


def _tried(event: ev.Stage, records: Mapping[int, ObservedCase], result_of: ResultOf | None) -> Line | None:
    """What the trials of a case say, once all of them are over."""
    record = records.get(event.c) if event.c is not None and event.name == "experiment" and event.ns else None
    found = result_of(record).why if record is not None and result_of is not None else None
    if found is None or found.proof is None:
        return None
    word = {True: "agree", False: "do not agree", None: "cannot tell"}[found.proof.agrees]
    return "warning" if found.proof.agrees is False else "info", f"the trials {word}: {found.proof.text}"


def _output(result: CaseResult) -> Line | None:
    """A variant's answer: a wrong one is no result, however fast."""
    found = result.output
    if found is None:
        return None
    if found.error is None:
        return "warning", f"output not compared with fp32: {found.reason}"
    if found.wrong:
        return "error", f"WRONG OUTPUT: relative error {found.error:.1e} to fp32; {found.limit:g} is explained"
    return "info", f"output as fp32: relative error {found.error:.1e}"


def _rule(event: ev.Rule, records: Mapping[int, ObservedCase]) -> Line | None:
    if event.outcome == "stopped":
        return None
    said = event.text.removeprefix(f"{event.outcome}: ")
    if event.name == "warmup":
        return ("warning" if event.outcome == "not_flat" else "info"), f"warm-up: {said}"
    if event.name == "measure":  # that a count was reached is what everybody expects
        return None if event.outcome == "count" else ("warning" if event.outcome == "time" else "info", said)
    if event.name == "soak":
        return "warning" if event.outcome == "abort" else "info", f"soak: {said}"
    if event.name == "cooldown" and event.ns is not None:
        waited = event.ns >= WAIT_NS or event.outcome == "cap"
        return ("warning" if event.outcome == "cap" else "info", f"cool-down: {said}") if waited else None
    if event.name == "cooldown":
        return ("info", f"cool-down: {said}") if _first_of_its_kind(event, records) else None
    if event.name == "energy" and event.passes is None:
        return ("warning", said) if _first_of_its_kind(event, records) else None
    return ("info", f"joules: {said}") if event.name == "energy" else None


def _first_of_its_kind(event: ev.Rule, records: Mapping[int, ObservedCase]) -> bool:
    """What holds for the board is said once, not for every case."""
    alike = (rule for record in records.values() for rule in record.rules)
    return sum((rule.name, rule.outcome, rule.text) == (event.name, event.outcome, event.text) for rule in alike) <= 1


def _forecast(event: ev.Forecast) -> Line | None:
    """Only what should worry somebody; a refusal that holds is told by the end of the case."""
    if event.verdict == "tight":
        return "warning", event.text
    return ("warning", f"{event.text}; tried all the same") if event.verdict == "refused" and event.forced else None


def _begin(event: ev.CaseStart, case: ev.Case, total: int, run: ev.RunStart | None) -> str:
    rounds = run.protocol.rounds if run else 1
    round_ = f"round {event.r + 1}, " if rounds > 1 else ""
    return f"{round_}case {event.c + 1}/{total} {case.model} {case.variant} b{case.batch} {case.device}"


def _end(event: ev.CaseEnd, record: ObservedCase, result_of: ResultOf | None) -> Line:
    model = record.case.model
    if event.status in ("failed", "refused"):
        told = record.forecast if event.status == "refused" else None
        error = told.text if told is not None and told.text else event.error or "no reason given"
        help_ = f"; try {event.remedies[0].text}" if event.remedies else ""
        return "error", f"{model} {event.status}: {error.removeprefix('refused: ')}{help_}"
    result = result_of(record) if result_of is not None else None
    summary = result.latency if result is not None else _summary(record)
    if summary is None:
        return "warning", f"{model} {event.status}: {event.error or 'no pass was measured'}"
    level = "info" if event.status == "measured" else "warning"
    found = result.grade if result is not None else None
    grade = f", grade {found.letter}" if found is not None else ""
    return level, f"{model} {event.status}: p50 {_time(summary.p50)}, n = {summary.n}{grade}"


def _summary(record: ObservedCase) -> LatencySummary | None:
    from jetbench.analysis.latency import summarise  # nothing is over when the screen is first painted

    return summarise(record.measured())


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.4g} ms"
