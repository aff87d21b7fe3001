"""A fleet as CSV: the tables of a session, with the board's name in the first column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from jetbench.export import passes, telemetry
from jetbench.export.cells import MISSING, words
from jetbench.export.csv import CASES, SAMPLE_COLUMNS, SAMPLES, TELEMETRY, cases, write_table
from jetbench.export.files import make_folder, replacing_bytes
from jetbench.export.fleet_typed import MODEL, reached
from jetbench.session.fleet_load import Part

_END = b"\r\n"


def write_folder(folder: Path, parts: Sequence[Part]) -> tuple[Path, ...]:
    """The three files; returns their paths. Raises ExportError, and RecordingError for a recording."""
    make_folder(folder)
    write_cases(folder / CASES, parts)
    with replacing_bytes(folder / SAMPLES) as file:
        file.write(f"board,{','.join(SAMPLE_COLUMNS)}".encode() + _END)
        for part in reached(parts):
            assert part.session is not None
            begin = _cell(part)
            file.writelines(_after(begin, block) for block in passes.rows(part.session))
    write_table(folder / TELEMETRY, _telemetry(reached(parts)))
    return tuple(folder / name for name in (CASES, SAMPLES, TELEMETRY))


def write_cases(path: Path, parts: Sequence[Part]) -> None:
    """cases.csv alone, in a file of any name. Raises ExportError."""
    write_table(path, _cases(reached(parts)))


def _cases(parts: Sequence[Part]) -> Iterator[list[str]]:
    for number, part in enumerate(parts):
        assert part.session is not None
        header, *rows = cases(part.session)
        if not number:
            yield ["board", *header[:-1], MODEL]
        yield from ([words(part.name), *row] for row in rows)


def _cell(part: Part) -> bytes:
    """A board's name as the first cell of a row, with the comma behind it."""
    made = io.StringIO()
    csv.writer(made, lineterminator="").writerow([words(part.name)])
    return made.getvalue().encode() + b","


def _after(begin: bytes, block: bytes | bytearray) -> bytes:
    """The rows of a block, each behind that."""
    rows = bytes(block).removesuffix(_END)
    return begin + rows.replace(_END, _END + begin) + _END


def _telemetry(parts: Sequence[Part]) -> Iterator[list[str]]:
    """Under the columns of all boards. What a board has no channel for is N/A in all its rows."""
    headers = [_header(part) for part in parts]
    names = dict.fromkeys(name for header in headers for name in header)
    last = [name for name in ("missing", MODEL) if name in names]
    columns = [*(name for name in names if name not in last), *last]
    yield ["board", *columns]
    for part, header in zip(parts, headers, strict=True):
        assert part.session is not None
        own = {name: place for place, name in enumerate(header)}
        places = [own.get(name) for name in columns]
        for row in islice(telemetry.table(part.session, part.recording), 1, None):
            yield [words(part.name), *(MISSING if place is None else row[place] for place in places)]


def _header(part: Part) -> list[str]:
    assert part.session is not None
    header = next(telemetry.table(part.session, part.recording))
    return [MODEL if name == "board" else name for name in header]
