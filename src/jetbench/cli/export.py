"""jetbench-tui export: a recording in another format."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jetbench.cli.errors import CliError
from jetbench.cli.options import METER
from jetbench.cli.show import load_or_fail, refuse_meter
from jetbench.export.files import ExportError
from jetbench.recording.fleet import is_fleet
from jetbench.recording.format import SUFFIX, RecordingError
from jetbench.session.state import SessionState

if TYPE_CHECKING:  # generic from click 8.2 on
    _Type = click.ParamType[str]
else:
    _Type = click.ParamType

Written = tuple[Path, ...]
Write = Callable[[Path, SessionState, Path], Written]


def _csv(target: Path, state: SessionState, recording: Path) -> Written:
    from jetbench.export import csv

    if target.suffix.lower() == ".csv":
        csv.write_cases(target, state)
        return (target,)
    return csv.write_folder(target, state, recording)


def _file(module: str, *, streams: bool = False) -> Write:
    """One file, by a module of jetbench.export; ``streams``: it reads the recording once more, row by row."""

    def write(target: Path, state: SessionState, recording: Path) -> Written:
        export = importlib.import_module(f"jetbench.export.{module}")
        export.write(target, state, *([recording] if streams else []))
        return (target,)

    return write


def _columnar(form: str) -> Write:
    def write(target: Path, state: SessionState, recording: Path) -> Written:
        from jetbench.export import parquet

        if target.suffix.lower() == f".{form}":
            parquet.write_cases(target, state, form)
            return (target,)
        return parquet.write_folder(target, state, recording, form)

    return write


FORMATS: Mapping[str, tuple[Write, str]] = {  # with the suffix of the file beside the recording; "": a folder
    "csv": (_csv, ""),
    "json": (_file("json"), ".json"),
    "parquet": (_columnar("parquet"), ""),
    "arrow": (_columnar("arrow"), ""),
    "sqlite": (_file("sqlite", streams=True), ".db"),
    "trace": (_file("trace", streams=True), ".trace.json"),
    "markdown": (_file("markdown"), ".md"),
    "openmetrics": (_file("openmetrics"), ".prom"),
}
BOARDS = "boards"  # of a fleet alone: ordinary recordings
_OF_FLEET = {"trace": "-traces", BOARDS: "-boards"}  # of a fleet a folder, a file a board


class Formats(_Type):
    """Ours, and where none of these is meant, or all are told, those that other packages add."""

    name = "format"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in (*FORMATS, BOARDS) or value in (there := self._all()):
            return str(value)
        return self.fail(f"{value!r} is not one of {', '.join(map(repr, there))}.", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return f"[{'|'.join(self._all())}]"

    def _all(self) -> list[str]:
        from jetbench.export import plugged

        ours = (*FORMATS, BOARDS)
        return [*ours, *plugged.names(ours)]


def _format(form: str) -> tuple[Write, str]:
    """Raises ExportError."""
    if form in FORMATS:
        return FORMATS[form]
    from jetbench.export.plugged import Exporter

    exporter = Exporter(form)

    def write(target: Path, state: SessionState, _recording: Path) -> Written:
        exporter.write(target, state)
        return (target,)

    return write, exporter.suffix


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--format",
    "form",
    type=Formats(),
    default="csv",
    show_default=True,
    help="csv, parquet, arrow: a folder of three tables; boards: a recording for each of a fleet; others: one file.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Default: beside the recording. NAME.csv, .parquet, .arrow: cases alone. A trace NAME.gz: packed.",
)
@METER
def command(file: Path, form: str, output: Path | None, meter: Path | None) -> None:
    """Write a recording in a format that other programs read.

    csv, parquet, arrow, sqlite: cases, samples, telemetry. json: the document of show --json. trace: a timeline for
    Perfetto and chrome://tracing. markdown: the table, to be pasted into an issue. openmetrics: figures as gauges.
    Other packages may add formats: docs/extending.md.
    Of a fleet the board is a column; boards takes it apart into ordinary recordings.
    """
    for path in export_file(file, form, output, meter):
        if path.is_file():  # and not the pipe that was just written to
            print(path)


def export_file(file: Path, form: str, output: Path | None, meter: Path | None = None) -> Written:
    """Files written. Raises CliError."""
    if is_fleet(file):
        return _of_fleet(file, form, output, meter)
    if form == BOARDS:
        raise CliError(f"-f {BOARDS} takes a fleet's file apart, and {file} is none")
    try:
        write, suffix = _format(form)
        return write(_target(file, output, suffix), load_or_fail(file, meter), file)
    except (ExportError, RecordingError) as error:
        raise CliError(str(error)) from error


def _of_fleet(file: Path, form: str, output: Path | None, meter: Path | None) -> Written:
    from jetbench.cli.fleet_export import export_fleet

    refuse_meter(meter)
    if form not in (*FORMATS, BOARDS):
        raise CliError(f"-f {form} takes one board: export -f {BOARDS} makes a recording of each first")
    return export_fleet(file, form, _target(file, output, _OF_FLEET.get(form) or FORMATS[form][1]))


def _target(file: Path, output: Path | None, suffix: str) -> Path:
    """Where ``-o`` says, or beside the recording. Raises CliError."""
    target = output or beside(file, suffix)
    if _same(target, file):
        raise CliError(f"{target} is the recording itself: name another file or folder with -o")
    return target


def _same(target: Path, file: Path) -> bool:
    with contextlib.suppress(OSError):
        return target.samefile(file)
    return False  # one of them is not there, which is told when it is opened


def beside(file: Path, suffix: str) -> Path:
    """The recording's place and name, with another suffix or none."""
    stem = file.name.removesuffix(".gz").removesuffix(SUFFIX)
    return file.with_name((stem if stem != file.name else file.stem) + suffix)
