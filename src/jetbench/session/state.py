"""SessionState: the one fold of events. Live, replayed and read from a file are the same fold."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from jetbench.analysis import case as case_analysis
from jetbench.analysis.energy import counter_channels
from jetbench.analysis.telemetry import TOTAL_POWER, scaled
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedBoard, ObservedCase, Series
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
        self.shared_stages: dict[str, ev.Stage] = {}  # of the parent that all cases share
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
        self.observed = ObservedBoard()  # while a run lasts
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
            self._observe(self.board, event, values)
        self.touch("telemetry")

    def _observe(self, board: ev.Board, row: ev.Telemetry, values: dict[str, float | None]) -> None:
        """Power, energy, counters, clocks and loads of one tick of a run."""
        power = self.observed.power
        watts = values.get(TOTAL_POWER)
        if watts is not None:
            power.t.append(row.t)
            power.watts.append(watts)
        joules = [values.get(name) for name in counter_channels(board)]
        if joules and None not in joules:
            power.counter_t.append(row.t)
            power.joules.append(sum(value for value in joules if value is not None))
        kept = {"clock": self.observed.clocks, "load": self.observed.loads}
        for channel, raw in zip(board.channels, row.v, strict=False):
            if raw is None:
                continue
            if channel.quantity == "counter":
                self.counters[channel.name] = (self.counters.get(channel.name, (raw, raw))[0], raw)
            elif channel.quantity in kept:
                kept[channel.quantity].setdefault(channel.id, Series()).add(row.t, raw * channel.scale)

    def _throttle(self, event: ev.Throttle) -> None:
        self.throttle = event
        self.observed.throttle.append(event)
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
        self.observed, self.counters = ObservedBoard(), {}
        self.observed.throttle.append(self.throttle)
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
        self.recent.extend(event.d)
        self.touch("latency", "cases", "status")

    def _memory(self, event: ev.Memory) -> None:
        if event.c in self.records:
            self.records[event.c].memory = event

    def _forecast(self, event: ev.Forecast) -> None:
        if event.c in self.records:
            self.records[event.c].forecast = event
            self.touch("cases")

    def _rule(self, event: ev.Rule) -> None:
        if event.c in self.records:
            self.records[event.c].rules.append(event)

    def _transfer(self, event: ev.Transfer) -> None:
        if event.c in self.records:
            self.records[event.c].transfers.append(event)

    def _case_end(self, event: ev.CaseEnd) -> None:
        record = self.records.get(event.c)
        if record is None:
            return
        self.finished += 1
        self.current, self.stage = None, None
        record.add_end(event)
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
        read = self.observed.power.t
        settled = not record.windows or not read or read[-1] > (record.energy or record.windows)[-1][1]
        key = (len(record.duration), record.status, settled, len(read) if not settled else 0)
        if known is None or known[0] != key:
            result = case_analysis.result(record, self.shared_stages, self.board, self.observed)
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
    ev.Forecast: SessionState._forecast,
    ev.Rule: SessionState._rule,
    ev.Transfer: SessionState._transfer,
    ev.CaseEnd: SessionState._case_end,
    ev.Fault: SessionState._fault,
    ev.Overhead: SessionState._overhead,
    ev.PackFile: SessionState._file,
    ev.RunEnd: SessionState._run_end,
}
