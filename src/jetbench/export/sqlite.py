"""A session as one SQLite database: tables cases, samples and telemetry, and two that say what they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import repeat
from pathlib import Path

from jetbench.domain.text import printable
from jetbench.export import typed
from jetbench.export.files import ExportError, replacing_file
from jetbench.export.typed import Column
from jetbench.recording.format import iso_utc
from jetbench.session.state import SessionState

_TYPES = {typed.INT: "INTEGER", typed.REAL: "REAL", typed.BOOL: "INTEGER", typed.TEXT: "TEXT", typed.TIME: "TEXT"}
Rows = Iterable[typed.Row]


def write(path: Path, state: SessionState, recording: Path | None) -> None:
    """The whole database, rows as they are read. Raises ExportError, and RecordingError for the recording."""
    columns = list(typed.telemetry_columns(state))
    tables = (
        (typed.CASES, list(typed.case_columns()), typed.case_rows(state)),
        (typed.SAMPLES, typed.SAMPLE_COLUMNS, samples(state)),
        (typed.TELEMETRY, columns, typed.telemetry_rows(state, recording)),
    )
    write_tables(path, typed.about(state), tables, ("case",))


def write_tables(
    path: Path, about: Mapping[str, str], tables: Sequence[tuple[str, Sequence[Column], Rows]], key: Sequence[str]
) -> None:
    """Tables with their names and columns; ``key``: of cases. Raises ExportError."""
    try:
        with (
            replacing_file(path) as place,
            closing(sqlite3.connect(place, isolation_level=None)) as database,
        ):
            # Nobody sees the file before it is complete, and one that is not is thrown away: no journal is needed.
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN")
            _about(database, about)
            for name, columns, rows in tables:
                _fill(database, name, columns, _with_words(columns, rows), key if name == typed.CASES else ())
            database.execute("COMMIT")
    except (sqlite3.Error, OverflowError) as error:
        raise ExportError(f"{printable(path)} cannot be written: {error}") from error


def _about(database: sqlite3.Connection, about: Mapping[str, str]) -> None:
    database.execute("CREATE TABLE session (key TEXT PRIMARY KEY, value TEXT)")
    database.executemany("INSERT INTO session VALUES (?, ?)", about.items())
    database.execute('CREATE TABLE columns ("table" TEXT, "column" TEXT, unit TEXT, meaning TEXT)')


def _fill(
    database: sqlite3.Connection, table: str, columns: Sequence[Column], rows: Rows, primary: Sequence[str]
) -> None:
    """Names are quoted: "case" and "index" are words of SQL."""
    names = typed.distinct(columns)
    told = zip(repeat(table), names, columns, strict=False)
    database.executemany(
        "INSERT INTO columns VALUES (?, ?, ?, ?)",
        ((table, name, column.unit, column.meaning) for table, name, column in told),
    )
    parts = [f'"{name}" {_TYPES[column.kind]}' for name, column in zip(names, columns, strict=True)]
    key = ", ".join(f'"{name}"' for name in primary)
    database.execute(f"CREATE TABLE {table} ({', '.join(parts)}{f', PRIMARY KEY ({key})' if key else ''})")
    marks = ", ".join("?" * len(names))
    database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)


def samples(state: SessionState) -> Iterator[typed.Row]:
    begin = typed.begin(state)
    for case_id, record, flags in typed.samples(state):
        passes = zip(record.round, record.index, record.start, record.duration, flags, strict=True)
        for r, index, start, duration, letters in passes:
            yield case_id, r, index, (start - begin) / 1e9, duration / 1e9, letters


def _with_words(columns: Sequence[Column], rows: Rows) -> Iterator[typed.Row]:
    """SQLite has no type for time: ISO 8601, which its date functions read."""
    places = [place for place, column in enumerate(columns) if column.kind == typed.TIME]
    if not places:
        yield from rows
        return
    for row in rows:
        cells = list(row)
        for place in places:
            cells[place] = None if cells[place] is None else iso_utc(cells[place] * 1_000_000)
        yield cells
