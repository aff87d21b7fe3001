"""jetbench-tui run on several boards: the same plan on each, one table, one recording."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

import click

from jetbench.analysis.duty import DutyCycle
from jetbench.cli.errors import INTERRUPTED, MEASURED, NOTHING_MEASURED, SOME_FAILED, CliError
from jetbench.cli.fleet_members import link
from jetbench.cli.fleet_progress import FleetPrinter
from jetbench.cli.options import duty_cycle
from jetbench.cli.run import TERMINATED, check_writable, run_signals
from jetbench.domain.fleet import Member
from jetbench.domain.plan import Plan
from jetbench.domain.text import printable
from jetbench.recording.folder import new_fleet_path
from jetbench.session.fleet import FleetSession, Wants
from jetbench.session.fleet_load import Part
from jetbench.session.fleet_snapshot import FleetSnapshot
from jetbench.session.state import SessionState

_OF_ONE = ("against", "threshold", "anyway")


def run_fleet(plan: Plan, members: tuple[Member, ...], output: Path | None, options: dict[str, Any]) -> int:
    """From the first board that is reached to the last that is through. Returns the exit status."""
    for name in _OF_ONE:
        if options.get(name):
            raise click.UsageError(f"--{name} is about one board's recording: name one board with --host.")
    csv, as_json = options.get("csv_path"), bool(options.get("as_json"))
    duty = duty_cycle(options.get("rate"), options.get("battery"))
    if csv is not None:
        check_writable(csv)
    wants = Wants(once=True, patient=bool(options.get("wait")), download=bool(options.get("download")))
    place = (lambda: output) if output is not None else new_fleet_path
    session = FleetSession(members, link, place, command=tuple(sys.argv), wants=wants)
    try:
        with run_signals(session) as received:
            try:
                session.run(plan)
            except RuntimeError as error:
                raise CliError(str(error)) from error
            _follow(session, FleetPrinter(sys.stderr, len(plan.cases()) * plan.rounds, quiet=as_json))
            taken = session.snapshot()
        _print(session, taken, duty, as_json)
        if csv is not None:
            _export(taken, csv, as_json)
        return _status(taken, received)
    finally:
        session.close()


def _follow(session: FleetSession, printer: FleetPrinter) -> None:
    while not session.wait(printer.interval):
        printer.update(session.snapshot())
    printer.finish(session.snapshot())


def _print(session: FleetSession, taken: FleetSnapshot, duty: DutyCycle | None, as_json: bool) -> None:
    """Table or document, and where the recording is."""
    from jetbench.export import fleet_document as documents

    boards = documents.told(_parts(session, taken), duty)
    if as_json:
        from jetbench.export.json import dumps

        print(dumps(documents.fleet_document(boards)))
    else:
        from jetbench.export.fleet_table import print_fleet

        print_fleet(boards, sys.stdout)
    for problem in (session.problem, _ended(taken)):
        if problem is not None:
            print(f"jetbench-tui: {printable(problem, 300)}", file=sys.stderr)
    if taken.recording is not None and taken.recording_ended is None and not as_json:
        file = printable(taken.recording, 500)
        print(f"\nrecording  {file}\nexport     jetbench-tui export {file} -f csv")
        print(f"choose     jetbench-tui choose {file}")


def _ended(taken: FleetSnapshot) -> str | None:
    ended = taken.recording_ended
    return None if ended is None else f"the recording ended early: {ended}; what is printed here is whole"


def _parts(session: FleetSession, taken: FleetSnapshot) -> list[Part]:
    """Every board with what it has told; nothing more comes of any of them."""
    parts = []
    for board in taken.boards:
        state: SessionState = session.session(board.member.name).read(lambda state: state)
        parts.append(Part(board.member, board.state, board.trouble, state if state.board is not None else None))
    return parts


def _export(taken: FleetSnapshot, path: Path, as_json: bool) -> None:
    from jetbench.cli.export import export_file

    if taken.recording is None or taken.recording_ended is not None:
        raise CliError("--csv: there is no whole recording to make it from", SOME_FAILED)
    try:
        written = export_file(Path(taken.recording), "csv", path)
    except CliError as error:
        raise CliError(f"--csv: {error}", SOME_FAILED) from error
    if not as_json:
        print(f"csv        {', '.join(str(file) for file in written)}")


def _status(taken: FleetSnapshot, received: list[int]) -> int:
    if received and taken.status in ("interrupted", "lost"):
        return TERMINATED if received[0] == signal.SIGTERM else INTERRUPTED
    cases = [case for board in taken.boards for case in board.snapshot.cases]
    if not any(case.status == "measured" for case in cases):
        return NOTHING_MEASURED
    whole = all(board.state == "done" for board in taken.boards) and all(case.status == "measured" for case in cases)
    return MEASURED if whole else SOME_FAILED
