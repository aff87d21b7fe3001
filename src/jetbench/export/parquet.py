"""A session as Parquet or Arrow files: cases, samples and telemetry in one folder, written in batches of rows.

Needs pyarrow (the extra ``parquet``), which is imported when a file is written.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jetbench.domain.stretches import Stretches
from jetbench.domain.times import Times
from jetbench.export import typed
from jetbench.export.files import ExportError, make_folder, replacing_bytes
from jetbench.export.typed import Column
from jetbench.session.state import SessionState

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET, ARROW = "parquet", "arrow"
GROUP = 1 << 17  # rows of a row group (Parquet) or record batch (Arrow): about 5 MiB of samples
_TICKS = 1 << 12  # rows of telemetry turned into columns at once


def write_folder(folder: Path, state: SessionState, recording: Path | None, form: str) -> tuple[Path, ...]:
    """cases, samples and telemetry; returns their paths. Raises ExportError, and RecordingError for the recording."""
    needed(form)
    make_folder(folder)
    cases, ticks = list(typed.case_columns()), list(typed.telemetry_columns(state))
    tables = (
        (typed.CASES, cases, of_rows(cases, typed.case_rows(state))),
        (typed.SAMPLES, typed.SAMPLE_COLUMNS, samples(state)),
        (typed.TELEMETRY, ticks, of_rows(ticks, typed.telemetry_rows(state, recording))),
    )
    paths = [folder / f"{name}.{form}" for name, _, _ in tables]
    for path, (_, columns, batches) in zip(paths, tables, strict=True):
        write_batches(path, columns, typed.about(state), batches, form)
    return tuple(paths)


def write_cases(path: Path, state: SessionState, form: str) -> None:
    """cases alone, in a file of any name. Raises ExportError."""
    needed(form)
    columns = list(typed.case_columns())
    write_batches(path, columns, typed.about(state), of_rows(columns, typed.case_rows(state)), form)


def needed(form: str) -> None:
    """Raises ExportError with what to do, where pyarrow is missing or broken."""
    if find_spec("pyarrow") is None:
        install = f"{sys.executable} -m pip install 'jetbench-tui[parquet]'"
        raise ExportError(f"{form} needs pyarrow, which is not installed here: {install}")
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise ExportError(f"{form} needs pyarrow, which cannot be imported here: {error}") from error


def write_batches(
    path: Path, columns: Sequence[Column], about: dict[str, str], batches: Iterable[pa.RecordBatch], form: str
) -> None:
    """One file. Raises ExportError."""
    import pyarrow as pa

    schema = _schema(columns, about)
    try:
        with replacing_bytes(path) as file, _writer(file, schema, form) as writer:
            for table in _grouped(batches, schema):
                writer.write_table(table)
    except (pa.ArrowException, OverflowError) as error:
        raise ExportError(f"{path} cannot be written: {error}") from error


def _writer(file: IO[bytes], schema: pa.Schema, form: str) -> Any:
    """Arrow is left uncompressed, to be mapped into memory as it is."""
    import pyarrow as pa
    from pyarrow import parquet

    if form == PARQUET:
        return parquet.ParquetWriter(file, schema, compression="zstd")
    return pa.ipc.new_file(file, schema)


def _grouped(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables of about GROUP rows, however many rows a batch has; one without rows where there are none."""
    import pyarrow as pa

    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        waiting.append(batch)
        rows += batch.num_rows
        if rows >= GROUP:
            yield pa.Table.from_batches(waiting, schema).combine_chunks()
            waiting, rows = [], 0
    yield pa.Table.from_batches(waiting, schema).combine_chunks()


def _schema(columns: Sequence[Column], about: dict[str, str]) -> pa.Schema:
    """Unit and meaning stand beside every column, what the file is of beside all of them."""
    import pyarrow as pa

    fields = [
        pa.field(item.name, _type(item.kind), metadata={"unit": item.unit, "meaning": item.meaning}) for item in columns
    ]
    return pa.schema(fields, metadata=about)


def _type(kind: str) -> pa.DataType:
    import pyarrow as pa

    types = {
        typed.INT: pa.int64(),
        typed.REAL: pa.float64(),
        typed.TEXT: pa.string(),
        typed.BOOL: pa.bool_(),
        typed.TIME: pa.timestamp("ms", "UTC"),
    }
    return types[kind]


def of_rows(columns: Iterable[Column], rows: Iterable[typed.Row]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    columns, rest = list(columns), iter(rows)
    names = [item.name for item in columns]
    while block := list(islice(rest, _TICKS)):
        turned = zip(columns, zip(*block, strict=True), strict=True)
        yield pa.RecordBatch.from_arrays([pa.array(cells, _type(item.kind)) for item, cells in turned], names)


def samples(state: SessionState) -> Iterator[pa.RecordBatch]:
    """The columns in which the passes are kept, as they are: no pass becomes an object of Python's."""
    import pyarrow as pa

    begin, names = typed.begin(state), [item.name for item in typed.SAMPLE_COLUMNS]
    for case_id, record, flags in typed.samples(state):
        for first in range(0, len(flags), GROUP):
            count = min(GROUP, len(flags) - first)
            arrays = [
                pa.repeat(pa.scalar(case_id, pa.int64()), count),
                _whole(record.round, first, count),
                _whole(record.index, first, count),
                _seconds(record.start, first, count, begin),
                _seconds(record.duration, first, count, 0),
                pa.array(flags[first : first + count], pa.string()),
            ]
            yield pa.RecordBatch.from_arrays(arrays, names)


def _whole(column: array[int] | Stretches | Times, first: int, count: int) -> pa.Array:
    import pyarrow as pa

    part = column[first : first + count]
    kind = pa.int64() if part.itemsize == 8 else pa.uint32()
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(part)]).cast(pa.int64())


def _seconds(column: array[int] | Stretches | Times, first: int, count: int, since: int) -> pa.Array:
    """Nanoseconds as seconds: the nearest double, which is what samples.csv reads as."""
    from pyarrow import compute

    ns = compute.subtract(_whole(column, first, count), since)
    return compute.divide(ns.cast("double", safe=False), 1e9)
