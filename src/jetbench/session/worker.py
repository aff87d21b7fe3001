"""SessionWorker: the background thread that drives the agent, records every event and folds it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.domain.sound import unsound
from jetbench.link.base import Link
from jetbench.session import affinity, model_cache
from jetbench.session.picture import picture
from jetbench.session.recorder import SessionRecorder
from jetbench.session.snapshot import Snapshot
from jetbench.session.state import SessionState


class SessionWorker:
    """One agent, any number of runs one after the other, each with a recording of its own.

    ``link`` is called once, by ``start``, and may raise LinkError. ``new_recording`` names the file
    of the next run. All methods may be called from any thread; none waits for the agent but
    ``wait`` and ``close``.
    """

    def __init__(
        self,
        link: Callable[[], Link],
        new_recording: Callable[[], Path],
        *,
        executable: str = "",
        screen: bool = True,
        command: tuple[str, ...] = (),
    ) -> None:
        self._new_link = link
        self._executable = executable
        self._screen = screen
        self._lock = threading.Lock()
        self._state = SessionState()
        self._recorder = SessionRecorder(new_recording, command, self._recording_over, self._brief)
        self._link: Link | None = None
        self._running = False
        self._wanted: Plan | None = None
        self._pending = 0  # requests the agent has not said Ready to
        self._closing = False
        self._idle = threading.Event()
        self._idle.set()
        self._ended = threading.Event()
        self._cpu_begin = self._wall_begin = 0.0
        self._cores = affinity.allowed()
        self._sequence = 0
        self._last_print = ""

    # -- what the owner calls

    def start(self) -> None:
        self._state.models = model_cache.load(self._executable)
        self._link = self._new_link()
        threading.Thread(target=self._read_events, name="session", daemon=True).start()
        threading.Thread(target=self._read_prints, name="agent-prints", daemon=True).start()

    def run(self, plan: Plan) -> None:
        """Start a run. Raises RuntimeError, one line, when one is on or no file can be made."""
        with self._lock:
            if self._running:
                raise RuntimeError("a run is on; stop it first")
            if self._ended.is_set() or self._link is None:
                raise RuntimeError("the agent is gone; start the program again")
            if self._state.board is None:
                self._wanted = plan  # begun as soon as the board has described itself
                return
            self._recorder.begin(self._state.board, _explicit(plan))
            self._running = True
            self._cpu_begin, self._wall_begin = time.process_time(), time.monotonic()
            self._begin_request()
            self._state.status = "starting"
            self._state.touch("status")
        request = {
            "op": "run",
            "cases": plan.cases(),
            "protocol": plan.protocol(),
            "screen": self._screen,
        }
        # Defaults are left out of events; the board side, which has no schema, needs every field.
        self._send(_explicit(request))

    def count(
        self, models: tuple[str, ...], batch: int, sizes: tuple[tuple[int, int], ...], layers: bool = False
    ) -> None:
        self._begin_request()
        self._send({"op": "count", "models": models, "batch": batch, "sizes": sizes or None, "layers": layers})

    def request_models(self) -> None:
        self._begin_request()
        self._send({"op": "models"})

    def request_files(self) -> None:
        """Ask for the files the board is read from; they gather in the state."""
        self._begin_request()
        self._send({"op": "pack"})

    def stop(self, force: bool = False) -> None:
        with self._lock:
            if self._state.status in ("running", "starting"):
                self._state.status = "stopping"
                self._state.touch("status")
        self._send({"op": "stop", "force": force})

    def wait(self, timeout: float | None = None) -> bool:
        """Until the request is over or the agent is gone. False when the time was."""
        return self._idle.wait(timeout)

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
        self._recorder.finish()

    def snapshot(self) -> Snapshot:
        with self._lock:
            taken = picture(self._state)
        recorder = self._recorder
        return replace(
            taken,
            recording=str(recorder.path) if recorder.path else None,
            recording_bytes=recorder.size,
            recording_ended=recorder.ended,
        )

    def read(self, function: Callable[[SessionState], Any]) -> Any:
        """``function(state)`` while no event is folded: for tables and documents."""
        with self._lock:
            return function(self._state)

    @property
    def recording(self) -> Path | None:
        return self._recorder.path

    # -- the background threads

    def _read_events(self) -> None:
        assert self._link is not None
        try:
            for line in self._link.lines():
                self._take(line)
        except Exception as error:  # a thread that dies unseen would leave the screen waiting for ever
            self._over(f"reading the agent's stream failed: {type(error).__name__}: {error}")
            raise
        self._over(self._link.describe_end())

    def _read_prints(self) -> None:
        assert self._link is not None
        for line in self._link.prints():
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                self._last_print = text
                self._add(ev.Log(t=time.perf_counter_ns(), level="warning", source="agent", text=text[:2000]))

    def _take(self, line: bytes) -> None:
        if not line.strip():
            return
        try:
            event = ev.decode(line)
            wrong = unsound(event)
        except (ValueError, RecursionError) as error:
            wrong = str(error)
        if wrong is not None:
            with self._lock:
                self._state.note(f"a line of the stream is left out: {wrong[:200]}", "warning")
            return
        with self._lock:
            self._fold(event, line)
        if isinstance(event, ev.RunStart) and event.protocol.screen_cores:
            affinity.keep_to(event.protocol.screen_cores)
        elif isinstance(event, ev.Board):
            self._begin_wanted()
        elif isinstance(event, ev.Models):
            model_cache.save(self._executable, event)
        elif isinstance(event, ev.Ready):
            self._end_request(event.what)

    def _fold(self, event: ev.AnyEvent, line: bytes) -> None:
        """Called with the lock held."""
        if event.n and self._sequence and event.n != self._sequence + 1:
            self._state.note(f"{event.n - self._sequence - 1} events of the agent are missing", "warning")
        self._sequence = event.n or self._sequence
        self._state.apply(event)
        self._recorder.take(event, line)

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
            self._state.apply(event)
            self._recorder.take(event, ev.encode(event))

    def _over(self, why: str) -> None:
        refused = self._state.board is None and self._state.fault is not None  # it said why before it ended
        if not self._closing and not refused:
            hint = "start the program again; what was recorded is kept"
            why += f": {self._last_print}" if self._last_print else ""
            self._add(ev.Fault(t=time.perf_counter_ns(), code="agent_lost", text=why, hint=hint))
        self._ended.set()
        self._pending = 0
        self._end_request("run")

    # -- begin and end of a request

    def _begin_request(self) -> None:
        self._pending += 1
        self._idle.clear()

    def _end_request(self, what: str) -> None:
        if what == "run":
            self._end_run()
        self._pending = max(0, self._pending - 1)
        if not self._pending:
            self._idle.set()

    def _end_run(self) -> None:
        if self._running and self._recorder.holds_run:
            used, wall = time.process_time() - self._cpu_begin, time.monotonic() - self._wall_begin
            self._add(ev.Overhead(t=time.perf_counter_ns(), who="screen", cpu_s=round(used, 4), wall_s=round(wall, 3)))
        self._recorder.finish()
        affinity.keep_to(self._cores)
        with self._lock:
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

    def _send(self, command: dict[str, Any]) -> None:
        if self._link is not None:
            self._link.send(command)


def _explicit(value: Any) -> Any:
    """Structs as tables with every field, defaults too."""
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
