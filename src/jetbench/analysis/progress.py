"""How long a run still takes, from what its cases took so far."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from jetbench.domain.events import Protocol
from jetbench.domain.observed import SOAK, ObservedCase


def seconds_left(
    cases: Iterable[ObservedCase],
    protocol: Protocol,
    finished: int,
    current: int | None,
    samples_in_round: int,
) -> float | None:
    """None while there is nothing to tell it from: before the first pass of all, or, where cases go on until an
    interval is narrow, before the first of them has ended, and once the last one took longer than the others.

    A case costs its set-up (all stages up to the first pass) and its passes; a case that has no pass yet is taken to
    cost the median of those that have. 0 where all that was asked for is over, but for the end.
    """
    cases = list(cases)
    spent = [_measuring(case, protocol) for case in cases]
    costs, timed, running_left, guessed, setting_up = [], [], 0.0, False, None
    for case in cases:
        if not case.passes:
            setting_up = case if case.case.id == current else setting_up
            continue
        setup = sum(ns for name, ns in case.stages.items() if name != "measure") * 1e-9
        measuring = _measuring(case, protocol)
        if measuring is None:  # it goes on until its interval is narrow: as long as the others took
            measuring = median(known) if (known := [time for time in spent if time is not None]) else None
        if measuring is None:
            return None
        block = _block_left(case, protocol)
        costs.append(setup + measuring + block)
        timed.append(measuring + block)
        if case.case.id == current:
            begin, end = case.windows[-1] if samples_in_round else (0, 0)
            running_left = max(0.0, measuring - (end - begin) * 1e-9) + block
            guessed = _measuring(case, protocol) is None
    if not costs:
        return None
    if setting_up is not None:  # however long that takes, its passes are still to come
        running_left = max(median(timed), median(costs) - sum(setting_up.stages.values()) * 1e-9)
    to_come = len(cases) * protocol.rounds - finished - (1 if current is not None else 0)
    left = running_left + max(0, to_come) * median(costs)
    return None if guessed and left <= 0 else left  # it goes on, for nobody knows how long


def _block_left(case: ObservedCase, protocol: Protocol) -> float:
    """Seconds that the block for energy, the rests around it and the soak will take, as far as they are not over."""
    planned = {"idle": protocol.idle_s * 4 / 3, "energy": protocol.energy_s} if protocol.energy else {}
    return _soak_left(case, protocol) + sum(seconds for name, seconds in planned.items() if name not in case.stages)


def _soak_left(case: ObservedCase, protocol: Protocol) -> float:
    """At the longest: that it settles earlier is not known before."""
    if not protocol.soak_s or "soak" in case.stages:
        return 0.0
    begun = case.purpose.find(SOAK)
    spent = (case.start[-1] - case.start[begun]) * 1e-9 if begun >= 0 else 0.0
    return max(0.0, protocol.soak_s - spent)


def _measuring(case: ObservedCase, protocol: Protocol) -> float | None:
    """Seconds the passes of a case take in one round: taken, or told from the first of them."""
    if "measure" in case.stages:
        return case.stages["measure"] * 1e-9
    if protocol.k is None or not case.passes:
        return None
    # From the windows: adding up every pass on each frame would cost more the longer a case runs.
    per_pass = sum(end - begin for begin, end in case.windows) * 1e-9 / case.passes
    return min(protocol.max_time_s, per_pass * protocol.k)
