"""A fleet in the place of a session, so that what the app does with one (begin, stop, play, leave) it does with all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from jetbench.domain.events import ModelEntry
from jetbench.domain.plan import Plan
from jetbench.session.fleet_snapshot import FleetSnapshot
from jetbench.session.playhead import Span
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import FleetControl, FleetPast

if TYPE_CHECKING:
    from jetbench.session.state import SessionState


class WholeFleet:
    """`SessionControl`. Its pictures tell what is so of all boards; ``newest`` and ``seen`` are the fleet's own."""

    def __init__(self, fleet: FleetControl) -> None:
        self.fleet = fleet
        self._past = cast(FleetPast, fleet) if fleet.is_replay else None
        self.newest = fleet.snapshot()
        self._moments = self._past.moments() if self._past is not None else ()
        self.seen = self.newest  # at the moment that is looked at
        self._models: tuple[tuple[int, ...], tuple[ModelEntry, ...]] = ((), ())

    @property
    def is_replay(self) -> bool:
        return self.fleet.is_replay

    def snapshot(self) -> Snapshot:
        self.newest = self.fleet.snapshot()
        return self._as_one(self.newest)

    def look(self, t: int) -> Snapshot:
        self.seen = self._past.look(t) if self._past is not None else self.newest
        return self._as_one(self.seen)

    def span(self) -> Span:
        if self._past is not None:
            return self._past.span()
        begin = self.newest.t_start
        return Span(self.newest.t if begin is None else begin, self.newest.t)

    def _as_one(self, taken: FleetSnapshot) -> Snapshot:
        return Snapshot(
            t=taken.t,
            t_start=taken.t_start,
            status=taken.status,
            host=f"{len(taken.boards)} boards" if any(board.member.kind != "local" for board in taken.boards) else None,
            models=self._offered(taken),
            models_known=any(board.snapshot.models_known for board in taken.boards),
            recording=taken.recording,
            recording_bytes=taken.recording_bytes,
            recording_ended=taken.recording_ended,
            moments=self._moments,
            revisions={"status": hash((taken.status, self.is_replay))},
        )

    def _offered(self, taken: FleetSnapshot) -> tuple[ModelEntry, ...]:
        """What any board has, in the order in which they tell."""
        alike = tuple(id(board.snapshot.models) for board in taken.boards)
        if alike != self._models[0]:
            known = {entry.name: entry for board in taken.boards for entry in board.snapshot.models}
            self._models = (alike, tuple(known.values()))
        return self._models[1]

    def read(self, function: Callable[[SessionState], Any]) -> Any:
        """Of a fleet nothing but its status: boards have states of their own."""
        from jetbench.session.state import SessionState

        state = SessionState()
        state.status = self.fleet.snapshot().status
        return function(state)

    def begin(self) -> None:
        self.fleet.begin()

    def run(self, plan: Plan) -> None:
        self.fleet.run(plan)

    def stop(self, force: bool = False) -> None:
        self.fleet.stop(force)

    def mark(self, text: str = "", at: int | None = None) -> None:
        raise RuntimeError("a mark belongs to one board: enter it first")

    def request_models(self) -> None:
        """Of all boards: ``ask_for_models``."""

    def request_settings(self) -> None:
        """Boards have settings of their own."""

    def ask_for_models(self) -> None:
        for board in self.newest.boards:
            if self.reached(board.member.name) and not board.snapshot.models_known:
                self.fleet.session(board.member.name).request_models()

    def reached(self, name: str) -> bool:
        """Whether the board is there to answer, and measures nothing."""
        return self.newest.board(name).state in ("idle", "done", "interrupted")

    def hold(self) -> bool:
        return self.fleet.hold()

    def release(self) -> None:
        self.fleet.release()

    def leave(self) -> bool:
        return self.fleet.leave()

    def close(self) -> None:
        self.fleet.close()
