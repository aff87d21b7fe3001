"""The results document: from a session's state to the one object that --json, CSV and tables show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from jetbench import __version__
from jetbench.domain.events import Board, PowerRule, Protocol, Software
from jetbench.domain.results import CaseResult, LatencySummary
from jetbench.domain.text import printable
from jetbench.session.state import SessionState

NOT_MEASURED = "not_measured"
SIMULATED = "SIMULATED BOARD: power, temperature and clocks are made up"
OTHER_BOARD = "READ FROM {}: power, temperature and clocks are not those of the machine that ran the passes"
_DIGITS = 12  # of a figure: more would be the noise of binary fractions
_BOARD = ("model", "kind", "soc", "os", "kernel", "hostname", "machine", "cpu_model", "cpus", "memory_mib", "root")
_SOFTWARE = ("python", "executable", "torch", "torchvision", "ptflops", "cuda", "cuda_device", "cuda_reason", "build")


def document(state: SessionState) -> dict[str, Any]:
    """Only what JSON knows: no NaN, no infinity, every text printable and bounded."""
    results = state.case_results()
    return {
        "board": _board(state),
        "software": _software(state),
        "protocol": _protocol(state.run.protocol if state.run else None),
        "status": state.status,
        "warnings": list(_warnings(state, results)),
        "cases": [case(result) for result in results],
    }


def case(result: CaseResult) -> dict[str, Any]:
    model, power = result.model, result.power
    missing = power.reason or NOT_MEASURED
    return {
        "model": printable(result.case.model),
        "variant": printable(result.case.variant),
        "device": printable(result.case.device),
        "batch": result.case.batch,
        "input": _input(result),
        "status": printable(result.status),
        "error": _text(result.error),
        "params": model.params if model else None,
        "macs": model.macs if model else None,
        "cold_start_s": {printable(name): figure(value) for name, value in result.cold_start_s.items()},
        "latency_s": _latency(result.latency),
        "throughput_ips": figure(result.throughput_ips) if result.latency and result.latency.mean > 0 else None,
        "peak_memory_mib": figure(result.peak_memory_mib),
        "power_w": figure(power.power_w),
        "energy_j": figure(power.energy_j),
        "energy_u_j": None,
        "energy_reason": None if power.energy_j is not None else printable(missing),
        "throttled": result.throttled,
        "flags": dict(result.flags),
        "grade": None,
        "verdict": None,
    }


def simulated(board: Board | None) -> bool:
    """Whether its readings are made up; latencies are real all the same."""
    return board is not None and board.facts.get("simulated") is True


def figure(value: float | None) -> float | int | None:
    """A number without the noise of binary fractions; None for what is none."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def plain(value: Any, depth: int = 6) -> Any:
    """What others said of themselves (facts, build): bounded, printable, JSON."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return figure(value)
    if depth and isinstance(value, Mapping):
        return {printable(key, 100): plain(item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(item, depth - 1) for item in value]
    return printable(value)


def _text(value: str | None) -> str | None:
    return None if value is None else printable(value)


def _input(result: CaseResult) -> list[int] | None:
    if result.model is not None and result.model.input:
        return list(result.model.input)
    size = result.case.size
    return [result.case.batch, 3, *size] if size is not None else None


def _latency(summary: LatencySummary | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    names = ("n", "mean", "std", "min", "p50", "p90", "p95", "p99", "max")
    found: dict[str, Any] = {name: figure(getattr(summary, name)) for name in names}
    found["ci95"] = [figure(edge) for edge in summary.ci95] if summary.ci95 is not None else None
    return found


def _board(state: SessionState) -> dict[str, Any] | None:
    board = state.board
    if board is None:
        return None
    found = {name: plain(getattr(board, name)) for name in _BOARD}
    found["power"] = {name: _text(getattr(board.power, name)) for name in PowerRule.__struct_fields__}
    found["facts"] = plain(board.facts)
    found["problems"] = plain(board.problems)
    found["counters"] = {printable(name): last - first for name, (first, last) in state.counters.items()}
    return found


def _software(state: SessionState) -> dict[str, Any]:
    made_by = state.header.jetbench if state.header else __version__
    software = state.software or Software()
    found = {name: plain(getattr(software, name)) for name in _SOFTWARE}
    return {"jetbench": printable(made_by), **found}


def _protocol(protocol: Protocol | None) -> dict[str, Any] | None:
    if protocol is None:
        return None
    return {name: plain(msgspec.to_builtins(getattr(protocol, name))) for name in Protocol.__struct_fields__}


def _warnings(state: SessionState, results: Iterable[CaseResult]) -> Iterable[str]:
    """Sentences for what the figures cannot say themselves; each once, the reasons of N/A among them."""
    said = dict.fromkeys(_sentences(state, results))
    return (printable(text) for text in said)


def _sentences(state: SessionState, results: Iterable[CaseResult]) -> Iterable[str]:
    if simulated(state.board):
        yield SIMULATED
    elif state.board is not None and state.board.root:
        yield OTHER_BOARD.format(state.board.root)
    if state.fault is not None:
        yield state.fault.text + (f"; {state.fault.hint}" if state.fault.hint else "")
    yield from (state.board.problems if state.board else ())
    for result in results:
        if result.power.energy_j is None and result.power.reason is not None:
            text = f": {result.power.reason_text}" if result.power.reason_text else ""
            yield f"power and energy N/A ({result.power.reason}){text}"
        if result.model is not None and result.model.macs is None and result.model.error:
            yield f"{result.model.name}: MACs N/A: {result.model.error}"
        if result.throttled is True:
            yield f"{result.case.model}: the board throttled while it was measured"
    if state.run is not None and state.throttle.now is None and state.throttle.reason:
        yield f"throttling unknown: {state.throttle.reason}"
    if state.status == "interrupted":
        yield "the session was interrupted: what was measured until then is here"
