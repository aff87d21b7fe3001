"""jetbench-tui sensors: every channel of the board, or why it is missing."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace
from rich.cells import set_cell_size

from jetbench.analysis.board import sensors_document
from jetbench.analysis.figures import reading_text
from jetbench.analysis.telemetry import scaled
from jetbench.cli.errors import NOTHING_MEASURED, CliError
from jetbench.cli.options import HOST, JSON, PYTHON, ROOT, host_of, inherited, sensor_arguments, sensor_options
from jetbench.cli.session import fault_code, fault_error, make_worker, started
from jetbench.domain.events import Board, Channel, Telemetry
from jetbench.domain.text import printable
from jetbench.link import board_pack
from jetbench.session.snapshot import Reading, Snapshot
from jetbench.session.state import SessionState
from jetbench.session.worker import SessionWorker

IDLE_PERIOD_S = 1.0
SILENT_PERIODS = 3  # without a row, and what was read last is no reading any more
LOG_LINES = 3

_PASSING = ("read_error", "stale", "gated")  # what a channel's hint was not written for
_REASONS = ("reason", "reason_text", "method", "scope")  # null where there is nothing to explain, or beside a reason
_UNTOLD = "nothing on this board tells it"


@click.command("sensors")
@click.option("--watch", is_flag=True, help="Refresh in place until Ctrl-C; with --json a document a second.")
@click.option(
    "--save",
    type=click.Path(path_type=Path),
    metavar="FILE.tar.gz",
    help="Pack the files these come from, without serial numbers, to send with a bug report.",
)
@HOST
@PYTHON
@ROOT
@sensor_options
@JSON
@click.pass_context
def command(ctx: click.Context, /, watch: bool, save: Path | None, as_json: bool, **options: Any) -> None:
    """Every channel of this board, or why it is missing. Needs no torch."""
    python, root = inherited(ctx, options)
    arguments = sensor_arguments(options, ctx)
    worker = make_worker(python, root, screen=False, sensors=arguments, host=host_of(ctx, options))
    if save is not None and not save.name.endswith(board_pack.SUFFIXES):
        raise CliError(f"--save {save}: name a file that ends in .tar.gz")
    if save is not None and any(argument.startswith("--simulate") for argument in arguments):
        raise CliError("--save and --simulate exclude each other: a made-up board has no files")
    with started(worker):
        if save is not None:
            _save(worker, save)
            return
        if root is None:
            worker.wait_board(2 * IDLE_PERIOD_S, rows=2)  # rates need a second reading
        if watch:
            _watch(worker, as_json)
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


# -- as one document -------------------------------------------------------------------------------------------------


def _document(state: SessionState) -> dict[str, Any]:
    """What the contract says; beside it every channel, and in ``reasons`` why a null is none, by its place."""
    if state.board is None or state.telemetry is None:
        raise CliError("the board has not answered", NOTHING_MEASURED)
    board, row = state.board, state.telemetry
    document = sensors_document(board, row, state.throttle)
    known = board.facts.get("power") or {}
    document["power"].update({key: known[key] for key in ("accuracy", "update_ms") if key in known})
    missing = {channel.id: reading for channel, reading in _readings(board, row) if reading.value is None}
    places = {_place(channel): channel.id for channel in board.channels}
    reasons = {}
    for place in _nulls(document):
        reading = missing.get(places.get(place, ""))
        code = reading.reason if reading else "no_sensor"
        reasons[place] = {"reason": code, "text": _advice(reading, board) if reading else _UNTOLD}
    document["reasons"] = reasons
    document["plugins"] = board.facts.get("plugins") or {}
    document["channels"] = [_channel(channel, reading, board) for channel, reading in _readings(board, row)]
    return document


def _readings(board: Board, row: Telemetry) -> Iterator[tuple[Channel, Reading]]:
    for channel, raw in zip(board.channels, row.v, strict=False):
        value = scaled(channel, raw)
        reason = None if value is not None else channel.reason or row.why.get(channel.id) or "read_error"
        yield channel, Reading(channel, value, reason)


def _channel(channel: Channel, reading: Reading, board: Board) -> dict[str, Any]:
    return {
        "id": channel.id,
        "value": reading.value,
        "unit": channel.unit,
        "source": channel.source,
        "reason": reading.reason,
        "reason_text": _advice(reading, board) if reading.reason else None,
    }


def _place(channel: Channel) -> str:
    """Where a channel's value stands in the document."""
    if channel.id == "power.total":
        return "power.total_w"
    found = {
        "power": f"power.rails.{channel.name}.w",
        "voltage": f"power.rails.{channel.name}.v",
        "current": f"power.rails.{channel.name}.a",
        "temperature": f"temperatures_c.{channel.name}",
        "counter": f"throttle.counters.{channel.name}",
        "memory": f"memory_mib.{channel.name}",
    }.get(channel.quantity)
    others = {
        "load.cpu": "cpu.load_pct",
        "clock.gpu": "gpu.cur_hz",
        "load.gpu": "gpu.load_pct",
        "fan.pwm": "fan.pwm_pct",
    }
    if channel.id.startswith("clock.cpu."):
        return f"cpu.cur_khz.{channel.name}"
    return found or others.get(channel.id, channel.id)


def _nulls(value: Any, path: str = "") -> Iterator[str]:
    """Places of what is missing: "cpu.load_pct"."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if inner is not None or key not in _REASONS:
                yield from _nulls(inner, f"{path}.{key}" if path else key)
    elif value is None and not path.startswith("power.accuracy."):
        yield path


# -- as text ---------------------------------------------------------------------------------------------------------


def _watch(worker: SessionWorker, as_json: bool) -> None:
    """Until Ctrl-C. Ends with an error where the agent does."""
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    lines, live = 0, sys.stdout.isatty()
    clear = "\x1b[K" if live else ""
    row, since, period = None, time.monotonic(), IDLE_PERIOD_S
    while not worker.snapshot().fault:
        newest = worker.read(lambda state: state.telemetry.t if state.telemetry else None)
        if newest != row:
            period = max(IDLE_PERIOD_S, time.monotonic() - since)
            row, since = newest, time.monotonic()
        silent = time.monotonic() - since
        if as_json:
            print(json.dumps(worker.read(_document), allow_nan=False), flush=True)
        else:
            text = text_lines(worker.snapshot(), silent if silent > SILENT_PERIODS * period else 0.0)
            text = _fitted(text, os.get_terminal_size(sys.stdout.fileno())) if live else text
            back = f"\x1b[{lines}F" if lines and live else ""
            sys.stdout.write(back + "".join(f"{line}{clear}\n" for line in text) + ("\x1b[J" if live else ""))
            sys.stdout.flush()
            lines = len(text)
        time.sleep(IDLE_PERIOD_S)
    raise fault_error(worker.snapshot(), fault_code(worker))


def _fitted(lines: list[str], size: os.terminal_size) -> list[str]:
    """What the terminal has room for, a row a line: one that wraps or scrolls cannot be refreshed in place."""
    columns, rows = size.columns or 80, (size.lines or 24) - 1
    if len(lines) > rows:
        more = len(lines) - rows + 1
        lines = [*lines[: max(0, rows - 1)], f"{more} more lines in a taller window, or without --watch"]
    return [set_cell_size(line, columns).rstrip() for line in lines]


def text_lines(snapshot: Snapshot, silent_s: float = 0.0) -> list[str]:
    """The board in a few words, then a line a channel: name, value with unit, source or reason.

    ``silent_s``: for so long the board has told nothing new, and none of this is a reading any more.
    """
    board = snapshot.board
    if board is None:
        return ["the board has not answered"]
    lines = _about(board)
    if silent_s:
        lines.append(f"nothing new for {silent_s:.0f} s")
    state = {True: "yes", False: "no", None: "unknown"}[None if silent_s else snapshot.throttled]
    words = [*snapshot.throttle_active, *(f"{name} (a notice)" for name in snapshot.throttle_notices)]
    told = "stale" if silent_s else ", ".join(words) or snapshot.throttle_reason or ""
    lines += [f"throttled now: {state} {printable(told)}".rstrip(), ""]
    costs = board.facts.get("read_cost_us") or {}
    for reading in snapshot.readings.values():
        channel = reading.channel
        if silent_s and reading.value is not None:
            reading = replace(reading, value=None, reason="stale")
        if reading.value is None:
            about = f"{reading.reason}: {_advice(reading, board)}"
        else:
            cost = costs.get(channel.source)
            about = channel.source + (f" ({cost} us a read)" if cost is not None else "")
        value = reading_text(reading.value, channel.unit)
        lines.append(f"{printable(channel.id):<28} {value:>14}  {printable(about).rstrip(': ')}")
    lines += [f"problem: {printable(problem)}" for problem in board.problems]
    return lines + [f"log: {printable(line.text)}" for line in snapshot.log[-LOG_LINES:]]


def _about(board: Board) -> list[str]:
    known = [printable(part) for part in (board.model, board.soc, board.os, board.cpu_model) if part]
    lines = [f"{', '.join(known) or board.kind}, {board.cpus} cores"]
    if board.root:
        lines.append(f"read from {printable(board.root)}, not from this machine")
    rule = board.power
    lines.append(f"total power: {printable(rule.method or 'N/A')}, {printable(rule.scope or rule.reason_text or '')}")
    power = board.facts.get("power") or {}
    accuracy, update = power.get("accuracy"), power.get("update_ms")
    if isinstance(accuracy, dict):
        offset = accuracy.get("offset_w")
        words = [f"{100 * accuracy.get('gain', 0):.1f} %"] + ([f"{offset:.3f} W"] if offset is not None else [])
        lines.append(f"known to: {' and '.join(words)} ({printable(str(accuracy.get('source')))})")
    if update:
        lines.append(f"a new value every {update} ms")
    return lines


def _advice(reading: Reading, board: Board) -> str:
    """What a missing value means and what to do: what the board says of this channel, or of the reason in general."""
    meaning = str((board.facts.get("reasons") or {}).get(reading.reason) or "")
    hint = reading.channel.hint or ""
    if hint and (reading.channel.reason or reading.reason not in _PASSING):
        return hint
    return f"{meaning} ({hint})" if hint and hint != meaning else meaning
