"""A session whose agent starts already, and whose code is imported once the screen stands."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetbench.domain.plan import Plan
from jetbench.session import model_cache
from jetbench.session.playhead import Span
from jetbench.session.snapshot import Snapshot

if TYPE_CHECKING:
    from jetbench.session.state import SessionState
    from jetbench.session.worker import SessionWorker


class LateSession:
    """``make`` gives the session, which is started then; ``executable`` is the interpreter that measures; ``abandon``
    ends the agent where there never was one.

    Any thread may call anything. Until ``begin`` there is a picture with the models that were offered the last time;
    whatever needs more begins it.
    """

    def __init__(self, make: Callable[[], SessionWorker], executable: str, abandon: Callable[[], None]) -> None:
        self._make = make
        self._abandon = abandon
        self._lock = threading.Lock()
        self._worker: SessionWorker | None = None
        self._closed = False
        self._first = Snapshot(models=model_cache.load(executable))

    def begin(self) -> None:
        self._begun()

    def _begun(self) -> SessionWorker:
        with self._lock:
            if self._worker is None:
                if self._closed:
                    raise RuntimeError("the session is over")
                worker = self._make()
                worker.start()
                self._worker = worker
            return self._worker

    @property
    def recording(self) -> Path | None:
        return self._worker.recording if self._worker is not None else None

    @property
    def left(self) -> bool:
        """It ends with the screen: only what goes on on a board elsewhere is left."""
        return False

    def trouble(self) -> str | None:
        """No line is needed to this machine."""
        return None

    @property
    def is_replay(self) -> bool:
        return False

    def snapshot(self) -> Snapshot:
        return self._worker.snapshot() if self._worker is not None else self._first

    def span(self) -> Span:
        return self._worker.span() if self._worker is not None else Span(0, 0)

    def look(self, t: int) -> Snapshot:
        return self._worker.look(t) if self._worker is not None else self._first

    def read(self, function: Callable[[SessionState], Any]) -> Any:
        if self._worker is not None:
            return self._worker.read(function)
        from jetbench.session.state import SessionState

        return function(SessionState())

    def run(self, plan: Plan) -> None:
        self._begun().run(plan)

    def stop(self, force: bool = False) -> None:
        if self._worker is not None:
            self._worker.stop(force)

    def mark(self, text: str = "", at: int | None = None) -> None:
        self._begun().mark(text, at)

    def request_models(self) -> None:
        self._begun().request_models()

    def request_settings(self) -> None:
        self._begun().request_settings()

    def hold(self) -> bool:
        return self._worker.hold() if self._worker is not None else True

    def release(self) -> None:
        if self._worker is not None:
            self._worker.release()

    def leave(self) -> bool:
        return self._worker.leave() if self._worker is not None else False

    def close(self) -> None:
        with self._lock:
            self._closed = True
        if self._worker is not None:
            self._worker.close()
        else:
            self._abandon()
