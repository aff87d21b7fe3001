"""What views are given of a live session: pictures of it, now and of earlier moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from jetbench.session import heap
from jetbench.session.gathered import Gathered
from jetbench.session.picture import glance, picture, span
from jetbench.session.playhead import Span
from jetbench.session.recorder import SessionRecorder
from jetbench.session.snapshot import Snapshot
from jetbench.session.state import SessionState

if TYPE_CHECKING:  # imported when it is called for: the first paint does without
    from jetbench.session.moment import Looker


class Showing:
    """Any thread may call. The lock is that of the session: no event is folded while a picture is taken."""

    def __init__(self, recorder: SessionRecorder) -> None:
        self._lock = Gathered(self._fold_often)
        self._state = SessionState()
        self._recorder = recorder
        self._looker: Looker | None = None
        self._trouble: str | None = None  # of the last picture
        self._tidied: int | None = None  # when it was, on the board's clock

    def _fold_often(self, lines: Sequence[bytes]) -> None:
        raise NotImplementedError

    def trouble(self) -> str | None:
        """What is wrong with the line to the board just now; of one that needs no line, nothing."""
        return None

    def snapshot(self) -> Snapshot:
        trouble = self.trouble()
        with self._lock:
            if trouble != self._trouble:
                self._trouble = trouble
                self._state.touch("status")
            self._state.tell_put_off()
            taken = picture(self._state)
        self._tidy(taken.t)
        return self._with_recording(taken)

    def _tidy(self, t: int) -> None:
        """Twice a minute, and not while the first pictures are awaited."""
        if self._tidied is None:
            self._tidied = t
        elif t - self._tidied > heap.PERIOD_NS:
            self._tidied = t
            heap.give_back()

    def glance(self) -> Snapshot:
        """As ``snapshot``, without what is drawn over time; readings may be of a moment before."""
        trouble = self.trouble()
        self._lock.catch_up_if_due()
        with self._lock.plain:
            return glance(self._state, trouble)

    def _with_recording(self, taken: Snapshot) -> Snapshot:
        made = self._recorder
        path = str(made.path) if made.path else None
        told = {"recording": path, "recording_bytes": made.size, "recording_ended": made.ended}
        return replace(taken, trouble=self._trouble, **told)

    def look(self, t: int) -> Snapshot:
        """The picture of an earlier moment; the run goes on meanwhile."""
        from jetbench.session.moment import Looker

        live = self.snapshot()
        with self._lock:
            self._looker = self._looker or Looker()
            taken = self._looker.at(self._state, live, t)
        return live if taken is live else self._with_recording(taken)

    def span(self) -> Span:
        """What there is to look at."""
        with self._lock:
            return span(self._state)

    def read(self, function: Callable[[SessionState], Any]) -> Any:
        """``function(state)`` while no event is folded: for tables and documents."""
        with self._lock:
            return function(self._state)

    @property
    def is_replay(self) -> bool:
        return False

    @property
    def recording(self) -> Path | None:
        return self._recorder.path
