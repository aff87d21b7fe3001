"""Whether an event that could be decoded can also be true: bounds that arithmetic relies on.

Those of numbers that come many times a second are in their types.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from jetbench.domain import events as ev

_LIMIT = 1 << 62  # as in the types
LETTERS, MOST_HITS = "150-x", 200_000


def unsound(event: ev.AnyEvent) -> str | None:
    """Why an event cannot be, or None."""
    check = _CHECKS.get(type(event))
    return check(event) if check is not None else None


def _latency(event: ev.Latency) -> str | None:
    if len(event.s) != len(event.d):
        return "starts and durations differ in number"
    return None if 0 <= event.r < 1 << 31 else "a round out of range"


def _stage(event: ev.Stage) -> str | None:
    spent = (event.ns, event.major_faults, event.swap_in_kib, event.read_kib, event.cache_kib)
    return None if all(n is None or 0 <= n < _LIMIT for n in spent) else "a duration out of range"


def _run(event: ev.RunStart) -> str | None:
    return None if all(_case(case) for case in event.cases) else "a case out of range"


def _resume(event: ev.Resume) -> str | None:
    return None if _bounded(event.left) else "a case out of range"


def _case(case: ev.Case) -> bool:
    return 1 <= case.batch < 1 << 31 and 0 <= case.threads < 1 << 31 and 0 <= case.id < _LIMIT


def _board(event: ev.Board) -> str | None:
    return None if all(1e-15 <= channel.scale <= 1e15 for channel in event.channels) else "a scale out of range"


def _header(event: ev.Header | ev.Part) -> str | None:
    if not 0 <= event.wall_ns < _LIMIT:
        return "a time stamp out of range"
    return None if event.board is None else _board(event.board)


def _part(event: ev.Part) -> str | None:
    return "a time stamp out of range" if not 0 <= event.after < _LIMIT else _header(event)


def _calibration(event: ev.Calibration) -> str | None:
    rates = (event.peak_flops, event.bandwidth, event.calls, event.conv_calls)
    return None if _bounded(event) and all(rate is None or 0 < rate < 1e24 for rate in rates) else "a rate out of range"


def _remote(event: ev.Remote) -> str | None:
    return None if abs(event.offset_ns) < _LIMIT and 0 <= event.delay_ns < _LIMIT else "a clock out of range"


def _agreement(event: ev.Agreement) -> str | None:
    return None if event.error is None or 0 <= event.error < 1e300 else "an error out of range"


def _hits(event: ev.Hits) -> str | None:
    if len(event.hits) > MOST_HITS or event.hits.strip(LETTERS):
        return "letters that tell nothing of an image"
    return None if _bounded(event) else "a count out of range"


def _counts(event: ev.AnyEvent) -> str | None:
    return None if _bounded(event) else "a count out of range"


def _bounded(value: object) -> bool:
    """Whether every whole number in it, however deep, is one that a count can be."""
    if isinstance(value, int):
        return 0 <= value < _LIMIT
    if isinstance(value, msgspec.Struct):
        return all(_bounded(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, dict):
        return all(_bounded(item) for item in value.values())
    return not isinstance(value, tuple) or all(_bounded(item) for item in value)


_CHECKS: dict[type[ev.AnyEvent], Callable[..., str | None]] = {
    ev.Latency: _latency,
    ev.Stage: _stage,
    ev.RunStart: _run,
    ev.Board: _board,
    ev.Header: _header,
    ev.Part: _part,
    ev.Model: _counts,
    ev.Memory: _counts,
    ev.Transfer: _counts,
    ev.Forecast: _counts,
    ev.Rule: _counts,
    ev.CaseEnd: _counts,
    ev.Resume: _resume,
    ev.Remote: _remote,
    ev.Calibration: _calibration,
    ev.Profile: _counts,
    ev.Experiment: _counts,
    ev.Agreement: _agreement,
    ev.Data: _counts,
    ev.Hits: _hits,
}
