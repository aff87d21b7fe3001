"""The command line: names, options and what they mean. The work is in one module a command."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from jetbench import __version__
from jetbench.cli import errors
from jetbench.cli.options import DASK, HOSTS, screen_options, sensor_arguments, sensor_options
from jetbench.domain import plugins

_COMMANDS = {
    "run": "jetbench.cli.run",
    "plan": "jetbench.cli.plan",
    "count": "jetbench.cli.count",
    "explain": "jetbench.cli.explain",
    "models": "jetbench.cli.models",
    "attach": "jetbench.cli.attach",
    "sensors": "jetbench.cli.sensors",
    "doctor": "jetbench.cli.doctor",
    "show": "jetbench.cli.show",
    "replay": "jetbench.cli.replay",
    "serve": "jetbench.cli.serve",
    "export": "jetbench.cli.export",
    "report": "jetbench.cli.report",
    "compare": "jetbench.cli.compare",
    "choose": "jetbench.cli.choose",
}
# One line each, here, so that --help imports none of them.
_SUMMARIES = {
    "run": "Measure without a screen: progress, a table, a recording.",
    "plan": "Write a commented plan file (plan init).",
    "explain": "Why a model is as fast as it is here, and the trials that test it.",
    "count": "Parameters, MACs, FLOPs and bytes of models; no timing.",
    "models": "List what can be measured here.",
    "attach": "Go on with a run on a board whose line dropped, or look at one.",
    "sensors": "Every channel of this board, or why it is missing.",
    "doctor": "Checks that execute, each with cause and remedy.",
    "show": "The table of a recording.",
    "replay": "A recording in the app, moment by moment.",
    "serve": "The app in a browser, on this machine alone.",
    "report": "Tables, plots, method and discussion of recordings in one file.",
    "export": "Write a recording as CSV, JSON, Parquet, SQLite, a trace, Markdown, ...",
    "compare": "By how much recordings, or cases of one, differ.",
    "choose": "Which recorded case keeps to limits, or comes nearest.",
}


class LazyGroup(click.Group):
    """Imports a command's module when it is called, not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(f"{error.message} There are: {', '.join(_COMMANDS)}.", ctx) from error


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="jetbench-tui")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(plugins.OPTION, is_flag=True, help="Leave out what other packages add (as JETBENCH_PLUGINS=0 does).")
@screen_options
@HOSTS
@DASK
@click.option("--python", metavar="PATH", help="The interpreter that measures (it has torch).")
@click.option("--root", metavar="DIR", help="Read DIR/sys, DIR/proc, DIR/etc instead of the board's own.")
@sensor_options
@click.pass_context
def cli(ctx: click.Context, /, **options: Any) -> None:
    """Which PyTorch model should run on this board: how fast, for how many watts, and why.

    Without a command it opens the app; without a terminal it measures the default plan.
    """
    ctx.obj = options
    if ctx.invoked_subcommand is not None:
        return
    from jetbench.cli import _terminal

    if _terminal():
        from jetbench.cli.app import open_app

        ctx.exit(open_app(options | {"sensors": sensor_arguments(options)}))
    from jetbench.cli.run import run_default

    ctx.exit(run_default(options))


def run_command_line(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    if plugins.OPTION in arguments:
        plugins.turn_off()
    arguments = [word for word in arguments if word not in ("--debug", plugins.OPTION)]  # wherever they stand

    def work() -> int | None:
        try:
            status = cli.main(arguments, prog_name="jetbench-tui", standalone_mode=False)
        except click.Abort:
            return errors.INTERRUPTED
        except click.ClickException as error:
            if debug:
                raise
            raise _usage(error) from error
        return status if isinstance(status, int) else None

    return errors.guarded(work, debug=debug)


def _usage(error: click.ClickException) -> errors.CliError:
    context = getattr(error, "ctx", None)
    where = f" (see {context.command_path} --help)" if context is not None else ""
    return errors.CliError(f"{error.format_message()}{where}")
