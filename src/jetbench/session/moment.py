"""The picture of a session as it was at an earlier moment: what a frozen screen and a replay show.

The fold is not run again: all that was told is still there by its time, so a moment is cut out of it. Only a case
that was to be measured in further rounds is analysed anew, from the passes it had by then.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence

from msgspec.structs import replace

from jetbench.analysis import case as case_analysis
from jetbench.analysis.telemetry import headline_temperature
from jetbench.domain import events as ev
from jetbench.domain.bins import Bins
from jetbench.domain.observed import COUNTS, ObservedCase
from jetbench.domain.results import CaseResult
from jetbench.session.picture import LANE_NS, charted, span
from jetbench.session.playhead import neighbour
from jetbench.session.snapshot import Progress, Reading, Snapshot
from jetbench.session.state import RECENT_PASSES, SessionState
from jetbench.session.timeline import Moment
from jetbench.session.whole import WholeBefore


def step(state: SessionState, t: int, forwards: bool) -> int | None:
    """When the next pass began or the next reading was taken, or the last before ``t``; None where there is none."""
    columns = [state.history.t, *(record.start for record in state.records.values())]
    seen = span(state)
    found = [at for times in columns if (at := neighbour(times, t, forwards)) is not None and seen.clamp(at) == at]
    if not found:
        return None
    return min(found) if forwards else max(found)


class Looker:
    """Pictures of one session at any moment. Keeps the analyses of cases that were cut in the middle."""

    def __init__(self) -> None:
        self._cut: dict[tuple[int, int, int], CaseResult] = {}
        self._whole = WholeBefore()

    def at(self, state: SessionState, live: Snapshot, t: int) -> Snapshot:
        """``live``: the picture of now, whose parts that do not change with time are taken over."""
        found = self.glance(state, live, t)
        if found is live:
            return live
        moments = state.timeline.until(t)
        record = _last(state, moments)
        return replace(
            found,
            whole=self._bins(state, record, found.progress, t) if record else None,
            history={name: state.history.series(name, until=t) for name in _charted(state, t)},
            lane=state.lane.between(t - LANE_NS, t),
            moments=tuple(moments),
            log=tuple(line for line in state.log if line.t <= t),
        )

    def glance(self, state: SessionState, live: Snapshot, t: int) -> Snapshot:
        """The same without what is drawn over time, which is most of the work: enough for one board of many."""
        if state.run is None or t >= state.t:
            return live
        moments = state.timeline.until(t)
        record, throttle = _last(state, moments), _throttle(state, t)
        fault = any(m.kind == "fault" for m in moments)
        return Snapshot(
            t=t,
            t_start=state.run.t,
            status=_status(state, t),
            fault=live.fault if fault else None,
            hint=live.hint if fault else None,
            board=live.board,
            software=live.software,
            host=live.host,
            models=live.models,
            models_known=live.models_known,
            protocol=live.protocol,
            cases=tuple(self._result(state, case, moments, t) for case in state.records.values()),
            progress=_progress(state, moments, t),
            recent_ns=_recent(record, t, moments),
            recent_case=record.case if record else None,
            readings=_readings(state, t),
            throttled=throttle.now,
            throttle_active=throttle.active,
            throttle_notices=throttle.notices,
            throttle_reason=throttle.reason,
            revisions=dict.fromkeys(("cases", "latency", "log", "status", "telemetry", "board", "software"), t),
        )

    def _bins(self, state: SessionState, record: ObservedCase, progress: Progress, t: int) -> Bins | None:
        if progress.case is None or state.run is None:  # none ran at that moment
            return None
        return self._whole.bins(record, state.observed, t, (state.run.t, len(state.parts)))

    def _result(self, state: SessionState, record: ObservedCase, moments: Sequence[Moment], t: int) -> CaseResult:
        own = [m for m in moments if m.case == record.case.id and m.kind in ("case", "case_end")]
        if not own:
            return CaseResult(record.case, "queued", model=record.model)
        if own[-1].kind == "case":
            return CaseResult(record.case, "running", model=record.model)
        ends = sum(1 for m in state.timeline.moments if m.kind == "case_end" and m.case == record.case.id)
        done = sum(1 for m in own if m.kind == "case_end")
        if done == ends:
            return state.result(record)
        key = (state.run.t if state.run is not None else 0, record.case.id, done)  # the next run has the same cases
        if key not in self._cut:
            cut = record.until(own[-1].t)
            cut.status, cut.error = own[-1].text or "measured", None
            self._cut[key] = case_analysis.result(cut, state.shared_stages, state.board, state.observed)
        return self._cut[key]


def _last(state: SessionState, moments: Sequence[Moment]) -> ObservedCase | None:
    """The case that was begun last."""
    last = next((m.case for m in reversed(moments) if m.kind == "case"), None)
    return state.records.get(last) if last is not None else None


def _progress(state: SessionState, moments: Sequence[Moment], t: int) -> Progress:
    assert state.run is not None
    begun = next((m for m in reversed(moments) if m.kind in ("case", "case_end")), None)
    stage = next((m for m in reversed(moments) if m.kind in ("stage", "case_end")), None)
    case = state.records[begun.case].case if begun and begun.kind == "case" and begun.case in state.records else None
    samples = 0
    if case is not None and begun is not None:
        record = state.records[case.id]
        edge = bisect_right(record.start, t)
        first = bisect_right(record.start, begun.t)
        samples = record.purpose.count(COUNTS, first, edge)
    return Progress(
        case=case,
        stage=stage.text if stage is not None and stage.kind == "stage" else None,
        stage_since=stage.t if stage is not None and stage.kind == "stage" else None,
        round=begun.round if begun else 0,
        samples=samples,
        target=state.run.protocol.k,
        finished=sum(1 for m in moments if m.kind == "case_end"),
        total=len(state.records) * state.run.protocol.rounds,
        seconds_left=None,
    )


def _recent(record: ObservedCase | None, t: int, moments: Sequence[Moment]) -> array[int]:
    """The newest passes of the case that was looked at: of its round, and either all warm-up or all counting."""
    if record is None:
        return array("q")
    begun = next((m.t for m in reversed(moments) if m.kind == "case" and m.case == record.case.id), 0)
    last = bisect_right(record.start, t)
    first = max(bisect_right(record.start, begun), last - RECENT_PASSES)
    alike = [begin for begin, _, _ in record.purpose.spans(first, last)]
    return array("q", record.duration[alike[-1] : last] if alike else ())


def _status(state: SessionState, t: int) -> str:
    ended = state.run_end is not None and t >= state.run_end.t
    return state.status if ended else "running"


def _throttle(state: SessionState, t: int) -> ev.Throttle:
    return next((told for told in reversed(state.observed.throttle) if told.t <= t), state.observed.throttle[0])


def _readings(state: SessionState, t: int) -> dict[str, Reading]:
    board = state.board
    if board is None:
        return {}
    row = state.history.row(t)
    found = {}
    for channel in board.channels:
        value = row.get(channel.id)
        reason = None if value is not None else channel.reason or "no_reading_yet"
        found[channel.id] = Reading(channel, value, reason)
    return found


def _charted(state: SessionState, t: int) -> list[str]:
    row = state.history.row(t)
    board = state.board
    zone = headline_temperature(board, [row.get(c.id) for c in board.channels]) if board is not None else None
    return charted(state, zone)
