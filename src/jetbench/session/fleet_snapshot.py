"""The immutable picture of a fleet that views draw."""

from __future__ import annotations

from typing import Literal

import msgspec

from jetbench.domain.fleet import Member
from jetbench.session.snapshot import Snapshot

State = Literal["connecting", "idle", "waiting", "running", "done", "interrupted", "failed", "lost"]
OVER: tuple[State, ...] = ("done", "interrupted", "failed", "lost")


class BoardState(msgspec.Struct, frozen=True):
    """One board. ``idle``: reached, and nothing was asked of it; ``waiting``: another one of its power group runs.

    ``done`` says that its run came to its end, not that every case could be measured: that is in the cases.
    ``failed``: it answered, and could not carry out the run; ``lost``: it did not answer, or ended in the middle.
    """

    member: Member
    state: State = "connecting"
    trouble: str | None = (
        None  # one line: why lost or failed, for whom it waits, or what is wrong with its line just now
    )
    snapshot: Snapshot = Snapshot()  # a glance of a single board; an empty one before it answered

    @property
    def over(self) -> bool:
        """Whether nothing more comes of this run."""
        return self.state in OVER


class FleetSnapshot(msgspec.Struct, frozen=True):
    """All boards, in the order of the fleet."""

    boards: tuple[BoardState, ...] = ()
    status: str = "connecting"  # as of one board: connecting idle running stopping done interrupted failed lost
    recording: str | None = None  # path of the one file, while it is written or was
    t: int = 0  # our CLOCK_MONOTONIC, ns; each board's snapshot is on that board's own
    t_start: int | None = None  # begin of the run, on the same clock
    recording_bytes: int = 0
    recording_ended: str | None = None  # why it ended early (disk full, folder gone)

    def board(self, name: str) -> BoardState:
        """Raises KeyError."""
        for found in self.boards:
            if found.member.name == name:
                return found
        raise KeyError(name)


def status_of(boards: tuple[BoardState, ...], begun: bool, stopping: bool) -> str:
    """Of the whole fleet: ``begun`` says that a run was asked for, ``stopping`` that its end was."""
    states = [board.state for board in boards]
    if not begun:
        return "connecting" if "connecting" in states else "lost" if set(states) == {"lost"} else "idle"
    if not all(board.over for board in boards):
        return "stopping" if stopping else "running"
    for worst in ("interrupted", "done", "failed"):
        if worst in states:
            return worst
    return "lost"
