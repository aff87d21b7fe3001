"""The recordings of a session: one file a run, with what a file begun later must still hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from jetbench.domain import events as ev
from jetbench.recording.folder import new_path as default_place
from jetbench.recording.format import RecordingError, header, part
from jetbench.recording.packing import put_away, to_write

_OFTEN = (ev.Telemetry, ev.Latency)
HERE: Mapping[str, Any] = {}  # the board's clock is ours


class Writer(Protocol):
    """Where the lines of a session go: a file of its own, or its end of one that it shares."""

    @property
    def path(self) -> Path: ...

    @property
    def ended(self) -> str | None: ...

    @property
    def size(self) -> int: ...

    def write(self, *lines: bytes) -> None: ...

    def close(self) -> None: ...


class SessionRecorder:
    """Called with the session's lock held, but for ``finish``. ``on_end`` hears why a file ended early.

    Callbacks run in the recorder's thread and must not wait for that lock.
    """

    def __init__(
        self,
        new_path: Callable[[], Path],
        command: tuple[str, ...],
        on_end: Callable[[str], None],
        brief: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._new_path = new_path
        self._command = command
        self._on_end = on_end
        self._brief = brief
        self._writer: Writer | None = None
        self._software: list[bytes] = []  # and the stages all cases share: said once an agent
        self._throttle: bytes | None = None
        self._remote: bytes | None = None
        self._holds_run = False
        self._packed: Path | None = None  # what the file becomes when it is closed
        self.path: Path | None = None
        self.ended: str | None = None
        self._size = 0

    def begin(self, board: ev.Board, plan: Mapping[str, Any], clock: Mapping[str, Any] = HERE) -> ev.Header:
        """A new file; returns its first line. Raises RuntimeError with one line when none can be made.

        In the default place, which nobody named, that is no reason not to measure: ``ended`` says that nothing is
        recorded, and why. ``clock``: of a board that is another machine, as ``header`` takes it.
        """
        first = header(board=board, plan=plan, command=self._command, **clock)
        self.path = self.ended = self._packed = None
        self._holds_run = False
        try:
            self._open(first)
        except RecordingError as error:
            if self._new_path is not default_place:
                raise RuntimeError(str(error)) from error
            self._over(str(error))
        self._write_said()
        return first

    def resume(
        self, path: Path, board: ev.Board, number: int, after: int, clock: Mapping[str, Any] = HERE
    ) -> list[bytes]:
        """Goes on with a file; returns the lines it has written. Raises RuntimeError as ``begin`` does.

        ``number`` is that of the part, ``after`` the newest time stamp in the file, on its own axis.
        """
        first = part(number=number, after=after, board=board, command=self._command, **clock)
        self.ended = self._packed = None
        self._holds_run = True
        try:
            from jetbench.recording.writer import RecordingWriter

            self._writer = RecordingWriter(path, first, on_end=self._over, brief=self._brief)
        except RecordingError as error:
            raise RuntimeError(str(error)) from error
        self.path = self._writer.path
        return [ev.encode(first), *self._write_said()]

    def _open(self, first: ev.Header) -> None:
        plain, packed = to_write(self._new_path())
        from jetbench.recording.writer import RecordingWriter

        self._writer = RecordingWriter(plain, first, on_end=self._over, brief=self._brief)
        self.path, self._packed = plain, packed

    def _write_said(self) -> list[bytes]:
        """What the agent said before the file was there."""
        said = [line for line in (self._remote, *self._software, self._throttle) if line]
        if self._writer is not None:
            for line in said:
                self._writer.write(line)
        return said

    def take_often(self, lines: Sequence[bytes]) -> None:
        """Readings and passes, as they came: most of the lines of a session."""
        if self._writer is not None and lines:
            self._writer.write(*lines)

    def take(self, event: ev.AnyEvent, line: bytes) -> None:
        """One line of the stream, as it came. The list of models is no part of a session."""
        if isinstance(event, _OFTEN):
            self.take_often([line])
            return
        if isinstance(event, ev.Part):
            self._software.clear()  # of the agent that was there before
        elif isinstance(event, ev.Throttle):
            self._throttle = line
        elif isinstance(event, ev.Remote):
            self._remote = line
        elif isinstance(event, ev.Software) or (isinstance(event, ev.Stage) and event.c is None):
            self._software.append(line)
        elif isinstance(event, ev.RunStart):
            self._holds_run = True
        if self._writer is not None and not isinstance(event, ev.Models | ev.PackFile | ev.Ready | ev.Board):
            self._writer.write(line)

    @property
    def holds_run(self) -> bool:
        """Whether the file that is open, or was last, holds the begin of a run."""
        return self._holds_run

    @property
    def size(self) -> int:
        return self._writer.size if self._writer is not None else self._size

    def finish(self) -> str | None:
        """Close the file; one that holds no run is no session and goes. Returns why it could not be packed, if so."""
        writer, self._writer = self._writer, None
        if writer is None:
            return None
        writer.close()
        self._size = writer.size
        if not self._holds_run:
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
        self._on_end(reason)
