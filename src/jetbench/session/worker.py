"""SessionWorker: the background thread that drives the agent, records every event and folds it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.domain.sound import unsound
from jetbench.domain.text import printable
from jetbench.link.base import Far, Link
from jetbench.recording.axis import Axis
from jetbench.session import affinity, model_cache
from jetbench.session.asking import Asking, request_of
from jetbench.session.numbers import Numbers
from jetbench.session.reading import Reading
from jetbench.session.recorder import SessionRecorder
from jetbench.session.showing import Showing
from jetbench.session.under_way import Spending

if TYPE_CHECKING:  # imported when they are called for: the first paint does without
    from jetbench.link.shared import SharedReader
    from jetbench.session.resumption import Rest


_OFTEN = (ev.Telemetry, ev.Latency)
LEFT_OUT = "a line of the stream is left out: "


class SessionWorker(Asking, Reading, Showing):
    """One agent, any number of runs one after the other, each with a recording of its own.

    ``link`` is called once, by ``start``, and may raise LinkError. ``new_recording`` names the file
    of the next run; ``recorder`` makes what writes it; ``reader`` reads for others, too. All methods may be called
    from any thread; none waits for the agent but ``wait`` and ``close``.
    """

    def __init__(
        self,
        link: Callable[[], Link],
        new_recording: Callable[[], Path],
        *,
        executable: str = "",
        screen: bool = True,
        command: tuple[str, ...] = (),
        recorder: Callable[..., SessionRecorder] = SessionRecorder,
        reader: SharedReader | None = None,
    ) -> None:
        Asking.__init__(self)
        Showing.__init__(self, recorder(new_recording, command, self._recording_over, self._brief))
        self._new_link = link
        self._executable = executable
        self._screen = screen
        Reading.__init__(self, reader)
        self._state.put_off.on = reader is not None  # one of many boards
        self._axis = Axis()
        self._running = False
        self._wanted: Plan | None = None
        self._followed = False
        self._spending = Spending()
        self._closing = False
        self._cores = affinity.allowed()
        self._numbers = Numbers()

    # -- what the owner calls

    def begin(self) -> None:
        """Nothing was put off."""

    def start(self) -> None:
        self._state.models = model_cache.load(self._executable)
        self._link = self._new_link()
        self._read(self._link)

    def run(self, plan: Plan) -> None:
        """Start a run. Raises RuntimeError, one line, when one is on or no file can be made."""
        with self._lock:
            self._refuse_unless_free()
            if self._state.board is None:
                self._wanted = plan  # begun as soon as the board has described itself
                return
            self._state.header = self._recorder.begin(self._state.board, _explicit(plan), self.clock())
            self._begun()
        self._send(_told(_explicit(request_of(plan, self._screen)), plan, self.far))

    def resume(self, rest: Rest, anyway: bool = False, differs: str | None = None) -> None:
        """Go on with a cut session in its file, in place of a first run, when the board has described itself.

        ``anyway``: although files of the models have changed. ``differs``: what else has, for the recording.
        """
        with self._lock:
            self._refuse_unless_free()
            board, self._state, self._axis = self._state.board, rest.state, rest.axis
            if board is None:
                raise RuntimeError("the board has not described itself yet")
            number = len(self._state.parts) + 1
            said = self._recorder.resume(rest.path, board, number, self._state.t, self.clock())
            self._state.watch()
            for line in said:
                self._state.apply(self._axis.place(ev.decode(line)))
            if differs is not None:
                log = ev.Log(t=self.now(), level="warning", source="screen", text=f"resumed on: {differs}")
                self._fold(log, ev.encode(log))
            self._begun()
        self._send(_explicit(rest.request(self._screen and self.far is None, anyway)))

    def follow(self) -> None:
        """Of a session that was attached to: ``wait`` waits for the end of the run in it."""
        self._requests.begin()
        self._followed = True

    def _adopt(self) -> None:
        """A run that another controller began, or this one before it was started anew. With the lock held."""
        assert self.far is not None and self._state.board is not None
        try:
            self._state.header = self._recorder.begin(self._state.board, self.far.plan(), self.clock())
        except RuntimeError as error:
            self._state.note(str(error), "error")
        self._begun(counted=not self._followed)
        self._followed = False

    def _refuse_unless_free(self) -> None:
        if self._running:
            raise RuntimeError("a run is on; stop it first")
        if self._ended.is_set() or self._link is None:
            raise RuntimeError("the agent is gone; start the program again")

    def _begun(self, counted: bool = True) -> None:
        self._running = True
        self._spending.begin()
        if counted:
            self._requests.begin()
        self._state.status = "starting"
        self._state.touch("status")

    def stop(self, force: bool = False) -> None:
        with self._lock:
            if self._state.status in ("running", "starting"):
                self._state.status = "stopping"
                self._state.touch("status")
        self._send({"op": "stop", "force": force})

    def wait_board(self, timeout: float, rows: int = 1) -> bool:
        """Until the board has described itself and ``rows`` rows of telemetry have come."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not self._ended.is_set():
            with self._lock:
                if self._state.board is not None and self._state.rows >= rows:
                    return True
            time.sleep(0.01)
        return False

    def close(self) -> None:
        """End the agent and all it started, and the recording. Returns when they are ended."""
        self._closing = True
        if self._link is not None:
            self._link.close()
            self._ended.wait(5.0)
        self._lock.catch_up()
        self._recorder.finish()

    def mark(self, text: str = "", at: int | None = None) -> None:
        """Remember this moment or an earlier one, in the recording too. RuntimeError, one line, when no run is on."""
        if not self._running:
            raise RuntimeError("no run is on: there is no moment to mark")
        self._add(ev.Mark(t=self.now(), at=at, text=printable(text, 200)))

    # -- the background threads

    def _take(self, line: bytes) -> None:
        if not line.strip():
            return
        event = _decoded(line)
        with self._lock:
            if isinstance(event, str):
                self._state.note(LEFT_OUT + event[:200], "warning")
                return
            if isinstance(event, ev.RunStart) and not self._running and self.far is not None:
                self._adopt()
            self._fold(event, line)
        if isinstance(event, _OFTEN):  # most of them
            return
        if isinstance(event, ev.RunStart):
            from jetbench.analysis import case  # noqa: F401 - while the first model loads, not when its case is over
        if isinstance(event, ev.Part) and self._running:  # the link goes on with another agent
            with self._lock:
                self._state.status = "starting"
        elif isinstance(event, ev.RunStart | ev.Resume) and event.protocol.screen_cores and self.far is None:
            affinity.keep_to(event.protocol.screen_cores)
        elif isinstance(event, ev.Board):
            self._begin_wanted()
        elif isinstance(event, ev.Models) and not event.of:
            model_cache.save(self._executable, event)
        elif isinstance(event, ev.Ready):
            if event.what == "run":
                self._end_run()
            self._requests.end()

    def _fold_often(self, lines: Sequence[bytes]) -> None:
        """Readings and passes that came together. Called with the lock held."""
        kept: list[bytes] = []
        rows: list[ev.Telemetry] = []
        for line in lines:
            event = _decoded(line)
            if isinstance(event, str):
                self._state.note(LEFT_OUT + event[:200], "warning")
                continue
            kept.append(line)
            placed = self._placed(event)
            if isinstance(placed, ev.Telemetry):
                rows.append(placed)
            else:
                self._state.apply(placed)
        self._state.apply_rows(rows)
        self._recorder.take_often(kept)

    def _fold(self, event: ev.AnyEvent, line: bytes) -> None:
        """Called with the lock held."""
        self._state.apply(self._placed(event))
        self._recorder.take(event, line)

    def _placed(self, event: ev.AnyEvent) -> ev.AnyEvent:
        """The next one, on the axis of the session."""
        missing = self._numbers.missing_before(event)
        if missing > 0:
            self._state.note(f"{missing} events of the agent are missing", "warning")
        elif missing < 0:
            self._state.note("events of the agent came twice", "warning")
        return self._axis.place(event)

    def _begin_wanted(self) -> None:
        plan, self._wanted = self._wanted, None
        if plan is None:
            return
        try:
            self.run(plan)
        except RuntimeError as error:
            with self._lock:
                self._state.note(str(error), "error")

    def _add(self, event: ev.AnyEvent) -> None:
        """An event of our own: into the fold and into the recording."""
        with self._lock:
            self._fold(event, ev.encode(event))

    def _over(self, why: str) -> None:
        refused = self._state.board is None and self._state.fault is not None  # it said why before it ended
        in_order = self.far is not None and self.far.in_order() and not self._running
        if not self._closing and not refused and not in_order:
            again = "start the program again" if self._reader is None else "the next run tries it again"
            hint = f"{again}; what was recorded is kept"
            why += f": {self._last_print}" if self._last_print and not why.startswith("--python ") else ""
            self._add(ev.Fault(t=self.now(), code="agent_lost", text=why, hint=hint))
        self._ended.set()
        self._end_run()
        self._requests.abandon()

    # -- begin and end of a request

    def _end_run(self) -> None:
        self._lock.catch_up()
        if self._running and self._recorder.holds_run:
            self._add(self._spending.event(self.now()))
        problem = self._recorder.finish()
        affinity.keep_to(self._cores)
        with self._lock:
            if problem is not None:
                self._state.note(problem, "warning")
            if self._state.status in ("starting", "stopping"):
                self._state.status = "idle"
                self._state.touch("status")
        self._running = False

    def _recording_over(self, reason: str) -> None:
        """In the recorder's thread, which must never wait for our lock: we may be waiting for it."""
        self._state.note(f"the recording ends here: {reason}; the run goes on", "error")

    def _brief(self) -> dict[str, Any]:
        """In the recorder's thread, without the lock, for the same reason."""
        return {"status": self._state.status, "finished": self._state.finished, "cases": len(self._state.records)}


def _decoded(line: bytes) -> ev.AnyEvent | str:
    """The event, or why it is none."""
    try:
        event = ev.decode(line)
    except (ValueError, RecursionError) as error:
        return str(error)
    return unsound(event) or event


def _told(request: dict[str, Any], plan: Plan, far: Far | None) -> dict[str, Any]:
    """To a board elsewhere: there is no screen on it, and the plan, for whoever attaches to the run later."""
    return request if far is None else {**request, "screen": False, "plan": _explicit(plan)}


def _explicit(value: Any) -> Any:
    """Structs as tables with every field, defaults too: the board side has no schema."""
    if isinstance(value, msgspec.Struct):
        return {name: _explicit(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list | tuple):
        return [_explicit(item) for item in value]
    if isinstance(value, dict):
        return {key: _explicit(item) for key, item in value.items()}
    return value


def executable_of(python: str | None) -> str:
    """Key of the cached model list."""
    return python or sys.executable
