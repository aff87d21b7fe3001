"""run --resume FILE: what a cut session left, measured and recorded in the same file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from jetbench.cli import watch as watching
from jetbench.cli.errors import INTERRUPTED, MEASURED, CliError
from jetbench.cli.options import duty_cycle, host_of, inherited, sensor_arguments
from jetbench.cli.run import Wanted, measure
from jetbench.cli.session import fault_code, fault_error
from jetbench.domain.plan import Plan
from jetbench.domain.text import printable
from jetbench.recording.format import RecordingError
from jetbench.session.resumption import Rest, other, plan_of, rest_of
from jetbench.session.worker import SessionWorker

# What may stand beside --resume: where the measuring happens, and what is done with the results.
_BESIDE = (
    "resume", "anyway", "download", "against", "threshold", "rate", "battery", "csv_path", "as_json", "python", "root",
    "simulate", "power_cmd", "power_url", "power_rail", "jtop_python", "no_jtop", "powertop", "host", "wait",
)  # fmt: skip


def resume(ctx: click.Context, options: dict[str, Any]) -> int:
    """Finish the session of ``options["resume"]``. Returns the exit status; raises CliError."""
    _refuse_others(ctx)
    python, root = inherited(ctx, options)
    sensors = sensor_arguments(options, ctx)
    duty = duty_cycle(options["rate"], options["battery"])
    rest = _rest(options["resume"])
    if rest.complete:
        return _say_complete(rest, options["as_json"])
    plan = _plan(rest, needed=options["against"] is not None)
    watch = watching.watch({**options, "anyway": options["against"] is not None and options["anyway"]}, plan)
    where = host_of(ctx, options), options["wait"]
    wanted = Wanted(None, options["csv_path"], options["as_json"], duty, watch, options["download"], *where)

    def begin(worker: SessionWorker) -> None:
        _go_on(worker, rest, options["anyway"])

    return measure(plan, python, root, wanted, sensors, begin)


def _refuse_others(ctx: click.Context) -> None:
    """The plan is the one in the file: what would change it contradicts it."""
    given = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if name not in _BESIDE and ctx.get_parameter_source(name) in given:
            what = "a plan" if isinstance(parameter, click.Argument) else parameter.opts[0]
            raise click.UsageError(f"--resume measures what is left of the plan in the file: {what} contradicts it.")


def _rest(path: Path) -> Rest:
    try:
        rest = rest_of(path)
    except RecordingError as error:
        raise CliError(str(error)) from error
    left_out = rest.damage.text()
    if left_out is not None:
        print(f"jetbench-tui: {path}: {left_out}", file=sys.stderr)
    return rest


def _plan(rest: Rest, needed: bool) -> Plan:
    try:
        return plan_of(rest)
    except RecordingError as error:
        if needed or rest.left is None:
            raise CliError(str(error)) from error
        return Plan()  # of another version; the cases of the run are in the file


def _say_complete(rest: Rest, as_json: bool) -> int:
    """Nothing is left: the table as it was."""
    from jetbench.export.document import document
    from jetbench.export.json import dumps
    from jetbench.export.table import print_table

    print(f"jetbench-tui: {printable(rest.path)} is complete: nothing is left to measure", file=sys.stderr)
    if as_json:
        print(dumps(document(rest.state)))
    else:
        print_table(rest.state, sys.stdout)
    return MEASURED


def _go_on(worker: SessionWorker, rest: Rest, anyway: bool) -> None:
    """Refuse another board, torch or Python than recorded; then measure. The file is untouched until then."""
    if worker.read(lambda state: state.software) is None:
        worker.count((), 1, ())  # of no model: the software is told, and nothing more
        worker.wait()
    board, software = worker.read(lambda state: (state.board, state.software))
    if software is None:
        if fault_code(worker) == "interrupted":
            raise CliError("interrupted before anything was measured", INTERRUPTED)
        raise fault_error(worker.snapshot(), fault_code(worker))
    differ = other(rest, board, software)
    if differ is not None and not anyway:
        hint = f"measure it there, with the options it was begun with ({_begun(rest)}), or go on with --anyway"
        raise CliError(f"{rest.path} was not recorded here: {differ}", hint=hint)
    _say_code(rest)
    worker.resume(rest, anyway, differ)


def _begun(rest: Rest) -> str:
    """The command line of the first part, as far as it fits a line."""
    command = rest.state.header.command if rest.state.header is not None else ()
    return printable(" ".join(["jetbench-tui", *command[1:]]), 200)


def _is_code(model: str) -> bool:
    return ":" in model and not model.startswith(("superpoint:", "timm:", "hf:"))


def _say_code(rest: Rest) -> None:
    """The file names code of the user's own, which runs now: that is said."""
    cases = rest.state.run.cases if rest.state.run is not None else plan_of(rest).cases()
    named = sorted({printable(case.model) for case in cases if _is_code(case.model)})
    if named:
        print(f"jetbench-tui: runs the code that the recording names: {', '.join(named)}", file=sys.stderr)
