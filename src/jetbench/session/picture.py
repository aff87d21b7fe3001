"""The picture of a session's state that views draw: a Snapshot, made from the fold once a frame."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from jetbench.analysis.progress import seconds_left
from jetbench.analysis.telemetry import TOTAL_POWER, headline_temperature, scaled
from jetbench.domain import events as ev
from jetbench.domain.bins import Bins
from jetbench.domain.observed import ObservedCase
from jetbench.session.playhead import Span
from jetbench.session.snapshot import Progress, Reading, Snapshot
from jetbench.session.state import RECENT_PASSES, SessionState

LANE_NS = 600_000_000_000  # the longest stretch that is charted


def span(state: SessionState) -> Span:
    """From the begin of the run to the newest event."""
    begin = state.run.t if state.run is not None else state.t
    return Span(begin, max(begin, state.t))


def readings(state: SessionState, headlines: bool = False) -> dict[str, Reading]:
    """Of all channels, or of those that one board of many is told with: its total power and its temperatures."""
    if state.board is None:
        return {}
    row: Sequence[int | None] = state.telemetry.v if state.telemetry else ()
    why: dict[str, str] = state.telemetry.why if state.telemetry else {}
    found: dict[str, Reading] = {}
    for index, channel in enumerate(state.board.channels):
        if headlines and channel.quantity != "temperature" and channel.id != TOTAL_POWER:
            continue
        value = scaled(channel, row[index]) if index < len(row) else None
        reason = None if value is not None else channel.reason or why.get(channel.id) or "no_reading_yet"
        found[channel.id] = Reading(channel, value, reason)
    return found


def progress(state: SessionState) -> Progress:
    current = state.records.get(state.current) if state.current is not None else None
    protocol = state.run.protocol if state.run else ev.Protocol()
    total = len(state.records) * protocol.rounds
    left = seconds_left(state.records.values(), protocol, state.finished, state.current, state.samples_in_round)
    return Progress(
        case=current.case if current else None,
        stage=state.stage.name if state.stage else None,
        stage_since=state.stage.t if state.stage else None,
        round=state.round,
        samples=state.samples_in_round,
        target=protocol.k,
        finished=state.finished,
        total=total,
        seconds_left=left if state.status == "running" else None,
    )


def charted(state: SessionState, zone: str | None) -> list[str]:
    """Channels that are drawn over time; ``zone``: of the headline temperature."""
    shown = [TOTAL_POWER, "clock.gpu", "load.gpu", "load.cpu", *([zone] if zone else [])]
    if state.board is not None:
        shown += [c.id for c in state.board.channels if c.id.startswith("clock.cpu.")][:1]
    return [name for name in shown if name in state.history]


def whole(state: SessionState, record: ObservedCase) -> Bins | None:
    """The clean passes of a case that runs; one that is over has them in its result."""
    if record.status != "running" or not record.passes:
        return None
    if state.foldings is None:
        from jetbench.session.whole import Whole  # no case runs when the screen is first painted

        state.foldings = Whole()
    return state.foldings.bins(record, state.observed)


def glance(state: SessionState, trouble: str | None = None) -> Snapshot:
    """What is so just now, without what is drawn over time, and of the readings power and temperatures alone: enough to
    draw one board of many, at a tenth of the cost."""
    return _now(state, readings(state, headlines=True), trouble)


def _now(state: SessionState, read: dict[str, Reading], trouble: str | None) -> Snapshot:
    last = state.records.get(state.last_case) if state.last_case is not None else None
    return Snapshot(
        t=state.t,
        t_start=state.run.t if state.run else None,
        status=state.status,
        fault=state.fault.text if state.fault else None,
        hint=state.fault.hint if state.fault else None,
        board=state.board,
        software=state.software,
        host=state.remote.host if state.remote else None,
        models=state.models,
        models_known=state.models_known,
        protocol=state.run.protocol if state.run else None,
        cases=state.case_results(),
        progress=progress(state),
        recent_ns=state.recent[-RECENT_PASSES:],
        recent_case=last.case if last else None,
        readings=read,
        trouble=trouble,
        throttled=state.throttle.now,
        throttle_active=state.throttle.active,
        throttle_notices=state.throttle.notices,
        throttle_reason=state.throttle.reason,
        revisions=dict(state.revisions),
    )


def picture(state: SessionState) -> Snapshot:
    read = readings(state)
    found = _now(state, read, None)
    zone = None
    if state.board is not None:
        zone = headline_temperature(state.board, [reading.value for reading in read.values()])
    last = state.records.get(state.last_case) if state.last_case is not None else None
    return replace(
        found,
        whole=whole(state, last) if last else None,
        history={name: state.history.series(name) for name in charted(state, zone)},
        lane=state.lane.between(state.t - LANE_NS, state.t),
        moments=tuple(state.timeline.moments),
        onsets=state.soak_onsets() if state.stage is not None and state.stage.name == "soak" else (),
        log=tuple(state.log),
    )
