"""A fleet: boards that carry out one plan, the question being which board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Kind = Literal["ssh", "dask", "local"]
MOST = 256  # boards of one fleet


class Member(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One board, and how it is reached. What ``python``, ``root`` and ``sensors`` name is there."""

    name: str  # as tables and the screen call it; no two of a fleet are alike
    kind: Kind = "ssh"
    address: str = ""  # as ssh takes it, or of a dask worker
    python: str | None = None  # the interpreter that measures; None: the board's own
    power_group: str | None = None  # boards on one supply: one of them runs at a time
    root: str | None = None
    sensors: tuple[str, ...] = ()  # further options of its agent: where readings come from

    @property
    def key(self) -> str:
        """Of what is cached of it."""
        return f"{self.address} {self.python or 'python3'}"


def checked(members: Sequence[Member]) -> tuple[Member, ...]:
    """Refuses what is no fleet. Raises ValueError with one line."""
    names = [member.name for member in members]
    if not names:
        raise ValueError("a fleet without a board")
    if len(names) > MOST:
        raise ValueError(f"{len(names)} boards; a fleet has at most {MOST}")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two boards are called {twice!r}: give one of them another name")
    return tuple(members)
