"""The tables of the CSV folder with types: whole numbers, numbers, words, and None where there is nothing.

Names, order and meaning of the columns are those of cases.csv, samples.csv and telemetry.csv; what stands there
as N/A is None here. Nothing is quoted against spreadsheets: what reads these formats runs no formulas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from jetbench import __version__
from jetbench.analysis.flags import of_passes as flags_of_passes
from jetbench.analysis.telemetry import TOTAL_POWER
from jetbench.domain import events as ev
from jetbench.domain import metrics
from jetbench.domain.metrics import METRICS, Metric
from jetbench.domain.observed import ObservedCase
from jetbench.domain.text import printable
from jetbench.export import telemetry
from jetbench.export.cells import unique
from jetbench.export.document import OTHER_BOARD, SIMULATED, document, simulated
from jetbench.recording import reader
from jetbench.recording.format import iso_utc
from jetbench.session.state import SessionState

INT, REAL, TEXT, BOOL, TIME = "int", "real", "text", "bool", "time"  # TIME: milliseconds since 1970, UTC
CASES, SAMPLES, TELEMETRY = "cases", "samples", "telemetry"

# Figures that are whole numbers wherever they are known; a test holds this and the document's schema together.
WHOLE = frozenset(
    ("batch", "params", "macs", "params_shared", "weights", "activations", "latency_n", "clean_n", "outliers_slow")
)
Row = Sequence[Any]


class Column(msgspec.Struct, frozen=True):
    name: str
    kind: str
    unit: str
    meaning: str


SAMPLE_COLUMNS = (
    Column("case", INT, "", "the case, as in cases"),
    Column("round", INT, "", "round of the run, from 0"),
    Column("index", INT, "", "number of the pass within case, round and purpose, from 0"),
    Column("start_s", REAL, "s", "when the pass began, since the start of the run"),
    Column("latency_s", REAL, "s", "how long it took, the whole batch"),
    Column("flags", TEXT, "", "why it is not clean: W warm-up, E energy, T V F S P G; empty: clean"),
)


def unit(metric: Metric) -> str:
    """The unit of a figure in files, as a person writes it."""
    return metric.heading_unit if metric.factor == 1.0 else metric.unit


def case_columns() -> Iterator[Column]:
    yield Column("case", INT, "", "the case, as in samples")
    for metric in METRICS:
        yield Column(metric.csv, _kind(metric), unit(metric), metric.meaning)
        if metric.reason:
            yield Column(metric.reason, TEXT, "", f"code of the reason why {metric.csv} is missing")
    yield Column("board", TEXT, "", "what the board calls itself; SIMULATED where it is made up")


def case_rows(state: SessionState) -> Iterator[Row]:
    board = printable(state.board.model) if state.board and state.board.model else None
    for result, case in zip(state.case_results(), document(state)["cases"], strict=True):
        yield [result.case.id, *_cells(case), board]


def _kind(metric: Metric) -> str:
    if metric.key == "throttled":
        return BOOL
    return TEXT if metric.text else INT if metric.key in WHOLE else REAL


def _cells(case: Mapping[str, Any]) -> Iterator[Any]:
    for metric in METRICS:
        value = metrics.value(case, metric)
        yield None if value is None else _cell(metric, value)
        if metric.reason:
            yield metrics.reason(case, metric) or None if value is None else None


def _cell(metric: Metric, value: Any) -> Any:
    kind = _kind(metric)
    if kind == REAL:
        return float(value)
    if kind != TEXT:
        return value
    if isinstance(value, Mapping):
        return " ".join(f"{name}={count}" for name, count in value.items())
    if isinstance(value, list):
        return ("; " if metric.key == "grade_reasons" else "x").join(map(str, value))
    return printable(value)


def samples(state: SessionState) -> Iterator[tuple[int, ObservedCase, Sequence[str]]]:
    """Of each case its passes in columns, and their flags."""
    for case_id, record in state.records.items():
        yield case_id, record, flags_of_passes(record, state.observed)


def begin(state: SessionState) -> int:
    """CLOCK_MONOTONIC at the start of the run, ns."""
    return state.run.t if state.run else 0


def telemetry_columns(state: SessionState) -> Iterator[Column]:
    channels = state.board.channels if state.board else ()
    names = iter(telemetry.columns(channels))
    yield Column(next(names), REAL, "s", "since the start of the run; below 0 before it")
    yield Column(next(names), TIME, "", "UTC")
    for channel in channels:
        told = f"{channel.quantity} {channel.name}" + (f", from {channel.source}" if channel.source else "")
        yield Column(next(names), REAL, printable(channel.unit, 20), printable(told))
        if channel.id == TOTAL_POWER:
            yield Column(next(names), TEXT, "", "code of the reason why there is no total power")
    yield Column(next(names), TEXT, "", "other channels without a value, each with the code of its reason")
    if simulated(state.board):
        yield Column("board", TEXT, "", SIMULATED)


def telemetry_rows(state: SessionState, recording: Path | None) -> Iterator[Row]:
    """Row by row, as they are read: a long recording is never held."""
    board, start = state.board or ev.Board(), begin(state)
    header = reader.read_header(recording) if recording is not None else state.header
    made_up = [printable(board.model)] if simulated(board) else []
    for row in telemetry.rows(state, recording):
        cells: list[Any] = [(row.t - start) / 1e9]
        cells.append(None if header is None else (header.wall_ns + row.t - header.t) // 1_000_000)
        missing = []
        for index, channel in enumerate(board.channels):
            value, reason = telemetry.reading(row, index, channel)
            cells.append(None if value is None else float(value))
            if channel.id == TOTAL_POWER:
                cells.append(printable(reason) if value is None else None)
            elif reason:
                missing.append(f"{channel.id}={reason}")
        cells.append(printable("; ".join(missing), telemetry.MAX_MISSING) if missing else None)
        yield [*cells, *made_up]


def about(state: SessionState) -> dict[str, str]:
    """What the tables are of, for the place where a format keeps such things."""
    board, header = state.board, state.header
    found = {"jetbench": printable(header.jetbench if header else __version__)}
    if board is not None:
        found["board"] = printable(board.model or "N/A")
        found["host"] = printable(board.hostname or "N/A")
    found["simulated"] = "yes" if simulated(board) else "no"
    if simulated(board):
        found["notice"] = SIMULATED
    elif board is not None and board.root:
        found["notice"] = printable(OTHER_BOARD.format(board.root))
    if header is not None and state.run is not None:
        found["run_began_utc"] = iso_utc(header.wall_ns + state.run.t - header.t)
    return found


def distinct(columns: Sequence[Column]) -> list[str]:
    """Names for what does not tell small letters from capitals."""
    taken: list[str] = []
    lowered = unique([item.name.lower() for item in columns])
    for item, free in zip(columns, lowered, strict=True):
        taken.append(item.name + free[len(item.name) :])
    return taken
