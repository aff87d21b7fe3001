"""Which board ``--host`` means: an entry of [hosts] in config.toml, or what ssh itself knows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from jetbench.cli.errors import CliError
from jetbench.link.address import Address, parse
from jetbench.link.base import Link, LinkError, UnreachableError

if TYPE_CHECKING:
    from jetbench.link.ssh import Kept

T = TypeVar("T")


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

    def connect(options: tuple[str, ...]) -> Link:
        return SshLink(host.address, host.python, root, arguments, kept=kept, again=again, options=options)

    return _logged_in(host.address, connect)


def sessions(host: Host) -> list[dict[str, Any]]:
    """What the board keeps, the oldest first. Raises LinkError."""
    from jetbench.link.ssh import sessions as listed

    return _logged_in(host.address, lambda options: listed(host.address, host.python, options))


_LOGINS: dict[Address, tuple[str, ...]] = {}  # options of ssh, once somebody has answered what it asked


def _logged_in(address: Address, connect: Callable[[tuple[str, ...]], T]) -> T:
    """Without a question, and at a terminal once more with ssh asking what it has to."""
    try:
        return connect(_LOGINS.get(address, ()))
    except UnreachableError as error:
        if not error.can_ask or address in _LOGINS or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
    from jetbench.link.ssh_login import log_in

    _LOGINS[address] = log_in(address)
    return connect(_LOGINS[address])
