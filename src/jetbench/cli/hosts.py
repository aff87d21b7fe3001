"""Which board ``--host`` means: an entry of [hosts] in config.toml, or what ssh itself knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from jetbench.cli.errors import CliError
from jetbench.link.address import Address, parse
from jetbench.link.base import Link, LinkError

if TYPE_CHECKING:
    from jetbench.link.ssh import Kept


class Host(msgspec.Struct, frozen=True):
    address: Address
    python: str | None  # the interpreter that measures, there

    @property
    def key(self) -> str:
        """Of what is cached of it."""
        return f"{self.address} {self.python or 'python3'}"


def find(name: str, python: str | None) -> Host:
    """``python`` goes before what the config says. Raises CliError for what is no name of a host."""
    from jetbench.tui import config

    known = config.read().hosts.get(name)
    try:
        if known is None:
            return Host(parse(name), python)
        return Host(parse(known.address), python or known.python)
    except LinkError as error:
        where = f"[hosts] {name}: " if known is not None else ""
        raise CliError(f"{where}{error}") from error


def link(
    host: Host, root: str | None, arguments: tuple[str, ...], kept: Kept | None = None, *, again: bool = False
) -> Link:
    """An agent there, as of SshLink. Raises LinkError."""
    from jetbench.link.ssh import SshLink

    return SshLink(host.address, host.python, root, arguments, kept=kept, again=again)
