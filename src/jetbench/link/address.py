"""Names of boards as ssh knows them: [user@]host[:port], or a Host of ~/.ssh/config.

Whatever could be read as an option, or mean something to a shell, is refused here.
"""

from __future__ import annotations

import re

import msgspec

from jetbench.link.base import LinkError

MOST = 255  # characters
_USER = r"[A-Za-z0-9_][A-Za-z0-9_.+-]*"
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_IPV6 = r"\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?\]"
_ADDRESS = re.compile(rf"(?:({_USER})@)?({_NAME}|{_IPV6})(?::([0-9]{{1,5}}))?\Z")


class Address(msgspec.Struct, frozen=True):
    host: str
    user: str | None = None
    port: int | None = None  # None: as ~/.ssh/config says, or 22

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{user}{host}" + (f":{self.port}" if self.port else "")

    def command(self, program: str = "ssh") -> str:
        """As a person types it."""
        port = f" -p {self.port}" if self.port else ""
        return f"{program}{port} " + (f"{self.user}@" if self.user else "") + self.host

    @property
    def known_as(self) -> str:
        """Its name in known_hosts."""
        return f"'[{self.host}]:{self.port}'" if self.port and self.port != 22 else self.host

    def arguments(self) -> list[str]:
        """For ssh; the last one is the host."""
        port = ["-p", str(self.port)] if self.port else []
        user = ["-l", self.user] if self.user else []
        return [*port, *user, "--", self.host]


def parse(text: str) -> Address:
    """Raises LinkError, one line, for what is no name of a host."""
    found = _ADDRESS.match(text) if len(text) <= MOST else None
    if found is None:
        raise LinkError(f"--host {text[:60]!r}: a board is named HOST, USER@HOST or USER@HOST:PORT, [::1] for IPv6")
    user, host, port = found.groups()
    if port is not None and not 0 < int(port) < 65536:
        raise LinkError(f"--host {text[:60]!r}: {port} is no port")
    return Address(host.strip("[]"), user, int(port) if port else None)
