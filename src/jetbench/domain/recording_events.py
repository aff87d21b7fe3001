"""Events that only a recording holds: how it begins, its parts, its checkpoints."""

from __future__ import annotations

from typing import Any

from jetbench.domain.board_events import Board
from jetbench.domain.event_base import Event
from jetbench.domain.plan_events import Protocol


class Header(Event, tag="header", frozen=True):
    """First line of a recording."""

    format: str = ""
    version: int = 0
    jetbench: str = ""
    created: str = ""  # ISO 8601, UTC
    wall_ns: int = 0  # wall clock at ``t``
    command: tuple[str, ...] = ()
    plan: dict[str, Any] = {}
    board: Board | None = None
    boot: str | None = None  # id of the boot that ``t`` counts from


class Part(Event, tag="part", frozen=True):
    """A later part of a session: what follows was written by another process, on a clock of its own if it started anew.

    ``wall_ns`` and ``t`` are a clock pair, as in the header.
    """

    number: int = 1  # 1: the first that was resumed
    after: int = 0  # t of the newest event before it, on the clock of the header
    jetbench: str = ""
    created: str = ""
    wall_ns: int = 0
    command: tuple[str, ...] = ()
    board: Board | None = None
    boot: str | None = None


class Resume(Event, tag="resume", frozen=True):
    """The run goes on; in place of a second ``run``. What it measures is measured anew, as if never begun."""

    left: tuple[tuple[int, ...], ...] = ()  # a row a round: case ids in the order they are run
    protocol: Protocol = Protocol()


class Checkpoint(Event, tag="checkpoint", frozen=True):
    """State in brief, and where the earlier checkpoints begin."""

    events: int = 0
    offsets: tuple[int, ...] = ()
    brief: dict[str, Any] = {}
    marks: int | None = None  # lines before it that a person jumps to
    parts: tuple[int, ...] = ()  # where later parts of the session begin


class Mark(Event, tag="mark", frozen=True):
    """A moment the person watching wanted to find again."""

    at: int | None = None  # where it is earlier than ``t``, when the key was pressed
    text: str = ""
