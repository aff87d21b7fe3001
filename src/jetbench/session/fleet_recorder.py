"""The recording of a run of a fleet: one file, and what each board's session writes into it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jetbench.domain import events as ev
from jetbench.domain.fleet import Member
from jetbench.recording.fleet import MemberLine, fleet_header
from jetbench.recording.fleet_writer import FleetWriter
from jetbench.recording.folder import new_fleet_path as default_place
from jetbench.recording.format import RecordingError
from jetbench.recording.packing import put_away, to_write
from jetbench.session.recorder import SessionRecorder

Brief = Callable[[], Mapping[str, Any]]


class FleetRecorder:
    """Any thread. A file from ``begin`` to ``finish``; one in which no board began its run is none, and goes."""

    def __init__(self, members: Sequence[Member], new_path: Callable[[], Path], command: tuple[str, ...]) -> None:
        self.members = tuple(members)
        self.new_path = new_path
        self._command = command
        self._lock = threading.Lock()
        self._writer: FleetWriter | None = None
        self._packed: Path | None = None  # what the file becomes when it is closed
        self._boards: list[BoardRecorder] = []
        self._size = 0
        self.path: Path | None = None
        self.ended: str | None = None

    def begin(self, plan: Mapping[str, Any]) -> None:
        """A new file. Raises RuntimeError as ``SessionRecorder.begin`` does."""
        self.path = self.ended = self._packed = None
        self._boards = []
        try:
            plain, packed = to_write(self.new_path())
            self._writer = FleetWriter(plain, fleet_header(self.members, plan, self._command), on_end=self._over)
        except RecordingError as error:
            if self.new_path is not default_place:
                raise RuntimeError(str(error)) from error
            self.ended = str(error)
        else:
            self.path, self._packed = plain, packed

    def board(self, number: int, on_end: Callable[[str], None], brief: Brief) -> BoardRecorder:
        """What the session of a board records with."""
        return BoardRecorder(self, number, self._command, on_end, brief)

    def opened(self, board: BoardRecorder) -> FleetWriter | None:
        """For a board whose run begins. None: there is no file, and ``ended`` says why."""
        with self._lock:
            if self._writer is None and self.ended is None:
                raise RecordingError("a run that the fleet did not begin is not recorded here: jetbench-tui attach")
            if board not in self._boards:
                self._boards.append(board)
            return self._writer

    def member(self, number: int, state: str, trouble: str | None) -> None:
        writer = self._writer
        if writer is not None:
            writer.member(MemberLine(number, time.monotonic_ns(), state, trouble))

    @property
    def size(self) -> int:
        writer = self._writer
        return writer.size if writer is not None else self._size

    def finish(self) -> str | None:
        """Close the file. Returns why it could not be packed, if so."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is None:
            return None
        writer.close()
        self._size = writer.size
        problem = self._put_away(writer)
        for board in self._boards:
            board.path = self.path
        return problem

    def _put_away(self, writer: FleetWriter) -> str | None:
        if not any(board.holds_run for board in self._boards):
            writer.path.unlink(missing_ok=True)
            self.path = None
        elif self._packed is not None and writer.ended is None:
            problem = put_away(writer.path, self._packed)
            if problem is not None:
                return problem
            self.path, self._size = self._packed, self._packed.stat().st_size
        return None

    def _over(self, reason: str) -> None:
        self.ended = reason
        for board in tuple(self._boards):
            board.over(reason)


class BoardRecorder(SessionRecorder):
    """The recording of a board's session as a part of its fleet's."""

    def __init__(
        self,
        fleet: FleetRecorder,
        number: int,
        command: tuple[str, ...],
        on_end: Callable[[str], None],
        brief: Brief,
    ) -> None:
        super().__init__(fleet.new_path, command, on_end, brief)
        self._fleet = fleet
        self._number = number

    def _open(self, first: ev.Header) -> None:
        writer = self._fleet.opened(self)
        if writer is None:
            self.ended = self._fleet.ended
        else:
            self._writer, self.path = writer.board(self._number, first, self._brief), writer.path

    def finish(self) -> str | None:
        """The file goes on with the other boards."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        return None

    def over(self, reason: str) -> None:
        """The file ended early."""
        self._over(reason)

    @property
    def size(self) -> int:
        return self._fleet.size
