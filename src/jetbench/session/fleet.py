"""A fleet that measures: one worker a board, one recording for all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from jetbench.domain.fleet import Member, checked
from jetbench.domain.plan import Plan
from jetbench.link.base import Link
from jetbench.link.shared import SharedReader
from jetbench.recording.folder import new_fleet_path
from jetbench.session import heap
from jetbench.session.fleet_board import FleetBoard, Wants
from jetbench.session.fleet_recorder import FleetRecorder
from jetbench.session.fleet_snapshot import BoardState, FleetSnapshot, status_of
from jetbench.session.fleet_zoom import BoardControl
from jetbench.session.supply import Supply

__all__ = ["BoardState", "FleetSession", "FleetSnapshot", "Wants"]

CLOSE_S = 15.0  # a try to reach a board takes ten seconds at most


class FleetSession:
    """Any thread may call. Nothing but ``wait`` and ``close`` waits for a board.

    ``link(member)`` gives the link to a board; it is called in a thread of that board's own, may take its time, and
    may raise LinkError: that board is lost then, and the rest goes on. It is called again when a run begins and the
    board is not reached. ``new_recording`` names the file of the next run.
    """

    def __init__(
        self,
        members: Sequence[Member],
        link: Callable[[Member], Link],
        new_recording: Callable[[], Path] = new_fleet_path,
        *,
        command: tuple[str, ...] = (),
        wants: Wants = Wants(),  # noqa: B008 - frozen
    ) -> None:
        self.members = checked(members)
        self._recorder = FleetRecorder(self.members, new_recording, command)
        groups = dict.fromkeys(member.power_group for member in self.members if member.power_group is not None)
        supplies = {group: Supply() for group in groups}
        reader = SharedReader()
        self._boards = tuple(
            FleetBoard(
                member,
                number,
                partial(link, member),
                self._recorder,
                supplies.get(member.power_group) if member.power_group is not None else None,
                reader=reader,
                wants=wants,
            )
            for number, member in enumerate(self.members)
        )
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._over.set()
        self._begun_at: int | None = None
        self._stopping = False
        self._tidied = time.monotonic_ns()
        self.problem: str | None = None  # why the recording could not be packed
        self.left = False

    @property
    def is_replay(self) -> bool:
        return False

    @property
    def recording(self) -> Path | None:
        return self._recorder.path

    def start(self) -> None:
        """Reach for all boards, without a run."""
        for board in self._boards:
            board.start()

    def begin(self) -> None:
        """Nothing was put off."""

    def run(self, plan: Plan) -> None:
        """On every board; those that are not reached are tried first. RuntimeError, one line, while a run is on or
        where no file can be made."""
        with self._lock:
            if not self._over.is_set():
                raise RuntimeError("a run is on; stop it first")
            self._recorder.begin(msgspec.to_builtins(plan))
            self._over.clear()
            self._begun_at, self._stopping, self.problem = time.monotonic_ns(), False, None
            own = msgspec.structs.replace(plan, boards=())
            for board in self._boards:
                board.run(own)
        threading.Thread(target=self._follow, name="fleet", daemon=True).start()

    def _follow(self) -> None:
        """Until every board is through; then the file is whole."""
        for board in self._boards:
            board.join()
        self.problem = self._recorder.finish()
        self._over.set()

    def stop(self, force: bool = False) -> None:
        self._stopping = True
        for board in self._boards:
            board.stop(force)

    def wait(self, timeout: float | None = None) -> bool:
        """Until every board is through with the run, and its file is closed. False when the time was over first."""
        return self._over.wait(timeout)

    def snapshot(self) -> FleetSnapshot:
        boards = tuple(board.picture() for board in self._boards)
        now = time.monotonic_ns()
        if now - self._tidied > heap.PERIOD_NS:
            self._tidied = now
            heap.give_back()
        made = self._recorder
        return FleetSnapshot(
            boards,
            status_of(boards, self._begun_at is not None, self._stopping),
            str(made.path) if made.path is not None else None,
            now,
            self._begun_at,
            made.size,
            made.ended,
        )

    def session(self, name: str) -> BoardControl:
        """One board, to look at it closely: a SessionControl. Raises KeyError."""
        for board in self._boards:
            if board.member.name == name:
                return BoardControl(board)
        raise KeyError(name)

    def hold(self) -> bool:
        """Before this process is stopped: False where a board's agent would have to wait."""
        held = [board.worker.hold() for board in self._boards if board.goes_on]  # every one of them is told
        return all(held)

    def release(self) -> None:
        for board in self._boards:
            board.worker.release()

    def leave(self) -> bool:
        """When it is closed what goes on on boards elsewhere goes on. False where nothing does."""
        left = [board.worker.leave() for board in self._boards if board.goes_on]
        self.left = any(left)
        return self.left

    def close(self) -> None:
        """End all agents and the recording. Returns when they are ended. May be called twice."""
        closing = [threading.Thread(target=board.close, name="close", daemon=True) for board in self._boards]
        for thread in closing:
            thread.start()
        deadline = time.monotonic() + CLOSE_S
        for thread in closing:
            thread.join(max(0.0, deadline - time.monotonic()))
        for board in self._boards:
            board.join(max(0.0, deadline - time.monotonic()))
        self._recorder.finish()
        self._over.set()
