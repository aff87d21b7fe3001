"""jetbench-tui doctor: checks that execute, each with cause and remedy."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from jetbench.analysis import (
    doctor,
    doctor_board,
    doctor_cpu,
    doctor_cuda,
    doctor_plugins,
    doctor_sensors,
    doctor_torch,
)
from jetbench.analysis.doctor import Finding, Host
from jetbench.cli import doctor_here
from jetbench.cli.errors import MEASURED, SOME_FAILED, CliError
from jetbench.cli.options import HOST, JSON, PYTHON, ROOT, host_of, inherited, sensor_arguments, sensor_options
from jetbench.cli.session import make_worker, started
from jetbench.domain.events import Board
from jetbench.domain.text import printable
from jetbench.session.state import SessionState

LIMIT_S = 120.0
WIDTH = 80
_NAME = 14
_INDENT = 2 + 9 + _NAME
_WORDS = {"ok": "ok", "warning": "warning", "red": "RED", "absent": "not here"}


class Examined(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]
    python: str | None
    board: Board | None


@click.command("doctor")
@HOST
@PYTHON
@ROOT
@click.option(
    "--limit",
    type=click.FloatRange(1.0, 3600.0),
    default=LIMIT_S,
    show_default=True,
    metavar="SECONDS",
    help="A check that takes longer is ended, and red.",
)
@sensor_options
@JSON
@click.pass_context
def command(ctx: click.Context, /, limit: float, as_json: bool, **options: Any) -> None:
    """Checks that execute, each with cause and remedy: torch, CUDA, the board, its sensors, this terminal.

    Exit status 1 when something red was found.
    """
    python, root = inherited(ctx, options)
    examined = examine(python, root, limit, sensor_arguments(options, ctx), host_of(ctx, options))
    if as_json:
        from jetbench.export.json import dumps

        print(dumps(document(examined)))
    else:
        print("\n".join(lines(examined.findings)))
    ctx.exit(SOME_FAILED if doctor.worst(examined.findings) == doctor.RED else MEASURED)


def examine(
    python: str | None, root: str | None, limit_s: float, sensors: tuple[str, ...] = (), host: str | None = None
) -> Examined:
    """Everything. Where the interpreter that is to measure cannot even start, the board is read by our own.

    With ``host`` that one is the board's, and a board that cannot be reached is an error of the program.
    """
    told: list[Finding] = []
    path: str | None = python or "python3"
    if host is None:
        path, found = doctor_here.interpreter(python)
        told.append(found)
    worker = make_worker(path or sys.executable, root, screen=False, sensors=sensors, host=host)
    board: Board | None = None
    try:
        with started(worker):
            worker.wait_board(3.0, rows=2)  # rates need a second reading, and the checks are a load of their own
            board = worker.read(lambda state: state.board)
            if host is not None and board is not None:
                path = str(board.agent.get("executable") or path)
                told.append(doctor_here.far_interpreter(host, board))
            told += worker.read(of_board)
            if path is not None:
                worker.request_checks(limit_s)
                worker.wait()
                told += worker.read(of_interpreter)
            else:
                told.append(Finding("torch", "interpreter", doctor.ABSENT, "not looked at: there is no interpreter"))
    except CliError as error:
        if error.status == 2 or host is not None:  # what was asked for cannot be, such as a folder that is none
            raise
        cause, remedy = "the side that measures did not start", error.hint or "look at what it printed: --debug"
        told.append(Finding("agent", "interpreter", doctor.RED, printable(error), cause, remedy))
    told += doctor_here.findings(os.environ)
    return Examined(tuple(doctor.ordered(told)), path, board)


def of_interpreter(state: SessionState) -> list[Finding]:
    """What came of the checks, judged. A board read from another root says nothing about this machine's GPU."""
    checks, board = state.checks, state.board
    real = board is not None and board.root is None
    gpu = board.facts.get("gpu") if board is not None and real else None
    name = str(gpu.get("name") or "GPU") if isinstance(gpu, dict) else None
    nodes = checks["host"].facts.get("gpu_nodes") if "host" in checks else None
    host = Host(board is not None and real and board.kind == "jetson", name or _by_nodes(nodes))
    return [
        *doctor_torch.findings(checks, host),
        *doctor_plugins.findings(checks, board.problems if board is not None else ()),
        *doctor_cpu.findings(checks),
        *doctor_cuda.findings(checks, host),
    ]


def of_board(state: SessionState) -> list[Finding]:
    board, row, throttle = state.board, state.telemetry, state.throttle
    if board is None:
        return []
    return [
        *doctor_board.findings(board, row, throttle),
        *doctor_sensors.findings(board, row, throttle),
        *doctor_sensors.unreadable(board),
    ]


def _by_nodes(nodes: Any) -> str | None:
    """The device files of its driver tell of a GPU that nothing else does."""
    named = [path for path in nodes or () if "nvidia0" in path or "nvhost-gpu" in path or "nvhost-ctrl-gpu" in path]
    return str(named[0]) if named else None


def lines(findings: Sequence[Finding]) -> list[str]:
    """Grouped, a line a check, and below it cause and remedy where it is not ok."""
    out: list[str] = []
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            out += ["", doctor.TITLES[group]] if out else [doctor.TITLES[group]]
        out += _wrapped(f"  {_WORDS[finding.state]:<9}{finding.id:<{_NAME}}", finding.text)
        if finding.state != doctor.OK:
            out += _wrapped(" " * _INDENT, finding.cause or "")
            out += _wrapped(" " * _INDENT + "-> ", finding.remedy or "")
    count = {state: sum(finding.state == state for finding in findings) for state in doctor.STATES}
    said = ", ".join(f"{count[state]} {_WORDS[state]}" for state in doctor.STATES)
    return [*out, "", said]


def _wrapped(head: str, text: str) -> list[str]:
    """Nothing for no text."""
    return textwrap.wrap(
        printable(text), WIDTH, initial_indent=head, subsequent_indent=" " * _INDENT, break_on_hyphens=False
    )


def document(examined: Examined) -> dict[str, Any]:
    board = examined.board
    return {
        "status": doctor.status(examined.findings),
        "python": examined.python,
        "board": None
        if board is None
        else {"model": _text(board.model), "kind": board.kind, "root": _text(board.root)},
        "counts": {state: sum(f.state == state for f in examined.findings) for state in doctor.STATES},
        "checks": [_check(finding) for finding in examined.findings],
    }


def _check(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "group": finding.group,
        "state": finding.state,
        "text": printable(finding.text),
        "cause": _text(finding.cause),
        "remedy": _text(finding.remedy),
        "evidence": [printable(line) for line in finding.evidence],
    }


def _text(value: str | None) -> str | None:
    return None if value is None else printable(value)
