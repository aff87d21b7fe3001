"""What happened when: the moments of a session that a person jumps to, and those that say what was going on."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

import msgspec

from jetbench.domain import events as ev

# Kinds that a person jumps to; "stage" only says what was going on.
JUMPED_TO = ("case", "case_end", "throttle", "mark", "fault", "board")
MOST = 200_000  # beyond, stages are no longer kept: a session of a hundred thousand cases


class Moment(msgspec.Struct, frozen=True):
    t: int  # CLOCK_MONOTONIC, ns
    kind: str  # run resume case stage case_end throttle mark fault run_end; board: of a fleet, in another state
    case: int | None = None
    round: int = 0
    text: str = ""  # of a stage its name, of an end its status, of throttling its causes


class Timeline:
    """Moments in the order of their times."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []

    def take(self, event: ev.Event) -> None:
        moment = moment_of(event)
        if moment is not None and (len(self.moments) < MOST or moment.kind != "stage"):
            insort(self.moments, moment, key=lambda known: known.t)

    def until(self, t: int) -> Sequence[Moment]:
        """In the order of their times. What was marked afterwards is there from its moment on."""
        last = bisect_right(self.moments, t, key=lambda moment: moment.t)
        return self.moments[:last]

    def jumps(self) -> list[Moment]:
        """Where a person may want to go, in order of time."""
        return sorted((m for m in self.moments if m.kind in JUMPED_TO), key=lambda moment: moment.t)


def moment_of(event: ev.Event) -> Moment | None:
    if isinstance(event, ev.CaseStart):
        return Moment(event.t, "case", event.c, event.r)
    if isinstance(event, ev.Stage):
        return Moment(event.t, "stage", event.c, event.r, event.name) if event.ns is None else None
    if isinstance(event, ev.CaseEnd):
        return Moment(event.t, "case_end", event.c, event.r, event.status)
    if isinstance(event, ev.Throttle):
        return Moment(event.t, "throttle", text=", ".join(event.active) if event.now else "")
    if isinstance(event, ev.Mark | ev.Fault):
        at = event.at if isinstance(event, ev.Mark) and event.at is not None else event.t
        return Moment(at, "mark" if isinstance(event, ev.Mark) else "fault", text=event.text)
    kind = {ev.RunStart: "run", ev.Resume: "resume", ev.RunEnd: "run_end"}.get(type(event))
    return Moment(event.t, kind) if kind is not None else None
