"""Which boards make a fleet: those that --host names, or those of the plan; and how each is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from jetbench.cli import hosts
from jetbench.cli.errors import CliError
from jetbench.cli.options import dask_of, hosts_of, inherited, plug_address, sensor_arguments, simulated_board
from jetbench.domain.fleet import Member, checked
from jetbench.domain.plan import Plan
from jetbench.domain.plan_boards import HERE, METERS, PlanBoard
from jetbench.domain.text import printable
from jetbench.link.base import Link

_READINGS = ("--simulate=", *(f"--{name.replace('_', '-')}=" for name in METERS))


class Shared(msgspec.Struct, frozen=True):
    """What the command line says for all boards that do not say it themselves."""

    python: str | None = None
    root: str | None = None
    sensors: tuple[str, ...] = ()


def asked_for(ctx: click.Context, options: dict[str, Any], plan: Plan) -> tuple[Member, ...]:
    """The boards of a fleet; none where one board, or this machine, is measured as ever. Raises CliError."""
    names, scheduler = hosts_of(ctx, options), dask_of(ctx, options)
    known = {name for board in plan.boards for name in (board.host, board.title)}
    if len(names) < 2 and not (plan.boards and known.issuperset(names)) and scheduler is None:
        return ()
    shared = Shared(*inherited(ctx, options), sensor_arguments(options, ctx))
    return members(names, plan.boards, shared, workers_of(scheduler))


def workers_of(scheduler: str | None) -> tuple[Member, ...]:
    """What ``--dask`` adds. Raises CliError."""
    if scheduler is None:
        return ()
    from jetbench.cli.fleet_dask import workers

    return workers(scheduler)


def members(
    names: Sequence[str], boards: Sequence[PlanBoard], shared: Shared, workers: Sequence[Member] = ()
) -> tuple[Member, ...]:
    """``names`` go before the boards of the plan; one that the plan has is as it says. Raises CliError.

    ``workers`` of Dask are reached by it: those the plan names, or all where it names no board.
    """
    by_name = {known: board for board in boards for known in (board.host, board.title)}
    wanted = [by_name.get(name) or PlanBoard(host=name) for name in names] or list(boards)
    if not boards:
        wanted = [*(PlanBoard(host=worker.name) for worker in workers if worker.name not in names), *wanted]
    by_dask = {worker.name: worker for worker in workers}
    plugs = [word for word in shared.sensors if word.startswith("--power-url=")]
    if plugs and len([board for board in wanted if not _has_own(board)]) > 1:
        raise CliError("--power-url: one plug tells one board's watts; name each board's own in the plan ([[boards]])")
    try:
        return checked([_member(board, shared, by_dask.get(board.host)) for board in wanted])
    except ValueError as error:
        raise CliError(printable(str(error), 300)) from error


def _member(board: PlanBoard, shared: Shared, worker: Member | None = None) -> Member:
    for name, check in (("simulate", simulated_board), ("power_url", plug_address)):
        try:
            check(getattr(board, name))
        except click.BadParameter as error:
            raise CliError(f"boards: {printable(board.title, 60)}: {name}: {error.message}") from error
    address, python = "", board.python or shared.python
    if worker is not None:
        address = worker.address
    elif board.host != HERE:
        host = hosts.find(board.host, python)
        address, python = str(host.address), host.python
    sensors = shared.sensors
    if _has_own(board):  # in place of what is said for all
        sensors = (*(word for word in sensors if not word.startswith(_READINGS)), *board.sensors)
    root = board.root or (None if board.simulate else shared.root)
    return Member(
        name=board.name or ("here" if board.host == HERE else board.host),
        kind="dask" if worker is not None else "local" if board.host == HERE else "ssh",
        address=address,
        python=python,
        power_group=board.power_group,
        root=root,
        sensors=sensors,
    )


def _has_own(board: PlanBoard) -> bool:
    return bool(board.sensors)


def link(member: Member) -> Link:
    """An agent on that board, without a question: several boards ask at once. Raises LinkError."""
    return _LINKS[member.kind](member)


def _ssh(member: Member) -> Link:
    from jetbench.link.address import parse
    from jetbench.link.ssh import SshLink

    return SshLink(parse(member.address), member.python, member.root, member.sensors)


def _local(member: Member) -> Link:
    from jetbench.link.local import LocalLink

    return LocalLink(member.python, Path(member.root) if member.root else None, member.sensors)


def _dask(member: Member) -> Link:
    from jetbench.cli.fleet_dask import link

    return link(member)


_LINKS: dict[str, Callable[[Member], Link]] = {"ssh": _ssh, "local": _local, "dask": _dask}
