"""One board of a fleet in the place of a session: the same pictures, but the fleet begins runs and ends the board."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jetbench.domain.plan import Plan
from jetbench.session.fleet_board import FleetBoard
from jetbench.session.playhead import Span
from jetbench.session.snapshot import Snapshot
from jetbench.session.state import SessionState

ONE_PLAN = "a run of a fleet is begun for all its boards: go back to them first"


class BoardControl:
    """Any thread. It may outlive the board's connection: what a later one says is seen here, too."""

    def __init__(self, board: FleetBoard) -> None:
        self._board = board

    @property
    def is_replay(self) -> bool:
        return False

    def begin(self) -> None:
        """Nothing was put off."""

    def snapshot(self) -> Snapshot:
        return self._board.worker.snapshot()

    def look(self, t: int) -> Snapshot:
        return self._board.worker.look(t)

    def span(self) -> Span:
        return self._board.worker.span()

    def read(self, function: Callable[[SessionState], Any]) -> Any:
        return self._board.worker.read(function)

    def run(self, plan: Plan) -> None:
        raise RuntimeError(ONE_PLAN)

    def stop(self, force: bool = False) -> None:
        """This board's run alone."""
        self._board.stop(force)

    def mark(self, text: str = "", at: int | None = None) -> None:
        self._board.worker.mark(text, at)

    def request_models(self) -> None:
        self._board.worker.request_models()

    def request_settings(self) -> None:
        self._board.worker.request_settings()

    def hold(self) -> bool:
        return self._board.worker.hold()

    def release(self) -> None:
        self._board.worker.release()

    def leave(self) -> bool:
        return False

    def close(self) -> None:
        """The fleet ends it."""
