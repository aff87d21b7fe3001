"""jetbench-tui plan: a commented plan file, from the options that `run` takes; and the schema of plan files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from jetbench.cli.errors import CliError
from jetbench.cli.run import command as run_command
from jetbench.cli.run import plan_from
from jetbench.domain import plan_file as files
from jetbench.domain.plan import Plan, PlanError
from jetbench.domain.text import printable

DEFAULT = Path("plan.toml")
_OTHER_NAMES = ("batch", "size", "dtype", "plan_file")  # of batches, sizes, variants; the plan to begin with


@click.group("plan")
def command() -> None:
    """Plan files: what is measured, and how."""


def _init(plan_file: Path | None, output: Path, overwrite: bool, **options: Any) -> None:
    try:
        plan = plan_from(plan_file, options)
        if str(output) == "-":
            print(files.text(plan), end="")
            return
        files.write(plan, output, overwrite)
    except PlanError as error:
        raise CliError(printable(str(error), 500)) from error
    cases = len(plan.cases())
    print(f"plan  {printable(str(output), 500)}  {cases} case{'' if cases == 1 else 's'}")
    print(f"run   jetbench-tui run {printable(str(output), 500)}")


@command.command("schema")
def _schema() -> None:
    """The JSON schema of plan files: for an editor that completes TOML, or a program that writes it."""
    from jetbench.domain.plan_schema import document

    print(document(), end="")


def _of_run() -> list[click.Parameter]:
    """The options of `run` that are settings of a plan: one place says what they are."""
    names = {*Plan.__struct_fields__, *_OTHER_NAMES}
    return [option for option in run_command.params if option.name in names]


_OWN = (
    click.Option(
        ["-o", "--output"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        default=DEFAULT,
        show_default=True,
        help="The plan file; - is stdout.",
    ),
    click.Option(["--overwrite"], is_flag=True, help="Although FILE exists."),
)

command.add_command(
    click.Command(
        "init",
        params=[*_of_run(), *_OWN],
        callback=_init,
        help="Write a commented plan, from the options of `run` and a plan to begin with, if any.",
    )
)
