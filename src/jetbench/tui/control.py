"""What the app needs of a session. `jetbench.session.worker.SessionWorker` is the real one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from jetbench.domain.plan import Plan
from jetbench.session.playhead import Span
from jetbench.session.snapshot import Snapshot

if TYPE_CHECKING:
    from jetbench.session.fleet_snapshot import FleetSnapshot
    from jetbench.session.state import SessionState
    from jetbench.session.timeline import Moment

BUSY = ("starting", "running", "stopping")


class SessionControl(Protocol):
    def begin(self) -> None:
        """The screen stands: what was put off until then may take its time now. May be called twice."""

    def snapshot(self) -> Snapshot:
        """The newest picture. Any thread, cheap."""

    def run(self, plan: Plan) -> None:
        """Begin; returns at once. RuntimeError with one line while another run goes on."""

    def stop(self, force: bool = False) -> None:
        """End the run after the pass that is being timed; with ``force`` kill the case."""

    def look(self, t: int) -> Snapshot:
        """The picture of an earlier moment (CLOCK_MONOTONIC of the board, ns)."""

    def span(self) -> Span:
        """First and newest moment there is to look at."""

    def read(self, function: Callable[[SessionState], Any]) -> Any:
        """``function(state)`` while no event is folded."""

    def mark(self, text: str = "", at: int | None = None) -> None:
        """Remember this moment, or an earlier one. RuntimeError with one line where that cannot be."""

    @property
    def is_replay(self) -> bool:
        """Whether it is a recording: nothing can be measured in it."""

    def request_models(self) -> None:
        """Ask the interpreter what it can measure."""

    def request_settings(self) -> None:
        """Ask how the board is set just now."""

    def hold(self) -> bool:
        """Before this process is stopped: what is measured goes on without it. False where it could not."""

    def release(self) -> None:
        """This process goes on."""

    def leave(self) -> bool:
        """What goes on on a board elsewhere goes on when this is closed. False where the board is this machine."""

    def close(self) -> None:
        """End everything: the recording is whole afterwards. May be called twice."""


def busy(snapshot: Snapshot) -> bool:
    return snapshot.status in BUSY


class FleetControl(Protocol):
    """`jetbench.session.fleet.FleetSession`, or a recording of one. Any thread may call."""

    @property
    def is_replay(self) -> bool: ...

    def begin(self) -> None: ...

    def snapshot(self) -> FleetSnapshot: ...

    def run(self, plan: Plan) -> None:
        """On every board. RuntimeError with one line while another run goes on."""

    def stop(self, force: bool = False) -> None: ...

    def session(self, name: str) -> SessionControl:
        """Of one board. Raises KeyError."""

    def hold(self) -> bool: ...

    def release(self) -> None: ...

    def leave(self) -> bool: ...

    def close(self) -> None: ...


class FleetPast(FleetControl, Protocol):
    """A recording of a fleet: as it was at any moment, on one clock."""

    def span(self) -> Span: ...

    def look(self, t: int) -> FleetSnapshot: ...

    def moments(self) -> tuple[Moment, ...]:
        """What happened when, on that clock."""
