"""A recording in the place of a live session: the same pictures, of any moment, and nothing can be measured in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from jetbench.domain.plan import Plan
from jetbench.session.load import load
from jetbench.session.moment import Looker
from jetbench.session.picture import picture, span
from jetbench.session.playhead import Span
from jetbench.session.snapshot import Snapshot
from jetbench.session.state import SessionState

ONLY_READ = "this is a recording: nothing is measured in it"


class ReplaySession:
    """Read once, whole. Raises RecordingError where the file is no recording; ``damage`` says what is left out.

    ``shown``: the file that it was taken out of.
    """

    def __init__(self, path: Path, shown: Path | None = None) -> None:
        self._path = shown or path
        self._state, damage = load(path, whole=True)
        self.damage = damage.text()
        self._looker = Looker()
        taken = picture(self._state)
        measured = {result.case.model for result in taken.cases}
        self._end = replace(
            taken,
            models=tuple(model for model in taken.models if model.name in measured),
            models_known=True,  # nobody is there who could still tell
            recording=str(self._path),
            recording_bytes=self._path.stat().st_size,
        )

    @property
    def is_replay(self) -> bool:
        return True

    def leave(self) -> bool:
        return False

    @property
    def recording(self) -> Path:
        return self._path

    def snapshot(self) -> Snapshot:
        """The session at its end."""
        return self._end

    def look(self, t: int) -> Snapshot:
        taken = self._looker.at(self._state, self._end, t)
        return replace(taken, recording=self._end.recording, recording_bytes=self._end.recording_bytes)

    def glance(self, t: int) -> Snapshot:
        """As ``look``, without what is drawn over time."""
        return self._looker.glance(self._state, self._end, t)

    def span(self) -> Span:
        return span(self._state)

    def read(self, function: Callable[[SessionState], Any]) -> Any:
        return function(self._state)

    def run(self, plan: Plan) -> None:
        raise RuntimeError(ONLY_READ)

    def mark(self, text: str = "", at: int | None = None) -> None:
        raise RuntimeError(ONLY_READ)

    def stop(self, force: bool = False) -> None:
        """Nothing goes on."""

    def request_models(self) -> None:
        """Nobody is there to be asked."""

    def begin(self) -> None:
        """Nothing was put off."""

    def request_settings(self) -> None:
        """Nor now."""

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Nothing went on."""

    def close(self) -> None:
        """Nothing is open."""
