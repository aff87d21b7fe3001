"""One board of a fleet: a thread of its own that reaches it, waits for its turn, and follows its run to the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec

from jetbench.domain.fleet import Member
from jetbench.domain.plan import Plan
from jetbench.domain.text import printable
from jetbench.link.base import Link, LinkError
from jetbench.link.shared import SharedReader
from jetbench.session.fleet_recorder import FleetRecorder
from jetbench.session.fleet_snapshot import BoardState, State
from jetbench.session.snapshot import Snapshot
from jetbench.session.state import SessionState
from jetbench.session.supply import Supply
from jetbench.session.worker import SessionWorker

ANSWER_S = 30.0  # a board that was reached describes itself within that
LOOK_S = 1.0  # at its line; that the run is over is heard at once
LOST_AFTER_S = 900.0  # a line that has been down for so long is given up
_GOES_ON = ("starting", "running", "stopping")  # we ended it before it was over
_ENDED: dict[str, State] = {"done": "done", "interrupted": "interrupted", "lost": "lost"}


class Wants(msgspec.Struct, frozen=True):
    """What holds for every run of a fleet."""

    once: bool = False  # a board is let go as soon as it has run the plan
    patient: bool = False  # it waits until nobody else measures on the board
    download: bool = False  # models may fetch what they lack first
    lost_after_s: float = LOST_AFTER_S


class FleetBoard:
    """``connect`` makes a link to it, in a thread of this board's. Any thread may call."""

    def __init__(
        self,
        member: Member,
        number: int,
        connect: Callable[[], Link],
        recorder: FleetRecorder,
        supply: Supply | None,
        *,
        reader: SharedReader | None = None,
        wants: Wants = Wants(),  # noqa: B008 - frozen
    ) -> None:
        self.member = member
        self._connect = connect
        self._number = number
        self._recorder = recorder
        self._supply = supply
        self._reader = reader
        self._wants = wants
        self.worker = self._new_worker()
        self._lock = threading.Lock()
        self._state: State = "connecting"
        self._trouble: str | None = None
        self._stopped, self._closing = threading.Event(), False
        self._thread: threading.Thread | None = None
        self._reached = False

    def _new_worker(self) -> SessionWorker:
        worker = SessionWorker(
            self._connect,
            self._recorder.new_path,
            executable=self.member.key,
            recorder=lambda _path, _command, on_end, brief: self._recorder.board(self._number, on_end, brief),
            reader=self._reader,
        )
        worker.patient, worker.download = self._wants.patient, self._wants.download
        return worker

    def start(self) -> None:
        self._do(self._reach)

    def run(self, plan: Plan) -> None:
        """When what it does now is over. Returns at once."""
        self._stopped.clear()
        self._tell("connecting" if not self._reached else "waiting")
        self._do(lambda: self._carry_out(plan))

    def stop(self, force: bool = False) -> None:
        self._stopped.set()
        self.worker.stop(force)

    def join(self, timeout: float | None = None) -> bool:
        """Whether it is through with what was asked of it."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is None or not thread.is_alive()

    def close(self) -> None:
        self._closing = True
        self._stopped.set()
        self.worker.close()

    def picture(self) -> BoardState:
        with self._lock:
            state, trouble = self._state, self._trouble
        taken = self.worker.glance()
        return BoardState(self.member, state, trouble, taken if taken.board is not None else Snapshot())

    @property
    def goes_on(self) -> bool:
        return self._state == "running"

    # -- the thread

    def _do(self, work: Callable[[], object]) -> None:
        before = self._thread

        def carry_out() -> None:
            if before is not None:
                before.join()
            try:
                work()
            except Exception as error:  # a thread that dies unseen would leave the fleet waiting for ever
                self._tell("failed", f"{type(error).__name__}: {error}")
                raise

        self._thread = threading.Thread(target=carry_out, name=f"board-{self.member.name}", daemon=True)
        self._thread.start()

    def _tell(self, state: State, trouble: str | None = None) -> None:
        trouble = printable(trouble, 300) if trouble else None
        with self._lock:
            if (state, trouble) == (self._state, self._trouble):
                return
            self._state, self._trouble = state, trouble
        self._recorder.member(self._number, state, trouble)

    def _reach(self) -> None:
        """Anew, where it was reached before and is lost."""
        if self._stopped.is_set():
            return
        self._tell("connecting")
        if self.worker.started:
            self.worker = self._new_worker()
        worker, self._reached = self.worker, False
        try:
            worker.start()
        except LinkError as error:
            self._tell("lost", f"{error}; {error.hint}" if error.hint else str(error))
            return
        if self._closing:  # meanwhile: whoever closed did not know this link
            worker.close()
            return
        if not worker.wait_board(ANSWER_S, rows=0):
            fault = worker.read(_fault)
            self._tell("lost", fault or f"no word from its agent within {ANSWER_S:.0f} s")
            worker.close()
            return
        self._reached = True
        self._tell("idle")

    def _carry_out(self, plan: Plan) -> None:
        if not self._reached or self.worker.over:
            self._reach()
        if not self._reached:
            if self._stopped.is_set() and self._state == "connecting":
                self._tell("interrupted", "stopped before its run began")
            return
        if self._supply is None:
            self._measure(plan)
        else:
            self._take_turn(plan, self._supply)
        if self._wants.once:
            self.worker.close()

    def _take_turn(self, plan: Plan, supply: Supply) -> None:
        """One of those on a supply at a time."""

        def waits(for_whom: str) -> None:
            self._tell("waiting", f"{for_whom} runs on the same supply, {self.member.power_group}")

        refused = supply.take(self.member.name, self._stopped, waits)
        if refused is not None:
            self._tell("failed", f"not run: {refused}")
        elif self._stopped.is_set():
            self._tell("interrupted", "stopped before its run began")
        else:
            may_go_on = True
            try:
                may_go_on = self._measure(plan)
            finally:
                supply.give(self.member.name, may_go_on)

    def _measure(self, plan: Plan) -> bool:
        """To the end of the run, whatever that is. Returns whether it may still go on there, out of our sight."""
        worker = self.worker
        if self._stopped.is_set():
            self._tell("interrupted", "stopped before its run began")
            return False
        try:
            worker.run(plan)
        except RuntimeError as error:
            self._tell("failed", str(error))
            return False
        if self._stopped.is_set():  # asked for between the look above and the begin: the agent had nothing to stop
            worker.stop()
        self._tell("running")
        down_since: float | None = None
        while not worker.wait(LOOK_S):
            trouble, now = worker.trouble(), time.monotonic()
            self._tell("running", trouble)
            down_since = (down_since or now) if trouble is not None else None
            if down_since is not None and now - down_since >= self._wants.lost_after_s:
                return self._give_up(trouble or "")
        return self._conclude()

    def _give_up(self, trouble: str) -> bool:
        self.worker.leave()
        self.worker.close()
        minutes = f"{self._wants.lost_after_s / 60:.0f} minutes"
        back = f"what was begun may go on there: jetbench-tui attach {self.member.address}"
        self._reached = False
        self._tell("lost", f"{trouble}; not reached for {minutes}; {back}")
        return True

    def _conclude(self) -> bool:
        status, fault = self.worker.read(lambda state: (state.status, _fault(state)))
        state = "interrupted" if status in _GOES_ON else _ENDED.get(status, "failed")
        left = f"it goes on there: jetbench-tui attach {self.member.address}" if self.worker.left else None
        self._tell(state, left or (fault if state != "done" else None))
        if state != "lost":
            return False
        self._reached = False
        return self.worker.far is not None and self.worker.far.may_go_on()


def _fault(state: SessionState) -> str | None:
    fault = state.fault
    return None if fault is None else f"{fault.text}; {fault.hint}" if fault.hint else fault.text
