"""SessionState: the one fold of events. Live, replayed and read from a file are the same fold."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from jetbench.analysis import case as case_analysis
from jetbench.analysis.energy import counter_channels
from jetbench.analysis.telemetry import TOTAL_POWER, scaled
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedCase, PowerSeries
from jetbench.domain.results import CaseResult
from jetbench.session import narrative
from jetbench.session.snapshot import LogLine

RECENT_PASSES = 2000  # the rolling window of the histogram
LOG_LINES = 1000
HISTORY_TICKS = 3600


class SessionState:
    def __init__(self) -> None:
        self.header: ev.Header | None = None
        self.board: ev.Board | None = None
        self.software: ev.Software | None = None
        self.models: tuple[ev.ModelEntry, ...] = ()
        self.models_known = False
        self.run: ev.RunStart | None = None
        self.run_end: ev.RunEnd | None = None
        self.fault: ev.Fault | None = None
        self.throttle = ev.Throttle()
        self.records: dict[int, ObservedCase] = {}
        self.shared_stages: dict[str, int] = {}  # of the parent that all cases share
        self.overheads: list[ev.Overhead] = []
        self.files: list[ev.PackFile] = []  # of the board, asked for to be packed
        self.counted: list[ev.Model] = []  # counts that belong to no case
        self.status = "connecting"
        self.t = 0
        self.finished = 0
        self.current: int | None = None
        self.stage: ev.Stage | None = None
        self.round = 0
        self.samples_in_round = 0
        self.last_case: int | None = None
        self.recent: deque[int] = deque(maxlen=RECENT_PASSES)
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.power = PowerSeries()
        self.counters: dict[str, tuple[int, int]] = {}  # of the board: at the begin of the run, and now
        self.telemetry: ev.Telemetry | None = None
        self.rows = 0  # of telemetry
        self.history: dict[str, deque[tuple[int, float | None]]] = {}
        self.revisions: dict[str, int] = {}
        self._results: dict[int, tuple[tuple[int, str, bool, int], CaseResult]] = {}

    def apply(self, event: ev.Event) -> None:
        self.t = max(self.t, event.t)
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)
        told = narrative.line(event, self.records, self.run)
        if told is not None:
            source = event.source if isinstance(event, ev.Log) else "agent"
            self.log.append(LogLine(event.t, told[0], source, told[1]))
            self.touch("log")

    def touch(self, *parts: str) -> None:
        for part in parts:
            self.revisions[part] = self.revisions.get(part, 0) + 1

    def note(self, text: str, level: str = "info", source: str = "screen") -> None:
        """A line of our own for the log pane."""
        self.log.append(LogLine(self.t, level, source, text))
        self.touch("log")

    # -- handlers, one a kind of event

    def _header(self, event: ev.Header) -> None:
        self.header = event
        if event.board is not None:
            self._board(event.board)

    def _board(self, event: ev.Board) -> None:
        self.board = event
        self.history = {channel.id: deque(maxlen=HISTORY_TICKS) for channel in event.channels}
        if self.status == "connecting":
            self.status = "idle"
        self.touch("board", "telemetry", "status")

    def _telemetry(self, event: ev.Telemetry) -> None:
        self.telemetry = event
        self.rows += 1
        if self.board is None:
            return
        values = {channel.id: scaled(channel, raw) for channel, raw in zip(self.board.channels, event.v, strict=False)}
        for name, value in values.items():
            self.history[name].append((event.t, value))
        if self.run is not None and self.run_end is None:
            self._power(self.board, event, values)
        self.touch("telemetry")

    def _power(self, board: ev.Board, row: ev.Telemetry, values: dict[str, float | None]) -> None:
        """Power, energy and counters of one tick of a run."""
        watts = values.get(TOTAL_POWER)
        if watts is not None:
            self.power.t.append(row.t)
            self.power.watts.append(watts)
        joules = [values.get(name) for name in counter_channels(board)]
        if joules and None not in joules:
            self.power.counter_t.append(row.t)
            self.power.joules.append(sum(value for value in joules if value is not None))
        for channel, raw in zip(board.channels, row.v, strict=False):
            if channel.quantity == "counter" and raw is not None:
                self.counters[channel.name] = (self.counters.get(channel.name, (raw, raw))[0], raw)

    def _throttle(self, event: ev.Throttle) -> None:
        self.throttle = event
        if self.current is not None:
            self.records[self.current].throttled.append(event.now)
        self.touch("telemetry")

    def _software(self, event: ev.Software) -> None:
        self.software = event
        self.touch("software")

    def _models(self, event: ev.Models) -> None:
        self.models, self.models_known = event.models, True
        self.touch("models")

    def _run(self, event: ev.RunStart) -> None:
        self.run, self.run_end, self.fault = event, None, None
        self.records = {case.id: ObservedCase(case) for case in event.cases}
        self._results.clear()
        self.power, self.counters = PowerSeries(), {}
        self.overheads = []
        self.finished, self.current, self.last_case = 0, None, None
        self.recent.clear()
        self.status = "running"
        self.touch("cases", "latency", "status")

    def _case(self, event: ev.CaseStart) -> None:
        record = self.records.get(event.c)
        if record is None:
            return
        self.current = self.last_case = event.c
        self.round, self.samples_in_round, self.stage = event.r, 0, None
        record.status = "running"
        record.throttled.append(self.throttle.now)
        self.recent.clear()
        self.touch("cases", "latency", "status")

    def _stage(self, event: ev.Stage) -> None:
        if event.ns is None:
            self.stage = event
        elif event.c is None:
            self.shared_stages[event.name] = event.ns
        elif event.c in self.records:
            self.records[event.c].stages.setdefault(event.name, event.ns)
        self.touch("status", "cases")

    def _model(self, event: ev.Model) -> None:
        if event.c is None:
            self.counted.append(event)
            return
        record = self.records.get(event.c)
        if record is None:
            return
        known = record.model
        if known is None or event.params is not None or event.error is not None:
            record.model = event
        else:  # the case only says the shape it really ran with
            record.model = msgspec.structs.replace(known, input=event.input)
        self.touch("cases")

    def _latency(self, event: ev.Latency) -> None:
        record = self.records.get(event.c)
        if record is None or len(event.s) != len(event.d) or not event.d:
            return
        warm = "W" in event.flags
        for offset, (start, duration) in enumerate(zip(event.s, event.d, strict=True)):
            record.round.append(event.r)
            record.index.append(event.i + offset)
            record.start.append(event.b + start)
            record.duration.append(duration)
            record.warm.append(warm)
        if not warm:
            window = (event.b + event.s[0], event.b + event.s[-1] + event.d[-1])
            if event.i == 0 or not record.windows:
                record.windows.append(window)
            else:
                record.windows[-1] = (record.windows[-1][0], window[1])
            record.passes += len(event.d)
            self.samples_in_round += len(event.d)
        self.recent.extend(event.d)
        self.touch("latency", "cases", "status")

    def _memory(self, event: ev.Memory) -> None:
        if event.c in self.records:
            self.records[event.c].memory = event

    def _case_end(self, event: ev.CaseEnd) -> None:
        record = self.records.get(event.c)
        if record is None:
            return
        self.finished += 1
        self.current, self.stage = None, None
        # A later round that fails does not unmake passes an earlier one measured; its error is kept.
        record.was_measured = record.was_measured or event.status == "measured"
        record.status = "measured" if record.was_measured else event.status
        record.error = event.error or record.error
        record.stop = event.stop or record.stop
        self.touch("cases", "status")

    def _fault(self, event: ev.Fault) -> None:
        self.fault = event
        self.status = "lost" if event.code == "agent_lost" else "failed"
        self._abandon("interrupted", event.text)
        self.touch("status", "cases")

    def _file(self, event: ev.PackFile) -> None:
        self.files.append(event)

    def _overhead(self, event: ev.Overhead) -> None:
        self.overheads.append(event)

    def _run_end(self, event: ev.RunEnd) -> None:
        self.run_end = event
        self.status = event.status
        for name, (first, last) in self.counters.items():
            if last > first:
                self.note(f"{name} rose by {last - first} during the run", "warning", "agent")
        self._abandon("skipped", None)
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

    # -- what is read from the fold; the picture of it for views is made in picture.py

    def case_results(self) -> tuple[CaseResult, ...]:
        return tuple(self._result(record) for record in self.records.values())

    def _result(self, record: ObservedCase) -> CaseResult:
        """Statistics of an unfinished case are left to the rolling window; finished ones are kept."""
        if record.status in ("queued", "running"):
            return CaseResult(record.case, record.status, model=record.model)
        known = self._results.get(record.case.id)
        # Power at the end of the last pass is known only when a reading after it has come.
        settled = not record.windows or not self.power.t or self.power.t[-1] > record.windows[-1][1]
        key = (len(record.duration), record.status, settled, len(self.power.t) if not settled else 0)
        if known is None or known[0] != key:
            result = case_analysis.result(record, self.shared_stages, self.board, self.power)
            known = (key, result)
            self._results[record.case.id] = known
        return known[1]


_HANDLERS: dict[type[ev.Event], Callable[[SessionState, Any], None]] = {
    ev.Header: SessionState._header,
    ev.Board: SessionState._board,
    ev.Telemetry: SessionState._telemetry,
    ev.Throttle: SessionState._throttle,
    ev.Software: SessionState._software,
    ev.Models: SessionState._models,
    ev.RunStart: SessionState._run,
    ev.CaseStart: SessionState._case,
    ev.Stage: SessionState._stage,
    ev.Model: SessionState._model,
    ev.Latency: SessionState._latency,
    ev.Memory: SessionState._memory,
    ev.CaseEnd: SessionState._case_end,
    ev.Fault: SessionState._fault,
    ev.Overhead: SessionState._overhead,
    ev.PackFile: SessionState._file,
    ev.RunEnd: SessionState._run_end,
}
