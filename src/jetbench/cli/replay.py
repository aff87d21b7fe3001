"""jetbench-tui replay: a recording in the app, to be played, stepped through and compared; nothing is measured."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from jetbench.cli.errors import CliError
from jetbench.cli.options import screen_options
from jetbench.cli.screen_arguments import screen_arguments
from jetbench.domain.plan import Plan
from jetbench.recording.fleet import is_fleet
from jetbench.recording.format import RecordingError
from jetbench.recording.reader import read_header
from jetbench.session.playhead import SPEEDS, Span, parse_time
from jetbench.session.replay import ReplaySession

if TYPE_CHECKING:
    from jetbench.session.state import SessionState
    from jetbench.tui.visiting import Apart, Library, Visit


@click.command("replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--speed",
    type=click.Choice([f"{speed:g}" for speed in SPEEDS]),
    default="1",
    show_default=True,
    help="How many times as fast as it was.",
)
@click.option("--at", metavar="TIME", help="Begin there: 90, 1:30 or 50%.")
@screen_options
@click.pass_context
def command(ctx: click.Context, /, file: Path, speed: str, at: str | None, **screen: Any) -> None:
    """Open a recording in the app: play it, step through it, look at any moment. No agent, no torch."""
    ctx.exit(replay(file, float(speed), at, merged(ctx.obj or {}, screen)))


def merged(above: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Options before the command's name, and those behind it, which win."""
    return {**above, **{name: value for name, value in own.items() if value}}


def replay(file: Path, speed: float, at: str | None, options: dict[str, Any]) -> int:
    """From its first line to its last. Returns the exit status; raises CliError."""
    from jetbench.cli import _terminal

    try:
        of_fleet = is_fleet(file)
        if not of_fleet:
            read_header(file)
        if not _terminal():
            raise CliError(f"replay draws on a terminal, and this is none: jetbench-tui show {file}")
        if of_fleet:
            from jetbench.cli.fleet_app import replay_fleet

            return replay_fleet(file, speed, at, options)
        session = ReplaySession(file)
    except (RecordingError, OSError) as error:
        raise CliError(str(error)) from error
    t = moment(at, session.span())
    from jetbench.tui import run_app

    return run_app(
        session,
        session.read(measured),
        lambda: export_recording(file),
        speed=speed,
        at=t,
        notice=session.damage,
        library=lambda: library(file.parent),
        **screen_arguments(options),
    )


def moment(at: str | None, span: Span) -> int | None:
    """What ``--at`` names; nothing: the usual begin. Raises CliError."""
    try:
        return None if at is None else parse_time(at, span, span.begin)
    except ValueError as error:
        raise CliError(f"--at {error}") from error


def library(*further: Path) -> Library:
    """The data folder, a folder ``recordings`` here, and ``further`` ones."""
    from jetbench.recording.folder import default_folder
    from jetbench.tui.visiting import Library

    return Library((default_folder(), Path("recordings"), *further), open_recording, compare)


def open_recording(file: Path) -> Visit | Apart:
    from jetbench.tui.visiting import Apart, Visit

    if is_fleet(file):
        return Apart((sys.executable, "-m", "jetbench", "replay", str(file)))
    try:
        session = ReplaySession(file)
    except (RecordingError, OSError) as error:
        raise RuntimeError(str(error)) from error
    return Visit(session, session.read(measured), lambda: export_recording(file), session.damage)


def compare(base: Path, other: Path, anyway: bool) -> Mapping[str, Any]:
    """The document of a comparison. Raises RuntimeError with one line where the two are not comparable."""
    from jetbench.analysis import matching
    from jetbench.cli.compare import recorded, refuse
    from jetbench.export.comparison import document

    try:
        sessions = [recorded(base, "A"), recorded(other, "B")]
        if not anyway:
            refuse(*sessions)
    except CliError as error:
        raise RuntimeError(str(error)) from error
    return document(matching.across(sessions, anyway=anyway))


def measured(state: SessionState) -> Plan:
    """The plan as it was carried out: what stands where the next run is put together."""
    run = state.run
    if run is None or not run.cases:
        return Plan()
    cases = run.cases
    return msgspec.structs.replace(
        Plan(),
        models=tuple(dict.fromkeys(case.model for case in cases)),
        variants=tuple(dict.fromkeys(case.variant for case in cases)),
        batches=tuple(dict.fromkeys(case.batch for case in cases)),
        sizes=tuple(dict.fromkeys(case.size for case in cases if case.size is not None)),
        k=run.protocol.k,
        until=run.protocol.until,
        energy=run.protocol.energy,
    )


def export_recording(file: Path) -> Sequence[Path]:
    """CSV beside the recording, or here where that place is read-only. Raises RuntimeError with one line."""
    from jetbench.cli.export import beside, export_file

    output = None if os.access(file.parent, os.W_OK) else Path.cwd() / beside(file, "").name
    try:
        return export_file(file, "csv", output)
    except CliError as error:
        raise RuntimeError(str(error)) from error
