"""SessionState: the one fold of events. Live, replayed and read from a file are the same fold."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedBoard, ObservedCase
from jetbench.domain.results import CaseResult, Onset
from jetbench.session import explained, narrative, put_off
from jetbench.session.columns import Columns
from jetbench.session.lane import LIVE_BUCKETS, REPLAY_BUCKETS, Lane
from jetbench.session.results import Results
from jetbench.session.snapshot import LogLine
from jetbench.session.timeline import Timeline

if TYPE_CHECKING:
    from jetbench.session.whole import Whole

RECENT_PASSES = 2000  # the rolling window of the histogram
LOG_LINES, REPLAY_LOG_LINES = 1000, 20_000
ENDED = ("measured", "failed", "refused")  # a case that ended so is not measured anew by a resumed run


class SessionState:
    """``tell_ends``: whether the log has a line for the end of every case, which takes statistics of all its passes.

    ``whole``: readings and log of the whole session are kept, to look at any moment of it; else the newest ones.
    """

    def __init__(self, tell_ends: bool = True, whole: bool = False) -> None:
        self.tell_ends = tell_ends
        self.header: ev.Header | None = None
        self.parts: list[ev.Part] = []  # later ones
        self.board: ev.Board | None = None
        self.software: ev.Software | None = None
        self.models: tuple[ev.ModelEntry, ...] = ()
        self.models_known = False
        self.run: ev.RunStart | None = None
        self.run_end: ev.RunEnd | None = None
        self.fault: ev.Fault | None = None
        self.throttle = ev.Throttle()
        self.records: dict[int, ObservedCase] = {}
        self.shared_stages: dict[str, ev.Stage] = {}  # of the parent that all cases share
        self.remote: ev.Remote | None = None  # the board is another machine
        self.overheads: list[ev.Overhead] = []
        self.files: list[ev.PackFile] = []  # of the board, asked for to be packed
        self.checks: dict[str, ev.Check] = {}  # of the interpreter, by name, those that are over
        self.counted: list[ev.Model] = []  # counts that belong to no case
        self.calibrations: dict[tuple[str, str, int], ev.Calibration] = {}  # by device, type and threads
        self.status = "connecting"
        self.t = 0
        self.finished = 0
        self.ended: set[tuple[int, int]] = set()  # (case, round) that need not be measured again
        self.current: int | None = None
        self.stage: ev.Stage | None = None
        self.round = 0
        self.samples_in_round = 0
        self.last_case: int | None = None
        self.recent = array("q")  # durations of the newest passes, ns, and at times some older ones
        self.log: deque[LogLine] = deque(maxlen=REPLAY_LOG_LINES if whole else LOG_LINES)
        self.observed = ObservedBoard()  # while a run lasts
        self.counters: dict[str, tuple[int, int]] = {}  # of the board: at the begin of the run, and now
        self.telemetry: ev.Telemetry | None = None
        self.rows = 0  # of telemetry
        self._whole = whole
        self.put_off = put_off.PutOff()
        self._drawn = tell_ends or whole  # somebody looks at what happens, or will
        self._columns = Columns(None, whole)
        self.history = self._columns.history
        self.timeline = Timeline()
        self.lane = Lane(REPLAY_BUCKETS if whole else LIVE_BUCKETS)
        self.revisions: dict[str, int] = {}
        self._results = Results()
        self.foldings: Whole | None = None  # made by the first picture of a case that runs

    def apply(self, event: ev.Event) -> None:
        self.t = max(self.t, event.t)
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)
        if type(event) in _UNTOLD:
            return
        self.timeline.take(event)
        if isinstance(event, ev.CaseEnd) and (not self.tell_ends or self.put_off.takes(event)):
            return
        self._tell(event, narrative.line(event, self.records, self.run, self.result))

    def tell_put_off(self) -> None:
        """Somebody looks at the log."""
        late = self.put_off.all()
        for event in late:
            self._tell(event, put_off.line(event, self))
        if late:
            self.log = deque(sorted(self.log, key=lambda line: line.t), self.log.maxlen)

    def _tell(self, event: ev.Event, told: narrative.Line | None) -> None:
        if told is not None:
            source = event.source if isinstance(event, ev.Log) else "agent"
            self.log.append(LogLine(event.t, told[0], source, told[1]))
            self.touch("log")

    def watch(self) -> None:
        """From now on somebody looks at what happens."""
        self.tell_ends = self._drawn = True

    def touch(self, *parts: str) -> None:
        for part in parts:
            self.revisions[part] = self.revisions.get(part, 0) + 1

    def note(self, text: str, level: str = "info", source: str = "screen") -> None:
        """A line of our own for the log pane."""
        self.log.append(LogLine(self.t, level, source, text))
        self.touch("log")

    # handlers, one a kind of event
    def _header(self, event: ev.Header) -> None:
        self.header = event
        if event.board is not None:
            self._board(event.board)

    def _board(self, event: ev.Board) -> None:
        if self.parts:  # rows of later parts come under the columns of the first
            return
        self.board = event
        soaks = self.run is not None and self.run.protocol.soak_s is not None
        self._columns = Columns(event, self._whole, soaks)
        self.history = self._columns.history
        if self.status == "connecting":
            self.status = "idle"
        self.touch("board", "telemetry", "status")

    def _part(self, event: ev.Part) -> None:
        """The session was cut here, and goes on in another process."""
        self.cut()
        self.parts.append(event)
        for record in self.records.values():
            record.inherit(self.shared_stages)
        self.shared_stages = {}
        self._results.clear()
        self._columns.begin_part(self.counters)
        self.note(f"the session was cut here; part {len(self.parts) + 1}")

    def apply_rows(self, rows: Sequence[ev.Telemetry]) -> None:
        """As ``apply`` of one after the other, at a fraction of the cost."""
        if not rows:
            return
        self.t = max(self.t, *(row.t for row in rows))
        self.telemetry = rows[-1]
        self.rows += len(rows)
        self._columns.keep(rows)
        if self.run is not None and self.run_end is None:
            self._columns.observe(rows, self.observed, self.counters)
        self.touch("telemetry")

    def _run(self, event: ev.RunStart) -> None:
        self.run, self.run_end, self.fault = event, None, None
        self.records = {case.id: ObservedCase(case) for case in event.cases}
        self._results.clear()
        self.observed, self.counters = ObservedBoard(), {}
        self._columns.begin_run(soaks=event.protocol.soak_s is not None)
        self.observed.throttle.append(self.throttle)
        self.overheads = []
        self.finished, self.current, self.last_case = 0, None, None
        self.ended = set()
        del self.recent[:]
        self.foldings = None
        self.status = "running"
        self.touch("cases", "latency", "status")

    def _case(self, event: ev.CaseStart) -> None:
        record = self.records.get(event.c)
        if record is None:
            return
        self.current = self.last_case = event.c
        self.round, self.samples_in_round, self.stage = event.r, 0, None
        record.begin(event.r)
        record.throttled.append(self.throttle.now)
        del self.recent[:]
        self.touch("cases", "latency", "status")

    def _stage(self, event: ev.Stage) -> None:
        if event.ns is None:
            self.stage = event
        elif event.c is None:
            self.shared_stages[event.name] = event
        elif event.c in self.records:
            self.records[event.c].add_stage(event)
        self.touch("status", "cases")

    def _model(self, event: ev.Model) -> None:
        if event.c is None:
            self.counted.append(event)
            return
        if event.c in self.records:
            self.records[event.c].add_model(event)
        self.touch("cases")

    def _latency(self, event: ev.Latency) -> None:
        record = self.records.get(event.c)
        if record is None or not record.add_passes(event):
            return
        if not event.flags:
            self.samples_in_round += len(event.d)
        if event.i == 0 or event.flags == "E":  # what counts, the warm-up and the block are three samples
            del self.recent[:]
        if self._drawn:
            self.lane.add(event.b, event.d)
            self.recent.extend(event.d)
            if len(self.recent) > 2 * RECENT_PASSES:
                del self.recent[:-RECENT_PASSES]
        self.touch("latency", "cases", "status")

    def _kept(self, event: ev.Memory | ev.Forecast | ev.Rule | ev.Transfer) -> None:
        if event.c in self.records:
            self.records[event.c].keep(event)
            self.touch("cases")

    def _case_end(self, event: ev.CaseEnd) -> None:
        record = self.records.get(event.c)
        if record is None:
            return
        self.finished += 1
        if event.status in ENDED:
            self.ended.add((event.c, event.r))
        self.current, self.stage = None, None
        record.add_end(event)
        if self.foldings is not None and self.run is not None and self.run.protocol.rounds == 1:
            self.foldings.forget(event.c)
        self.touch("cases", "status")

    def _fault(self, event: ev.Fault) -> None:
        self.fault = event
        self.status = "lost" if event.code == "agent_lost" else "failed"
        self._abandon("interrupted", event.text)
        self.touch("status", "cases")

    def _run_end(self, event: ev.RunEnd) -> None:
        self.run_end = event
        self.status = event.status
        for name, (first, last) in self.counters.items():
            if last > first:
                self.note(f"{name} rose by {last - first} during the run", "warning", "agent")
        self._abandon("skipped", None)
        if self.tell_ends and self.header is not None:
            for level, text in narrative.scores(self.header.plan, self.case_results):
                self.note(text, level)
        self._results.renew()  # clocks of the whole run are known now: what a recording of it says is said here
        self.touch("status", "cases")

    def _abandon(self, queued_becomes: str, error: str | None) -> None:
        for record in self.records.values():
            if record.status == "running":
                record.status, record.error = "interrupted", record.error or error
            elif record.status == "queued":
                record.status = queued_becomes
        self.current, self.stage = None, None

    def cut(self) -> None:
        """The stream ended without its last event: a recording of a killed session."""
        if self.status == "running":
            self.status = "interrupted"
            self._abandon("skipped", "the recording ends here")

    # the picture of it for views is made in picture.py
    def case_results(self) -> tuple[CaseResult, ...]:
        return tuple(self.result(record) for record in self.records.values())

    def result(self, record: ObservedCase) -> CaseResult:
        return self._results.of(record, self.shared_stages, self.board, self.observed)

    def soak_onsets(self) -> tuple[Onset, ...]:
        record = self.records.get(self.current) if self.current is not None else None
        return () if record is None else self._results.soak_onsets(record, self.board, self.observed)


def _software(state: SessionState, event: ev.Software) -> None:
    state.software = event
    state.touch("software")


def _models(state: SessionState, event: ev.Models) -> None:
    state.models, state.models_known = event.models, True
    state.touch("models")


def _resumed(state: SessionState, event: ev.Resume) -> None:
    """What is left is measured as if it had never begun."""
    if state.run is None:
        return
    state.run_end, state.fault = None, None
    state.status = "running"
    left = [(name, r) for r, row in enumerate(event.left) for name in row]
    state.ended.difference_update(left)
    aside = sum(state.records[name].set_aside(r) for name, r in left if name in state.records)
    state.finished = max(0, sum(map(len, state.run.order)) - len(left))
    state.current, state.last_case, state.foldings = None, None, None
    del state.recent[:]
    passes = f"; {aside} passes of a case that was cut are set aside" if aside else ""
    state.note(f"the run goes on: {len(left)} cases are left{passes}")
    state.touch("cases", "latency", "status")


def _settings(state: SessionState, event: ev.Settings) -> None:
    if state.board is not None and event.facts:
        state.board = msgspec.structs.replace(state.board, facts={**state.board.facts, **event.facts})
        state.touch("board")


def _throttle(state: SessionState, event: ev.Throttle) -> None:
    """That a soak throttles is its own: the other figures of its case are from before."""
    state.throttle = event
    state.observed.throttle.append(event)
    soaks = state.stage is not None and state.stage.name == "soak"
    if state.current is not None and not soaks:
        state.records[state.current].throttled.append(event.now)
    state.touch("telemetry")


def _reached(state: SessionState, event: ev.Remote) -> None:
    state.remote = event
    state.touch("status")


_UNTOLD = (ev.Telemetry, ev.Latency)  # most of all events: neither a moment nor a line of the log
_HANDLERS: dict[type[ev.Event], Callable[[SessionState, Any], None]] = {
    ev.Header: SessionState._header,
    ev.Board: SessionState._board,
    ev.Telemetry: lambda state, event: state.apply_rows((event,)),
    ev.Settings: _settings,
    ev.Throttle: _throttle,
    ev.Software: _software,
    ev.Models: _models,
    ev.Part: SessionState._part,
    ev.RunStart: SessionState._run,
    ev.Resume: _resumed,
    ev.CaseStart: SessionState._case,
    ev.Stage: SessionState._stage,
    ev.Model: SessionState._model,
    ev.Latency: SessionState._latency,
    ev.Memory: SessionState._kept,
    ev.Forecast: SessionState._kept,
    ev.Rule: SessionState._kept,
    ev.Transfer: SessionState._kept,
    ev.CaseEnd: SessionState._case_end,
    ev.Calibration: explained.calibrated,
    ev.Profile: explained.profiled,
    ev.Experiment: explained.tried,
    ev.Agreement: explained.compared,
    ev.Data: explained.given,
    ev.Hits: explained.judged,
    ev.Fault: SessionState._fault,
    ev.Overhead: lambda state, event: state.overheads.append(event),
    ev.Remote: _reached,
    ev.PackFile: lambda state, event: state.files.append(event),
    ev.Check: lambda state, event: state.checks.update({event.name: event} if event.ns is not None else {}),
    ev.RunEnd: SessionState._run_end,
}
