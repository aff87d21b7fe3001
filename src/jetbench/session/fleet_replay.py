"""A recorded fleet in the place of one that measures: all boards on the clock of the machine that recorded them."""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.recording import format as formats
from jetbench.recording.fleet import FleetHeader, Split
from jetbench.session.fleet_load import at_the_end, split, told
from jetbench.session.fleet_snapshot import BoardState, FleetSnapshot, status_of
from jetbench.session.playhead import Span
from jetbench.session.replay import ONLY_READ, ReplaySession
from jetbench.session.snapshot import Snapshot
from jetbench.session.timeline import Moment


class FleetReplay:
    """As ``FleetSession``, of a file. Raises RecordingError where it is no recording of a fleet.

    Times are nanoseconds on the clock of the machine that recorded; the first moment of ``span`` is the begin.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with tempfile.TemporaryDirectory(prefix="jetbench-fleet-") as folder:
            found = split(path, Path(folder))
            self._header = found.header
            self._boards = tuple(
                _Recorded(found, number, Path(folder), path) for number in range(len(found.header.members))
            )
        left_out = [found.damage.text(), *(board.damage for board in self._boards)]
        self.damage = "; ".join(text for text in left_out if text) or None
        self.members = found.header.members
        self._end = self._at(None)

    @property
    def is_replay(self) -> bool:
        return True

    @property
    def header(self) -> FleetHeader:
        return self._header

    @property
    def recording(self) -> Path:
        return self._path

    def snapshot(self) -> FleetSnapshot:
        """The fleet at its end."""
        return self._end

    def span(self) -> Span:
        return Span(self._header.t, max(self._header.t, *(board.end for board in self._boards)))

    def look(self, t: int) -> FleetSnapshot:
        """As it was at a moment."""
        return self._end if t >= self.span().end else self._at(t)

    def moments(self) -> tuple[Moment, ...]:
        """What happened when: a board is in another state, is lost, throttles."""
        found = [moment for board in self._boards for moment in board.moments()]
        return tuple(sorted(found, key=lambda moment: moment.t))

    def _at(self, t: int | None) -> FleetSnapshot:
        boards = tuple(board.at(t) for board in self._boards)
        now = self.span().end if t is None else t
        path, size = str(self._path), self._path.stat().st_size
        return FleetSnapshot(boards, status_of(boards, True, False), path, now, self._header.t, size)

    def session(self, name: str) -> ReplaySession:
        """One board, to look at it closely. Raises KeyError."""
        for board in self._boards:
            if board.member.name == name:
                return board.session
        raise KeyError(name)

    def begin(self) -> None:
        """Nothing was put off."""

    def run(self, plan: Plan) -> None:
        raise RuntimeError(ONLY_READ)

    def stop(self, force: bool = False) -> None:
        """Nothing goes on."""

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Nothing went on."""

    def leave(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing is open."""


class _Recorded:
    """One board of the file. ``ahead``: its clock less that of the machine that recorded, ns."""

    def __init__(self, of: Split, number: int, folder: Path, path: Path) -> None:
        self.member = of.header.members[number]
        self._said = [line for line in of.said if line.b == number]
        self._times = [line.t for line in self._said]
        own = of.files[number]
        self.session = ReplaySession(own if own is not None else _nothing(of.header, folder / f"-{number}"), path)
        self.damage = f"{self.member.name}: {self.session.damage}" if self.session.damage else None
        self.ahead, self._begin = self.session.read(lambda state: _clock(of.header, state.remote, state.header))
        last = self.session.read(lambda state: state.t) - self.ahead if own is not None else 0
        self.end = max([last, *self._times])

    def at(self, t: int | None) -> BoardState:
        """``t`` None: at the end."""
        if t is None:
            return self._last()
        place = bisect_right(self._times, t)
        state, trouble = told(self._said[:place])
        taken = self.session.glance(t + self.ahead) if t + self.ahead >= self._begin else Snapshot()
        return BoardState(self.member, state, trouble, taken)

    def moments(self) -> Iterator[Moment]:
        for line in self._said:
            kind = "fault" if line.state in ("lost", "failed") else "board"
            yield Moment(line.t, kind, text=f"{self.member.name} {line.state}")
        for moment in self.session.snapshot().moments:
            if moment.kind == "throttle" and moment.text:
                yield Moment(moment.t - self.ahead, "throttle", text=f"{self.member.name}, {moment.text}")

    def _last(self) -> BoardState:
        state, trouble = at_the_end(self._said)
        taken = self.session.snapshot()
        return BoardState(self.member, state, trouble, taken if taken.board is not None else Snapshot())


def _clock(fleet: FleetHeader, remote: ev.Remote | None, header: ev.Header | None) -> tuple[int, int]:
    """What a board's clock is ahead by, and when its recording begins, on its own clock."""
    if header is None:
        return 0, 0
    if remote is not None:
        return remote.offset_ns, header.t
    return header.t - (fleet.t + header.wall_ns - fleet.wall_ns), header.t


def _nothing(fleet: FleetHeader, path: Path) -> Path:
    """The recording of a board that was never reached: a header and nothing else."""
    first = formats.header(board=None, t=fleet.t, wall_ns=fleet.wall_ns)
    path.write_bytes(ev.encode(first) + b"\n")
    return path
