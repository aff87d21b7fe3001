"""jetbench-tui compare: by how much recordings, or cases of one, differ, and whether that is more than chance."""

from __future__ import annotations

import string
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from jetbench.analysis import comparability, matching
from jetbench.analysis.comparability import Setting
from jetbench.analysis.comparison import Side, side
from jetbench.analysis.matching import Comparison, Session
from jetbench.cli.errors import MEASURED, SOME_FAILED, CliError
from jetbench.cli.fleet_files import loaded, one_alone, picked, reached
from jetbench.cli.options import BOARD, JSON
from jetbench.cli.show import load_or_fail
from jetbench.domain.plan import PlanError, parse_percent
from jetbench.domain.text import printable
from jetbench.session.state import SessionState

ANYWAY = click.option("--anyway", is_flag=True, help="Compare what is not comparable too; that is said in the output.")
_MOST_NAMED = 8
_SOME = "name some of them: --board NAME --board NAME"


@click.command("compare")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--case",
    "selectors",
    multiple=True,
    metavar="MODEL[:VARIANT[:bN[:HxW]]]",
    help="Of one file: two or more cases, the first is the baseline. Of several: these cases only.",
)
@BOARD
@click.option("--threshold", default="2%", show_default=True, metavar="2%", help="A smaller difference is none.")
@ANYWAY
@JSON
@click.pass_context
def command(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    selectors: tuple[str, ...],
    boards: tuple[str, ...],
    threshold: str,
    anyway: bool,
    as_json: bool,
) -> None:
    """Compare recordings case by case: the first FILE is the baseline; of a fleet's file its boards, the first one too.

    For every case the ratio of medians with its 95 % interval: FASTER, SLOWER, SAME (no difference shown), UNCLEAR.
    """
    zone = share(threshold)
    if len(files) > len(string.ascii_uppercase):
        raise click.UsageError(f"compare takes at most {len(string.ascii_uppercase)} recordings.", ctx)
    if one_alone(files, "compare"):
        made = _boards(files[0], boards, selectors, zone)
    elif boards:
        raise click.UsageError("--board is of a fleet's file.", ctx)
    elif len(files) == 1:
        if len(selectors) < 2:
            raise click.UsageError("compare takes two recordings, or one and two --case.", ctx)
        made = _within(recorded(files[0], "A"), selectors, zone)
    else:
        made = _across(files, selectors, zone, anyway)
    if as_json:
        from jetbench.export.comparison import document
        from jetbench.export.json import dumps

        print(dumps(document(made)))
    else:
        from jetbench.export.comparison import print_comparison

        print_comparison(made, sys.stdout)
    ctx.exit(SOME_FAILED if any(pair.verdict is None for pair in made.pairs) else MEASURED)


def share(threshold: str) -> float:
    """``2%`` as a fraction."""
    try:
        return parse_percent(threshold)
    except PlanError as error:
        raise CliError(f"--threshold {error}") from error


def recorded(path: Path, label: str) -> Session:
    """One recording, reduced to what a comparison looks at. Raises CliError."""
    found = session(load_or_fail(path), label, str(path))
    if not found.sides:
        raise CliError(f"{path} holds no run: there is nothing to compare")
    return found


def session(state: SessionState, label: str, name: str) -> Session:
    """The session of a state, as far as it has gone."""
    results = state.case_results()
    sides = tuple(
        side(state.records[result.case.id], result, state.board)
        for result in results
        if result.status not in ("queued", "running")
    )
    return Session(
        label,
        name,
        setting(state),
        sides,
        state.header.created if state.header else None,
        state.status,
    )


def setting(state: SessionState) -> Setting:
    run = state.run
    return Setting(state.board, state.software, run.protocol if run else None, run.cases if run else ())


def _across(files: Sequence[Path], selectors: Sequence[str], zone: float, anyway: bool) -> Comparison:
    sessions = [recorded(path, label) for path, label in zip(files, string.ascii_uppercase, strict=False)]
    for other in sessions[1:]:
        if not anyway:
            refuse(sessions[0], other)
    if selectors:
        sessions = [_narrowed(each, selectors) for each in sessions]
    made = matching.across(sessions, zone, anyway)
    if not made.rows:
        raise CliError(f"no case in common: {'; '.join(_has(each) for each in sessions)}")
    return made


def _boards(file: Path, names: Sequence[str], selectors: Sequence[str], zone: float) -> Comparison:
    """The boards of a fleet's file: what each ran is one plan, and that boards differ is no reason not to compare."""
    with loaded(file) as found:
        parts = picked(file, reached(file, found), names)
        if not 2 <= len(parts) <= len(string.ascii_uppercase):
            has = ", ".join(part.name for part in parts)
            raise CliError(f"{file}: 2 to 26 boards can be compared, and {len(parts)} have a run: {has}", hint=_SOME)
        sessions = []
        for label, part in zip(string.ascii_uppercase, parts, strict=False):
            assert part.session is not None
            sessions.append(msgspec.structs.replace(session(part.session, label, str(file)), member=part.name))
        if selectors:
            sessions = [_narrowed(each, selectors) for each in sessions]
        made = matching.across(sessions, zone, anyway=True, boards=True)
    if not made.rows:
        raise CliError(f"no case in common: {'; '.join(_has(each) for each in sessions)}")
    return made


def refuse(base: Session, other: Session) -> None:
    """Raises CliError with what makes the two incomparable, if anything does."""
    differ = comparability.refusal(matching.differences(base, other))
    if differ is not None:
        names = f"{printable(other.name, 80)} is not comparable with {printable(base.name, 80)}"
        raise CliError(f"{names}: {differ}; measure both alike, or go on with --anyway")


def _narrowed(whole: Session, selectors: Sequence[str]) -> Session:
    kept = tuple(each for each in whole.sides if any(matching.fits(selector, each) for selector in selectors))
    return msgspec.structs.replace(whole, sides=kept)


def _within(whole: Session, selectors: Sequence[str], zone: float) -> Comparison:
    return matching.within(whole, [_one(whole, selector) for selector in selectors], zone)


def _one(whole: Session, selector: str) -> Side:
    found = [each for each in whole.sides if matching.fits(selector, each)]
    if len(found) == 1:
        return found[0]
    names = _named(found or list(whole.sides))
    if found:
        raise CliError(
            f"--case {selector} fits {len(found)} cases of {whole.name}: {names}; say which, as {_AN_EXAMPLE}"
        )
    raise CliError(f"--case {selector}: {whole.name} has no such case; it has {names}")


_AN_EXAMPLE = "resnet18:fp32:b1:224x224"


def _has(of: Session) -> str:
    return f"{of.member or of.name} has {_named(of.sides) or 'none that was asked for'}"


def _named(sides: Sequence[Side]) -> str:
    from jetbench.export.comparison import identity, said

    names = [said(identity(each)) for each in sides[:_MOST_NAMED]]
    more = f" and {len(sides) - _MOST_NAMED} more" if len(sides) > _MOST_NAMED else ""
    return ", ".join(names) + more
