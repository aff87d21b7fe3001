"""The three tables of a fleet, as of ``typed``, with the board's name in the first column.

Boards have other channels: telemetry has the columns of all, and a board has nothing in those it lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from jetbench.export import parquet, sqlite, typed
from jetbench.export.files import make_folder
from jetbench.export.typed import Column
from jetbench.session.fleet_load import Part

if TYPE_CHECKING:
    import pyarrow as pa

BOARD = Column("board", typed.TEXT, "", "the board, as it is called in its fleet")
MODEL = "board_model"  # what a session's own tables have as board


def write_sqlite(path: Path, parts: Sequence[Part]) -> None:
    """Raises ExportError, and RecordingError for a recording."""
    there = reached(parts)
    ticks = telemetry_columns(there)
    tables = (
        (typed.CASES, case_columns(), chain.from_iterable(map(case_rows, there))),
        (typed.SAMPLES, (BOARD, *typed.SAMPLE_COLUMNS), chain.from_iterable(map(_samples, there))),
        (typed.TELEMETRY, ticks, chain.from_iterable(telemetry_rows(part, ticks) for part in there)),
    )
    sqlite.write_tables(path, about(parts), tables, ("board", "case"))


def write_columnar(folder: Path, parts: Sequence[Part], form: str) -> tuple[Path, ...]:
    """Raises ExportError, and RecordingError for a recording."""
    parquet.needed(form)
    make_folder(folder)
    there = reached(parts)
    cases, ticks = case_columns(), telemetry_columns(there)
    tables = (
        (typed.CASES, cases, (batch for part in there for batch in parquet.of_rows(cases, case_rows(part)))),
        (typed.SAMPLES, (BOARD, *typed.SAMPLE_COLUMNS), (batch for part in there for batch in _batches(part))),
        (
            typed.TELEMETRY,
            ticks,
            (batch for part in there for batch in parquet.of_rows(ticks, telemetry_rows(part, ticks))),
        ),
    )
    paths = [folder / f"{name}.{form}" for name, _, _ in tables]
    for path, (_, columns, batches) in zip(paths, tables, strict=True):
        parquet.write_batches(path, columns, about(parts), batches, form)
    return tuple(paths)


def write_columnar_cases(path: Path, parts: Sequence[Part], form: str) -> None:
    """cases alone, in a file of any name. Raises ExportError."""
    parquet.needed(form)
    columns = case_columns()
    batches = (batch for part in reached(parts) for batch in parquet.of_rows(columns, case_rows(part)))
    parquet.write_batches(path, columns, about(parts), batches, form)


def reached(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.session is not None]


def case_columns() -> list[Column]:
    """The last one of a session's own, its board, is here the board's model."""
    *columns, board = typed.case_columns()
    return [BOARD, *columns, msgspec.structs.replace(board, name=MODEL)]


def case_rows(part: Part) -> Iterator[typed.Row]:
    assert part.session is not None
    return ((part.name, *row) for row in typed.case_rows(part.session))


def telemetry_columns(parts: Sequence[Part]) -> list[Column]:
    """Those of all boards, each once by its name; ``missing`` and a made-up board's name come last."""
    found: dict[str, Column] = {}
    for part in parts:
        assert part.session is not None
        for column in _telemetry_columns(part):
            found.setdefault(column.name, column)
    last = [found.pop(name) for name in ("missing", MODEL) if name in found]
    return [BOARD, *found.values(), *last]


def _telemetry_columns(part: Part) -> list[Column]:
    assert part.session is not None
    columns = typed.telemetry_columns(part.session)
    return [msgspec.structs.replace(each, name=MODEL) if each.name == "board" else each for each in columns]


def telemetry_rows(part: Part, columns: Sequence[Column]) -> Iterator[typed.Row]:
    """A board's rows under the columns of all."""
    assert part.session is not None
    own = {column.name: place for place, column in enumerate(_telemetry_columns(part))}
    places = [own.get(column.name) for column in columns[1:]]
    for row in typed.telemetry_rows(part.session, part.recording):
        yield [part.name, *(None if place is None else row[place] for place in places)]


def _samples(part: Part) -> Iterator[typed.Row]:
    assert part.session is not None
    return ((part.name, *row) for row in sqlite.samples(part.session))


def _batches(part: Part) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    assert part.session is not None
    names = [BOARD.name, *(column.name for column in typed.SAMPLE_COLUMNS)]
    for batch in parquet.samples(part.session):
        board = pa.repeat(pa.scalar(part.name, pa.string()), batch.num_rows)
        yield pa.RecordBatch.from_arrays([board, *batch.columns], names)


def about(parts: Sequence[Part]) -> dict[str, str]:
    """What the tables are of: what a session's own say of it, board by board."""
    found = {"boards": ", ".join(part.name for part in parts)}
    for part in parts:
        found[f"{part.name}: state"] = part.state
        if part.trouble is not None:
            found[f"{part.name}: trouble"] = part.trouble
        if part.session is not None:
            found |= {f"{part.name}: {key}": value for key, value in typed.about(part.session).items()}
    return found
