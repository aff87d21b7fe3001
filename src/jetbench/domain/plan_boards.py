"""``[[boards]]`` of a plan: on which boards it is carried out, where that is not this machine alone."""

from __future__ import annotations

import msgspec

from jetbench.domain.fleet import MOST
from jetbench.domain.text import printable

HERE = "."  # in the place of a host: this machine
METERS = ("power_cmd", "power_url", "power_rail")


class PlanBoard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is not said is as the command line has it for all."""

    host: str  # as --host takes it
    name: str | None = None  # in tables and on the screen; None: its host
    power_group: str | None = None  # boards of one group never run at once: they share a supply
    python: str | None = None  # the interpreter that measures, there
    root: str | None = None
    simulate: str | None = None
    power_cmd: str | None = None  # its own meter
    power_url: str | None = None
    power_rail: str | None = None

    @property
    def title(self) -> str:
        return self.name or self.host

    @property
    def sensors(self) -> tuple[str, ...]:
        """Options of its agent."""
        told = ((name, getattr(self, name)) for name in ("simulate", *METERS))
        return tuple(f"--{name.replace('_', '-')}={value}" for name, value in told if value is not None)


def check(boards: tuple[PlanBoard, ...]) -> None:
    """Raises ValueError, one line, for what is no fleet."""
    if len(boards) > MOST:
        raise ValueError(f"{len(boards)} boards; a fleet has at most {MOST}")
    titles = [board.title for board in boards]
    for board in boards:
        shown = printable(board.title, 60)
        for name in board.__struct_fields__:
            value = getattr(board, name)
            if value is not None and (not value.strip() or printable(value, 4000) != value):
                raise ValueError(f"{shown!r}: {name} is empty or holds what cannot be shown")
        if len(board.title) > 80 or len(board.power_group or "") > 80:
            raise ValueError(f"{shown!r}: a name has at most 80 characters")
        if titles.count(board.title) > 1:
            raise ValueError(f"two are called {shown!r}: give one of them another name")
        if sum(getattr(board, name) is not None for name in METERS) > 1:
            raise ValueError(f"{shown!r}: power_cmd, power_url and power_rail exclude each other")
