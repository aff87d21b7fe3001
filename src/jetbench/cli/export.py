"""jetbench-tui export: a recording in another format."""

from __future__ import annotations

from pathlib import Path

import click

from jetbench.cli.errors import CliError
from jetbench.cli.options import METER
from jetbench.cli.show import load_or_fail
from jetbench.export import csv
from jetbench.export.files import ExportError
from jetbench.recording.format import RecordingError


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-f", "--format", "form", type=click.Choice(["csv", "json"]), default="csv", help="csv: a folder of three."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Default: beside the recording.")
@METER
def command(file: Path, form: str, output: Path | None, meter: Path | None) -> None:
    """Write a recording as CSV (cases, samples, telemetry) or JSON."""
    written = export_file(file, form, output, meter)
    for path in written:
        print(path)


def export_file(file: Path, form: str, output: Path | None, meter: Path | None = None) -> tuple[Path, ...]:
    """Files written. Raises CliError."""
    state = load_or_fail(file, meter)
    try:
        if form == "json":
            from jetbench.export import json

            target = output or file.with_suffix(".json")
            json.write(target, state)
            return (target,)
        target = output or file.with_suffix("")
        if target.suffix.lower() == ".csv":
            csv.write_cases(target, state)
            return (target,)
        return csv.write_folder(target, state, file)
    except (ExportError, RecordingError) as error:
        raise CliError(str(error)) from error
