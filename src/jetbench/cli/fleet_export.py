"""jetbench-tui export of a fleet's file: the same formats, with the board as a column."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jetbench.cli.errors import CliError
from jetbench.cli.fleet_files import loaded
from jetbench.export.files import ExportError, make_folder, replacing
from jetbench.recording.fleet import file_names
from jetbench.recording.format import RecordingError
from jetbench.session.fleet_load import Part

Written = tuple[Path, ...]
Write = Callable[[Path, Sequence[Part]], Written]


def export_fleet(file: Path, form: str, target: Path) -> Written:
    """Files written. Raises CliError."""
    with loaded(file) as found:
        try:
            return _WRITE[form](target, found.parts)
        except (ExportError, RecordingError) as error:
            raise CliError(str(error)) from error


def _csv(target: Path, parts: Sequence[Part]) -> Written:
    from jetbench.export import fleet_csv

    if target.suffix.lower() != ".csv":
        return fleet_csv.write_folder(target, parts)
    fleet_csv.write_cases(target, parts)
    return (target,)


def _json(target: Path, parts: Sequence[Part]) -> Written:
    from jetbench.export.fleet_document import fleet_document, told
    from jetbench.export.json import dumps

    with replacing(target) as stream:
        stream.write(dumps(fleet_document(told(parts))) + "\n")
    return (target,)


def _columnar(form: str) -> Write:
    def write(target: Path, parts: Sequence[Part]) -> Written:
        from jetbench.export import fleet_typed

        if target.suffix.lower() != f".{form}":
            return fleet_typed.write_columnar(target, parts, form)
        fleet_typed.write_columnar_cases(target, parts, form)
        return (target,)

    return write


def _sqlite(target: Path, parts: Sequence[Part]) -> Written:
    from jetbench.export import fleet_typed

    fleet_typed.write_sqlite(target, parts)
    return (target,)


def _markdown(target: Path, parts: Sequence[Part]) -> Written:
    from jetbench.export import fleet_markdown

    fleet_markdown.write(target, parts)
    return (target,)


def _openmetrics(target: Path, parts: Sequence[Part]) -> Written:
    from jetbench.export import openmetrics

    sessions = [({"member": part.name}, part.session) for part in parts if part.session is not None]
    openmetrics.write_all(target, sessions)
    return (target,)


def _trace(target: Path, parts: Sequence[Part]) -> Written:
    """A folder: boards have clocks of their own, and a timeline each."""
    from jetbench.export import trace

    make_folder(target)
    written = []
    for part, name in zip(parts, file_names([part.member for part in parts]), strict=True):
        if part.session is not None and part.recording is not None:
            path = target / Path(name).with_suffix(".trace.json")
            trace.write(path, part.session, part.recording)
            written.append(path)
    return tuple(written)


def _boards(target: Path, parts: Sequence[Part]) -> Written:
    """Ordinary recordings, one a board, as they would have been written without a fleet."""
    make_folder(target)
    written = []
    for part in parts:
        if part.recording is not None:
            path = target / part.recording.name
            if path.exists():
                raise CliError(f"{path} exists: name another folder with -o")
            try:
                shutil.copyfile(part.recording, path)
            except OSError as error:
                raise CliError(f"{path} cannot be written: {error.strerror or error}") from error
            written.append(path)
    return tuple(written)


_WRITE: Mapping[str, Write] = {
    "csv": _csv,
    "json": _json,
    "parquet": _columnar("parquet"),
    "arrow": _columnar("arrow"),
    "sqlite": _sqlite,
    "trace": _trace,
    "markdown": _markdown,
    "openmetrics": _openmetrics,
    "boards": _boards,
}
