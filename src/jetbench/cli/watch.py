"""What a run calls on its way, and the options that make it more than nothing: --against FILE."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from jetbench.domain.plan import Plan

if TYPE_CHECKING:
    from jetbench.session.worker import SessionWorker

F = TypeVar("F", bound=Callable[..., Any])

THRESHOLD = "5%"
_OPTIONS = (
    click.option(
        "--against",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="A recording: each case is better, same or worse than there; status 1 where one is worse.",
    ),
    click.option("--threshold", metavar=THRESHOLD, help=f"With --against: by how much. Default: {THRESHOLD}."),
    click.option("--anyway", is_flag=True, help="With --against: although another board, torch, ... measured it."),
)


def options(command: F) -> F:
    return functools.reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def watch(given: Mapping[str, Any], plan: Plan) -> Watch:
    """What --against asks for. Raises CliError where the file has nothing to compare with."""
    if given["against"] is None:
        for name in ("threshold", "anyway"):
            if given[name]:
                raise click.UsageError(f"--{name} needs --against.")
        return Watch()
    from jetbench.cli.against import against  # with all of the analysis: not for a run that compares nothing

    return against(given, plan)


class Watch:
    """What a run calls on its way. This one compares nothing."""

    @property
    def regressed(self) -> bool:
        return False

    def begin(self, worker: SessionWorker, plan: Plan) -> None:
        """Before the first case. Raises CliError where nothing may be measured."""

    def update(self, worker: SessionWorker, stream: IO[str]) -> None:
        """While it goes on, after the line of progress."""

    def finish(self, worker: SessionWorker, stream: IO[str]) -> None:
        """When it is over."""

    def document(self) -> dict[str, Any]:
        """What is added to the results document."""
        return {}

    def print_summary(self, stream: IO[str]) -> None:
        """Below the table."""
