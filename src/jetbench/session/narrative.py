"""The run log: what an event means to the person watching, in one line. Most events say nothing."""

from __future__ import annotations

from collections.abc import Mapping

from jetbench.analysis.latency import summarise
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedCase

Line = tuple[str, str]  # level, text

_IMPORTS = {"import": "torch", "torchvision": "torchvision"}


def line(event: ev.Event, records: Mapping[int, ObservedCase], run: ev.RunStart | None) -> Line | None:
    """Called after the event is folded. None where there is nothing to tell."""
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
        return _stage(event)
    if isinstance(event, ev.CaseStart | ev.CaseEnd) and event.c in records:
        return _case(event, records[event.c], len(records), run)
    return None


def _run(event: ev.RunStart) -> str:
    protocol = event.protocol
    passes = f"{protocol.k} passes" if protocol.k else f"until ±{100 * (protocol.until or 0):g} %"
    rounds = f", {protocol.rounds} rounds" if protocol.rounds > 1 else ""
    cores = ",".join(map(str, protocol.bench_cores))
    shared = " (shared with the screen)" if protocol.shared_cores else ""
    return f"{len(event.cases)} cases, {passes} each{rounds}, on core {cores}{shared}"


def _throttle(event: ev.Throttle) -> Line:
    if event.now:
        return "warning", f"throttled: {', '.join(event.active)}"
    if event.now is None:
        return "info", f"throttling unknown: {event.reason or 'no reason given'}"
    notices = f" (notice: {', '.join(event.notices)})" if event.notices else ""
    return "info", f"not throttled{notices}"


def _stage(event: ev.Stage) -> Line | None:
    if event.ns is None:
        return ("info", f"importing {_IMPORTS[event.name]}") if event.name in _IMPORTS else None
    seconds = event.ns * 1e-9
    if event.name in _IMPORTS:
        return "info", f"{_IMPORTS[event.name]} imported in {seconds:.1f} s"
    return ("info", f"first pass {_time(seconds)}") if event.name == "first" else None


def _case(event: ev.CaseStart | ev.CaseEnd, record: ObservedCase, total: int, run: ev.RunStart | None) -> Line:
    case = record.case
    if isinstance(event, ev.CaseStart):
        rounds = run.protocol.rounds if run else 1
        round_ = f"round {event.r + 1}, " if rounds > 1 else ""
        return "info", f"{round_}case {event.c + 1}/{total} {case.model} {case.variant} b{case.batch} {case.device}"
    if event.status == "failed":
        return "error", f"{case.model} failed: {event.error}"
    summary = summarise(record.measured())
    if summary is None:
        return "warning", f"{case.model} {event.status}: {event.error or 'no pass was measured'}"
    level = "info" if event.status == "measured" else "warning"
    return level, f"{case.model} {event.status}: p50 {_time(summary.p50)}, n = {summary.n}"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.4g} ms"
