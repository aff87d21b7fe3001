"""A session as CSV (RFC 4180): cases.csv, samples.csv and telemetry.csv in one folder, or the cases alone."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from jetbench.domain import metrics
from jetbench.domain.metrics import METRICS, Metric
from jetbench.export import passes, telemetry
from jetbench.export.cells import MISSING, figure, words
from jetbench.export.document import document
from jetbench.export.files import make_folder, replacing, replacing_bytes
from jetbench.session.state import SessionState

CASES, SAMPLES, TELEMETRY = "cases.csv", "samples.csv", "telemetry.csv"
SAMPLE_COLUMNS = ("case", "round", "index", "start_s", "latency_s", "flags")
# Text cells that say nothing when they are empty, where others would be missing.
_MAY_BE_EMPTY = ("error", "flags", "cause")


def write_folder(folder: Path, state: SessionState, recording: Path | None = None) -> tuple[Path, ...]:
    """The three files; returns their paths. Raises ExportError, and RecordingError for the recording.

    Telemetry is streamed from ``recording``, the file of this session; without one it is the newest rows that
    the state still holds.
    """
    make_folder(folder)
    write_table(folder / CASES, cases(state))
    _write_samples(folder / SAMPLES, state)
    write_table(folder / TELEMETRY, telemetry.table(state, recording))
    return tuple(folder / name for name in (CASES, SAMPLES, TELEMETRY))


def write_cases(path: Path, state: SessionState) -> None:
    """cases.csv alone, in a file of any name. Raises ExportError."""
    write_table(path, cases(state))


def write_table(path: Path, table: Iterable[Iterable[str]]) -> None:
    """Raises ExportError."""
    with replacing(path) as file:
        _dump(file, table)


def _write_samples(path: Path, state: SessionState) -> None:
    """A row a forward pass, with its flags."""
    with replacing_bytes(path) as file:
        file.write(f"{','.join(SAMPLE_COLUMNS)}\r\n".encode())
        file.writelines(passes.rows(state))


def _dump(file: IO[str], table: Iterable[Iterable[str]]) -> None:
    csv.writer(file, lineterminator="\r\n").writerows(table)


def cases(state: SessionState) -> Iterator[list[str]]:
    """Header and rows."""
    header = ["case"]
    for metric in METRICS:
        header += [metric.csv, metric.reason] if metric.reason else [metric.csv]
    yield [*header, "board"]
    model = words((state.board.model if state.board else None) or MISSING)
    for result, case in zip(state.case_results(), document(state)["cases"], strict=True):
        yield [figure(result.case.id), *_cells(case), model]


def _cells(case: Mapping[str, Any]) -> Iterator[str]:
    for metric in METRICS:
        value = metrics.value(case, metric)
        yield _cell(metric, value)
        if metric.reason:
            yield words(metrics.reason(case, metric)) if value is None else ""


def _cell(metric: Metric, value: Any) -> str:
    if not metric.text:
        return figure(value)
    if metric.key == "flags":
        return words(" ".join(f"{name}={count}" for name, count in value.items()))
    if metric.key == "grade_reasons":
        return words("; ".join(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "" if metric.key in _MAY_BE_EMPTY else MISSING
    return words("x".join(map(str, value)) if isinstance(value, list) else value)
