"""jetbench-tui show: the table of a recording."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jetbench.cli.errors import CliError
from jetbench.cli.options import JSON, METER, duty_cycle, duty_options
from jetbench.recording.fleet import is_fleet
from jetbench.recording.format import RecordingError
from jetbench.session.load import load
from jetbench.session.state import SessionState

if TYPE_CHECKING:
    from jetbench.analysis.duty import DutyCycle


@click.command("show")
@click.argument("file", type=click.Path(path_type=Path))
@METER
@duty_options
@JSON
def command(file: Path, meter: Path | None, rate: float | None, battery: float | None, as_json: bool) -> None:
    """The table of a recording, just as the run printed it."""
    cycle = duty_cycle(rate, battery)
    if is_fleet(file):
        refuse_meter(meter)
        _show_fleet(file, cycle, as_json)
        return
    state = load_or_fail(file, meter)
    if as_json:
        from jetbench.export.document import document
        from jetbench.export.json import dumps

        print(dumps(document(state, cycle)))
    else:
        from jetbench.export.table import print_table

        print_table(state, sys.stdout, duty=cycle)


def _show_fleet(file: Path, cycle: DutyCycle | None, as_json: bool) -> None:
    from jetbench.cli.fleet_files import loaded
    from jetbench.export.fleet_document import fleet_document, told

    with loaded(file) as found:
        boards = told(found.parts, cycle)
        if as_json:
            from jetbench.export.json import dumps

            print(dumps(fleet_document(boards)))
        else:
            from jetbench.export.fleet_table import print_fleet

            print_fleet(boards, sys.stdout)


def refuse_meter(meter: Path | None) -> None:
    """Of a fleet's file. Raises CliError."""
    if meter is not None:
        raise CliError("--meter tells one board's watts, and this is a fleet's file: export -f boards, then that board")


def load_or_fail(file: Path, meter: Path | None = None) -> SessionState:
    """The session of a recording; what is damaged in it is said on stderr. ``meter`` replaces its power."""
    try:
        state, damage = load(file)
    except RecordingError as error:
        raise CliError(str(error)) from error
    left_out = damage.text()
    if left_out is not None:
        print(f"jetbench-tui: {file}: {left_out}", file=sys.stderr)
    if meter is not None:
        _align(state, meter)
    return state


def _align(state: SessionState, meter: Path) -> None:
    from jetbench.analysis.meter import parse
    from jetbench.session.meter import align

    try:
        with meter.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            series = parse(file)
        align(state, series)
    except OSError as error:
        raise CliError(f"--meter {meter}: {error.strerror or error}") from error
    except (ValueError, csv.Error) as error:
        raise CliError(f"--meter {meter}: {error}") from error
    if series.refused:
        print(f"jetbench-tui: {meter}: {series.refused} lines that are no time,watts are left out", file=sys.stderr)
