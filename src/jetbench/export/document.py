"""The results document: from a session's state to the one object that --json, CSV and tables show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from jetbench import __version__
from jetbench.analysis import hypotheses
from jetbench.analysis.duty import DutyCycle
from jetbench.domain.events import Board, PowerRule, Protocol, Software
from jetbench.domain.results import CaseResult
from jetbench.domain.text import printable
from jetbench.export.case import case
from jetbench.export.data import pairs
from jetbench.export.values import figure, plain, text
from jetbench.session.state import SessionState

SIMULATED = "SIMULATED BOARD: power, temperature and clocks are made up"
OTHER_BOARD = "READ FROM {}: power, temperature and clocks are not those of the machine that ran the passes"
_BOARD = ("model", "kind", "soc", "os", "kernel", "hostname", "machine", "cpu_model", "cpus", "memory_mib", "root")
_SOFTWARE = ("python", "executable", "torch", "torchvision", "ptflops", "cuda", "cuda_device", "cuda_reason", "build")


def document(state: SessionState, duty: DutyCycle | None = None) -> dict[str, Any]:
    """Only what JSON knows: no NaN, no infinity, every text printable and bounded.

    ``duty``: a rate and a battery, for which each case tells its power and how long that lasts.
    """
    results = state.case_results()
    return {
        "board": _board(state),
        "software": _software(state),
        "protocol": _protocol(state.run.protocol if state.run else None),
        "status": state.status,
        "warnings": list(_warnings(state, results)),
        "cases": [case(result, duty) for result in results],
        "expectations": [_score(found) for found in hypotheses.of_plan(state.header.plan, results)]
        if state.header
        else [],
        "paired": pairs(results),
    }


def _score(found: hypotheses.Score) -> dict[str, Any]:
    told = {"expected": found.expectation.text, "verdict": found.verdict, "measured": found.text}
    return {name: printable(value) for name, value in told.items()} | {"why": text(found.why), "tau": figure(found.tau)}


def simulated(board: Board | None) -> bool:
    """Whether its readings are made up; latencies are real all the same."""
    return board is not None and board.facts.get("simulated") is True


def not_its_own(state: SessionState) -> str | None:
    """What to say first of readings that are made up, or of another board than the one that ran the passes."""
    if simulated(state.board):
        return SIMULATED
    return OTHER_BOARD.format(state.board.root) if state.board is not None and state.board.root else None


def _board(state: SessionState) -> dict[str, Any] | None:
    board = state.board
    if board is None:
        return None
    found = {name: plain(getattr(board, name)) for name in _BOARD}
    found["power"] = {name: text(getattr(board.power, name)) for name in PowerRule.__struct_fields__}
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
    if (said := not_its_own(state)) is not None:
        yield said
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
