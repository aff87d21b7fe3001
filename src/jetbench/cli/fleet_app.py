"""Opens the app over several boards, or over a recording of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from jetbench.cli.errors import CliError
from jetbench.cli.fleet_members import Shared, link, members, workers_of
from jetbench.cli.replay import library, moment
from jetbench.cli.screen_arguments import screen_arguments
from jetbench.domain.plan import Plan, PlanError, check
from jetbench.recording.folder import new_fleet_path
from jetbench.recording.format import RecordingError
from jetbench.session.fleet import FleetSession
from jetbench.session.fleet_replay import FleetReplay


def open_fleet(options: dict[str, Any]) -> int:
    """From its first line to its last. Returns the exit status; raises CliError."""
    from jetbench.tui import run_app

    shared = Shared(options.get("python"), options.get("root"), options.get("sensors") or ())
    boards = members(options["host"], (), shared, workers_of(options.get("dask")))
    session = FleetSession(boards, link, new_fleet_path, command=tuple(sys.argv))
    try:
        session.start()
        more = screen_arguments(options)
        return run_app(None, Plan(), lambda: _export(session.recording), library=library, fleet=session, **more)
    finally:
        session.close()
        if session.left:
            print("runs go on there; back to one of them with: jetbench-tui attach BOARD")
        if session.recording is not None:
            print(f"recording  {session.recording}\nexport     jetbench-tui export {session.recording} -f csv")


def replay_fleet(file: Path, speed: float, at: str | None, options: dict[str, Any]) -> int:
    """The same of a recording."""
    try:
        session = FleetReplay(file)
    except (RecordingError, OSError) as error:
        raise CliError(str(error)) from error
    t = moment(at, session.span())
    from jetbench.tui import run_app

    return run_app(
        None,
        _plan(session),
        lambda: _export(file),
        speed=speed,
        at=t,
        notice=session.damage,
        library=lambda: library(file.parent),
        fleet=session,
        **screen_arguments(options),
    )


def _plan(session: FleetReplay) -> Plan:
    """As it was begun; of another version, the default one."""
    try:
        plan = check(msgspec.convert(session.header.plan, Plan))
    except (msgspec.ValidationError, PlanError, TypeError, ValueError):
        return Plan()
    return msgspec.structs.replace(plan, boards=())


def _export(recording: Path | None) -> Sequence[Path]:
    """CSV folder beside it. Raises RuntimeError with one line when there is nothing to export."""
    from jetbench.cli.replay import export_recording

    if recording is None:
        raise RuntimeError("nothing is recorded yet: start a run first")
    return export_recording(recording)
