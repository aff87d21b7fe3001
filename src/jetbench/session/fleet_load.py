"""From the file of a fleet to the sessions of its boards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from jetbench.domain.fleet import Member
from jetbench.domain.text import printable
from jetbench.recording import fleet as fleets
from jetbench.recording.fleet import FleetHeader, MemberLine, Split
from jetbench.recording.format import RecordingError
from jetbench.session.fleet_snapshot import OVER, State
from jetbench.session.load import load
from jetbench.session.state import SessionState

ENDS_HERE = "the recording ends here"
_STATES: tuple[State, ...] = ("connecting", "idle", "waiting", "running", *OVER)


class Part(msgspec.Struct, frozen=True):
    """A board, how its run ended, and its session; None where it was never reached.

    ``recording``: a file of that session alone, where there is one.
    """

    member: Member
    state: State
    trouble: str | None = None
    session: SessionState | None = None
    recording: Path | None = None

    @property
    def name(self) -> str:
        return printable(self.member.name, 80)

    @property
    def ended(self) -> str | None:
        """How its run ended, in one line; None where that was in order."""
        if self.state == "done":
            return None
        return f"{self.state}: {self.trouble}" if self.trouble else self.state


class Loaded(msgspec.Struct, frozen=True):
    header: FleetHeader
    parts: tuple[Part, ...]
    damage: tuple[str, ...]  # what is left out, a line each


def load_fleet(path: Path, folder: Path) -> Loaded:
    """Every board's session; ``folder`` takes their recordings, one a board. Raises RecordingError."""
    found = split(path, folder)
    parts, damage = [], [found.damage.text()]
    for number, (member, own) in enumerate(zip(found.header.members, found.files, strict=True)):
        state, trouble = at_the_end([line for line in found.said if line.b == number])
        session = None
        if own is not None:
            session, left_out = load(own)
            told = left_out.text()
            damage.append(f"{printable(member.name, 80)}: {told}" if told is not None else None)
        parts.append(Part(member, state, trouble, session, own))
    return Loaded(found.header, tuple(parts), tuple(text for text in damage if text is not None))


def split(path: Path, folder: Path) -> Split:
    """As of recording.fleet; where there is no room to write, that is a RecordingError too."""
    try:
        return fleets.split(path, folder)
    except OSError as error:
        raise RecordingError(f"{printable(path)} cannot be taken apart: {error.strerror or error}") from error


def told(said: Sequence[MemberLine]) -> tuple[State, str | None]:
    """What the last of these lines says of a board."""
    if not said:
        return "connecting", None
    state: State = next((word for word in _STATES if word == said[-1].state), "connecting")
    return state, printable(said[-1].trouble, 300) if said[-1].trouble else None


def at_the_end(said: Sequence[MemberLine]) -> tuple[State, str | None]:
    """The same when the file is over: a board that was still at it was cut off with whoever recorded it."""
    state, trouble = told(said)
    return (state, trouble) if state in OVER else ("interrupted", trouble or ENDS_HERE)
