"""Whether an event that could be decoded can also be true: bounds that arithmetic relies on."""

from __future__ import annotations

from jetbench.domain import events as ev

# Half of 64 bits, so that no sum of two time stamps overflows an array or a date.
_LIMIT = 1 << 62
_MAX_CASES = 100_000


def unsound(event: ev.AnyEvent) -> str | None:
    """Why an event cannot be, or None."""
    if not (0 <= event.t < _LIMIT and 0 <= event.n < _LIMIT):
        return "a time stamp or number out of range"
    if isinstance(event, ev.Latency):
        return _latency(event)
    if isinstance(event, ev.Telemetry):
        return None if all(v is None or abs(v) < _LIMIT for v in event.v) else "a reading out of range"
    if isinstance(event, ev.Stage):
        return None if event.ns is None or 0 <= event.ns < _LIMIT else "a duration out of range"
    if isinstance(event, ev.RunStart):
        return None if all(_case(case) for case in event.cases) else "a case out of range"
    if isinstance(event, ev.Board):
        return _board(event)
    if isinstance(event, ev.Header):
        if not 0 <= event.wall_ns < _LIMIT:
            return "a time stamp out of range"
        return None if event.board is None else _board(event.board)
    if isinstance(event, ev.Model | ev.Memory):
        return _counts(event)
    return None


def _latency(event: ev.Latency) -> str | None:
    if len(event.s) != len(event.d):
        return "starts and durations differ in number"
    if not (0 <= event.i < _LIMIT and 0 <= event.r < 1 << 31 and 0 <= event.b < _LIMIT):
        return "an index or start out of range"
    if event.d and (min(event.d) < 0 or max(event.d) >= _LIMIT or min(event.s) < 0 or max(event.s) >= _LIMIT):
        return "a duration or start out of range"
    return None


def _case(case: ev.Case) -> bool:
    return 1 <= case.batch < 1 << 31 and 0 <= case.threads < 1 << 31 and 0 <= case.id < _LIMIT


def _board(event: ev.Board) -> str | None:
    return None if all(1e-15 <= channel.scale <= 1e15 for channel in event.channels) else "a scale out of range"


def _counts(event: ev.Model | ev.Memory) -> str | None:
    values = (getattr(event, name) for name in event.__struct_fields__)
    return None if all(not isinstance(v, int) or 0 <= v < _LIMIT for v in values) else "a count out of range"
