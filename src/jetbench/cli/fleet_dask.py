"""The boards that ``--dask`` means: workers of a scheduler that declare the resource ``bench``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetbench.cli.errors import WRONG_INPUT, CliError
from jetbench.domain.fleet import Member
from jetbench.link.base import Link, LinkError

if TYPE_CHECKING:  # takes a second to import, and is an extra
    from jetbench.link.dask import Cluster

_REACHED: dict[str, Cluster] = {}  # by the address of a worker: the cluster it was found in


def workers(scheduler: str) -> tuple[Member, ...]:
    """Raises CliError."""
    try:
        from jetbench.link.dask import Cluster
    except ImportError as error:
        hint = "pip install 'jetbench-tui[fleet]', here and on the boards"
        raise CliError(f"--dask needs Dask distributed: {error}", WRONG_INPUT, hint) from error
    try:
        cluster = Cluster(scheduler)
        found = cluster.workers()
    except LinkError as error:
        from jetbench.cli.session import link_error

        raise link_error(error) from error
    _REACHED.update({member.address: cluster for member in found})
    return found


def link(member: Member) -> Link:
    """An agent on that worker. Raises LinkError."""
    from jetbench.link.dask_link import DaskLink

    return DaskLink(_REACHED[member.address], member)
