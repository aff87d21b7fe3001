"""jetbench-tui sensors: every channel of the board, or why it is missing."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from jetbench.analysis.board import sensors_document
from jetbench.analysis.figures import reading_text
from jetbench.cli.errors import NOTHING_MEASURED, CliError
from jetbench.cli.options import JSON, PYTHON, ROOT, inherited, sensor_arguments, sensor_options
from jetbench.cli.session import make_worker, started
from jetbench.domain.text import printable
from jetbench.link import board_pack
from jetbench.session.snapshot import Snapshot
from jetbench.session.state import SessionState
from jetbench.session.worker import SessionWorker

IDLE_PERIOD_S = 1.0


@click.command("sensors")
@click.option("--watch", is_flag=True, help="Refresh in place until Ctrl-C.")
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE.tar.gz",
    help="Pack the files these come from, without serial numbers, to send with a bug report.",
)
@PYTHON
@ROOT
@sensor_options
@JSON
@click.pass_context
def command(ctx: click.Context, /, watch: bool, save: Path | None, as_json: bool, **options: Any) -> None:
    """Every channel of this board, or why it is missing. Needs no torch."""
    python, root = inherited(ctx, options)
    worker = make_worker(python, root, screen=False, sensors=sensor_arguments(options, ctx))
    if save is not None and not save.name.endswith(board_pack.SUFFIXES):
        raise CliError(f"--save {save}: name a file that ends in .tar.gz")
    with started(worker):
        if save is not None:
            _save(worker, save)
            return
        if root is None:
            worker.wait_board(2 * IDLE_PERIOD_S, rows=2)  # rates need a second reading
        if watch and not as_json:
            _watch(worker)
        elif as_json:
            print(json.dumps(worker.read(_document), allow_nan=False))
        else:
            print("\n".join(text_lines(worker.snapshot())))


def _save(worker: SessionWorker, path: Path) -> None:
    worker.request_files()
    if not worker.wait(60.0) or worker.snapshot().fault:
        raise CliError(
            f"the board's files could not be read: {worker.snapshot().fault or 'no answer'}", NOTHING_MEASURED
        )
    try:
        count = board_pack.write(path, worker.read(lambda state: tuple(state.files)))
    except board_pack.PackError as error:
        raise CliError(str(error)) from error
    print(f"{path}: {count} files and links; read it with: jetbench-tui sensors --root {path}")


def _document(state: SessionState) -> dict[str, Any]:
    if state.board is None or state.telemetry is None:
        raise CliError("the board has not answered", NOTHING_MEASURED)
    return sensors_document(state.board, state.telemetry, state.throttle)


def _watch(worker: SessionWorker) -> None:
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    lines, live = 0, sys.stdout.isatty()
    clear = "\x1b[K" if live else ""
    while not worker.snapshot().fault:
        text = text_lines(worker.snapshot())
        back = f"\x1b[{lines}F" if lines and live else ""
        sys.stdout.write(back + "".join(f"{line}{clear}\n" for line in text))
        sys.stdout.flush()
        lines = len(text)
        time.sleep(1.0)


def text_lines(snapshot: Snapshot) -> list[str]:
    """The board in a few words, then a line a channel: name, value with unit, source or reason."""
    board = snapshot.board
    if board is None:
        return ["the board has not answered"]
    known = [printable(part) for part in (board.model, board.soc, board.os, board.cpu_model) if part]
    lines = [f"{', '.join(known) or board.kind}, {board.cpus} cores"]
    if board.root:
        lines.append(f"read from {printable(board.root)}, not from this machine")
    rule = board.power
    lines.append(f"total power: {printable(rule.method or 'N/A')}, {printable(rule.scope or rule.reason_text or '')}")
    state = {True: "yes", False: "no", None: "unknown"}[snapshot.throttled]
    words = [*snapshot.throttle_active, *(f"{name} (a notice)" for name in snapshot.throttle_notices)]
    lines += [f"throttled now: {state} {printable(', '.join(words) or snapshot.throttle_reason or '')}".rstrip(), ""]
    reasons, costs = board.facts.get("reasons") or {}, board.facts.get("read_cost_us") or {}
    for reading in snapshot.readings.values():
        channel = reading.channel
        if reading.value is None:
            about = f"{reading.reason}: {channel.hint or reasons.get(reading.reason) or ''}"
        else:
            cost = costs.get(channel.source)
            about = channel.source + (f" ({cost} us a read)" if cost is not None else "")
        value = reading_text(reading.value, channel.unit)
        lines.append(f"{printable(channel.id):<28} {value:>14}  {printable(about).rstrip(': ')}")
    return lines + [f"problem: {printable(problem)}" for problem in board.problems]
