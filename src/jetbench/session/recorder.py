"""The recordings of a session: one file a run, with what a file begun later must still hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jetbench.domain import events as ev
from jetbench.recording.format import RecordingError, header
from jetbench.recording.writer import RecordingWriter


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
        self._writer: RecordingWriter | None = None
        self._software: list[bytes] = []  # and the stages all cases share: said once an agent
        self._throttle: bytes | None = None
        self._holds_run = False
        self.path: Path | None = None
        self.ended: str | None = None
        self._size = 0

    def begin(self, board: ev.Board, plan: Mapping[str, Any]) -> None:
        """A new file. Raises RuntimeError with one line when none can be made."""
        try:
            first = header(board=board, plan=plan, command=self._command)
            self._writer = RecordingWriter(self._new_path(), first, on_end=self._over, brief=self._brief)
        except RecordingError as error:
            raise RuntimeError(str(error)) from error
        self.path, self.ended, self._holds_run = self._writer.path, None, False
        for line in [*self._software, *([self._throttle] if self._throttle else [])]:
            self._writer.write(line)

    def take(self, event: ev.AnyEvent, line: bytes) -> None:
        """One line of the stream, as it came. The list of models is no part of a session."""
        if isinstance(event, ev.Throttle):
            self._throttle = line
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

    def finish(self) -> None:
        """Close the file; one that holds no run is no session and goes."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        writer.close()
        self._size = writer.size
        if not self._holds_run:
            writer.path.unlink(missing_ok=True)
            self.path = None

    def _over(self, reason: str) -> None:
        self.ended = reason
        self._on_end(reason)
