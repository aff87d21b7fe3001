"""How long a run still takes, from what its cases took so far."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from jetbench.domain.events import Protocol
from jetbench.domain.observed import ObservedCase


def seconds_left(
    cases: Iterable[ObservedCase],
    protocol: Protocol,
    finished: int,
    current: int | None,
    samples_in_round: int,
) -> float | None:
    """None while there is nothing to tell it from: before the first pass of all, or, where cases go
    on until an interval is narrow, before the first of them has ended.

    A case costs its set-up (all stages up to the first pass) and its passes; a case not yet
    begun is taken to cost the median of those that were.
    """
    cases = list(cases)
    spent = [_measuring(case, protocol) for case in cases]
    costs, running_left = [], 0.0
    for case in cases:
        if not case.passes:
            continue
        setup = sum(ns for name, ns in case.stages.items() if name != "measure") * 1e-9
        measuring = _measuring(case, protocol)
        if measuring is None:  # it goes on until its interval is narrow: as long as the others took
            measuring = median(known) if (known := [time for time in spent if time is not None]) else None
        if measuring is None:
            return None
        block = _block_left(case, protocol)
        costs.append(setup + measuring + block)
        if case.case.id == current:
            begin, end = case.windows[-1] if samples_in_round else (0, 0)
            running_left = max(0.0, measuring - (end - begin) * 1e-9) + block
    if not costs:
        return None
    to_come = len(cases) * protocol.rounds - finished - (1 if current is not None else 0)
    return running_left + max(0, to_come) * median(costs)


def _block_left(case: ObservedCase, protocol: Protocol) -> float:
    """Seconds that the block for energy and the rests around it will take, as far as they are not over."""
    if not protocol.energy:
        return 0.0
    planned = {"idle": protocol.idle_s * 4 / 3, "energy": protocol.energy_s}
    return sum(seconds for name, seconds in planned.items() if name not in case.stages)


def _measuring(case: ObservedCase, protocol: Protocol) -> float | None:
    """Seconds the passes of a case take in one round: taken, or told from the first of them."""
    if "measure" in case.stages:
        return case.stages["measure"] * 1e-9
    if protocol.k is None or not case.passes:
        return None
    # From the windows: adding up every pass on each frame would cost more the longer a case runs.
    per_pass = sum(end - begin for begin, end in case.windows) * 1e-9 / case.passes
    return min(protocol.max_time_s, per_pass * protocol.k)
