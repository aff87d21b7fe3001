"""A meter's readings, recorded elsewhere, in the place of a session's total power."""

from __future__ import annotations

from array import array

import msgspec

from jetbench.analysis.meter import METHOD, SCOPE, MeterSeries
from jetbench.analysis.telemetry import TOTAL_POWER
from jetbench.domain import events as ev
from jetbench.domain.observed import PowerSeries
from jetbench.session.state import SessionState


def align(state: SessionState, series: MeterSeries) -> None:
    """Power and energy come from ``series`` from now on. To be called before results are asked for.

    Raises ValueError, one sentence, where the two have no moment in common.
    """
    if state.run is None:
        raise ValueError("the recording holds no run")
    if series.relative:
        offset = state.run.t
    elif state.header is not None and state.header.wall_ns:
        offset = state.header.t - state.header.wall_ns
    else:
        raise ValueError("the recording does not say what time it was: give times since the start of the run")
    times = array("q", (t + offset for t in series.t))
    end = state.run_end.t if state.run_end is not None else state.t
    if times[-1] < state.run.t or times[0] > end:
        away = times[0] - end if times[0] > end else state.run.t - times[-1]
        where = "after" if times[0] > end else "before"
        raise ValueError(f"all its readings are {away * 1e-9:.0f} s {where} the run: do the two clocks agree?")
    board = state.board or ev.Board()
    total = ev.Channel(id=TOTAL_POWER, quantity="power", name="total", unit="W", scale=1e-6, source=METHOD)
    others = tuple(channel for channel in board.channels if channel.id != TOTAL_POWER)
    place = next((i for i, channel in enumerate(board.channels) if channel.id == TOTAL_POWER), None)
    channels = (*others, total) if place is None else (*others[:place], total, *others[place:])
    rule = ev.PowerRule(method=METHOD, scope=SCOPE)
    facts = board.facts | {"power": {"meter": METHOD}}  # neither the rails nor the counters of the board's own total
    state.board = msgspec.structs.replace(board, channels=channels, power=rule, facts=facts)
    state.observed.power = PowerSeries()
    state.observed.power.t, state.observed.power.watts = times, series.watts
