"""What a run that goes on with another agent has to tell: where its parts begin, and which case was cut."""

from __future__ import annotations

import time
from collections.abc import Iterator

from jetbench.domain import events as ev
from jetbench.link.dask_course import MOST_ATTEMPTS, Course
from jetbench.recording import format as recording
from jetbench.recording.axis import Axis

MOST_LOSSES = 3  # of an agent, one after the other and no case ended between them


class Parts:
    """``t``: now, on the clock of the first agent; ``boot``: what that clock counts from."""

    def __init__(self, t: int, boot: str | None) -> None:
        self._axis = Axis()
        self._axis.place(recording.header(board=None, t=t, wall_ns=time.time_ns(), boot=boot))
        self._newest = t  # time stamp of the stream, on that clock
        self._number = 0
        self.losses = 0
        self.since: float | None = None  # when the agent was lost that another one follows

    def saw(self, t: int) -> None:
        if t:
            self._newest = max(self._newest, t + self._axis.shift)

    def lost(self) -> None:
        self.losses += 1
        self.since = time.monotonic()

    def begin(self, board: bytes, now: int, boot: str | None) -> bytes:
        """In place of the board that the next agent tells of: the line that begins its part."""
        self._number += 1
        told = ev.decode(board)
        assert isinstance(told, ev.Board)
        part = recording.part(
            number=self._number, after=self._newest, board=told, t=now, wall_ns=time.time_ns(), boot=boot
        )
        self._axis.enter(part)
        return ev.encode(part)

    def blame(self, course: Course | None, now: int, why: str) -> Iterator[bytes]:
        """What becomes of the case that was being measured: it is measured anew, once; then it has failed."""
        turn = course.cut() if course is not None else None
        if course is None or turn is None:
            return
        case, round_ = turn
        if course.attempts(turn) < MOST_ATTEMPTS:
            text = f"case {case + 1} was cut in its attempt {course.attempts(turn)}, and is measured anew"
            yield ev.encode(ev.Log(t=now, level="warning", source="link", text=text))
            return
        course.ended(turn, "failed")
        error = f"{why}, for the second time while it was measured"
        yield ev.encode(ev.CaseEnd(t=now, c=case, r=round_, status="failed", error=error, cause="killed"))
