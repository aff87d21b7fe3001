"""Whether an event that could be decoded can also be true: bounds that arithmetic relies on."""

from __future__ import annotations

import msgspec

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
        spent = (event.ns, event.major_faults, event.swap_in_kib, event.read_kib, event.cache_kib)
        return None if all(n is None or 0 <= n < _LIMIT for n in spent) else "a duration out of range"
    if isinstance(event, ev.RunStart):
        return None if all(_case(case) for case in event.cases) else "a case out of range"
    if isinstance(event, ev.Board):
        return _board(event)
    if isinstance(event, ev.Header):
        if not 0 <= event.wall_ns < _LIMIT:
            return "a time stamp out of range"
        return None if event.board is None else _board(event.board)
    if isinstance(event, ev.Model | ev.Memory | ev.Transfer | ev.Forecast | ev.Rule | ev.CaseEnd):
        return None if _bounded(event) else "a count out of range"
    return None


def _latency(event: ev.Latency) -> str | None:
    if len(event.s) != len(event.d):
        return "starts and durations differ in number"
    if not (0 <= event.i < _LIMIT and 0 <= event.r < 1 << 31 and 0 <= event.b < _LIMIT):
        return "an index or start out of range"
    if event.d and (min(event.d) < 0 or max(event.d) >= _LIMIT or min(event.s) < 0 or max(event.s) >= _LIMIT):
        return "a duration or start out of range"
    told = (event.faults, event.gc, event.device, event.parts, event.spent)
    if not all(map(_bounded, told)) or not _bounded(event.waits, -1):
        return "a count out of range"
    return None if 0 <= event.swap_in_kib < _LIMIT and 0 <= event.steal_ms < _LIMIT else "a count out of range"


def _case(case: ev.Case) -> bool:
    return 1 <= case.batch < 1 << 31 and 0 <= case.threads < 1 << 31 and 0 <= case.id < _LIMIT


def _board(event: ev.Board) -> str | None:
    return None if all(1e-15 <= channel.scale <= 1e15 for channel in event.channels) else "a scale out of range"


def _bounded(value: object, least: int = 0) -> bool:
    """Whether every whole number in it, however deep, is one that a count can be."""
    if isinstance(value, int):
        return least <= value < _LIMIT
    if isinstance(value, msgspec.Struct):
        return all(_bounded(getattr(value, name), least) for name in value.__struct_fields__)
    if isinstance(value, dict):
        return all(_bounded(item, least) for item in value.values())
    return not isinstance(value, tuple) or all(_bounded(item, least) for item in value)
