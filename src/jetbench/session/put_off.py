"""Ends of cases that the log tells of once somebody looks: that takes statistics, and few boards are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedCase
from jetbench.domain.results import CaseResult
from jetbench.session import narrative
from jetbench.session.results import Results

if TYPE_CHECKING:
    from jetbench.session.state import SessionState


class PutOff:
    """``on``: as one of many boards."""

    def __init__(self) -> None:
        self.on = False
        self._events: list[ev.CaseEnd] = []

    def takes(self, event: ev.CaseEnd) -> bool:
        """Whether it waits."""
        if self.on:
            self._events.append(event)
        return self.on

    def all(self) -> list[ev.CaseEnd]:
        """Those that wait; they wait no longer."""
        events, self._events = self._events, []
        return events


def line(event: ev.CaseEnd, state: SessionState) -> narrative.Line | None:
    """What would have been told then: of a case with several rounds without what came in later ones."""
    if event.c not in state.records or (state.run is not None and state.run.protocol.rounds == 1):
        return narrative.line(event, state.records, state.run, state.result)
    cut, own = state.records[event.c].until(event.t), Results()
    cut.stop, cut.status = event.stop, "measured" if cut.was_measured else event.status

    def result(record: ObservedCase) -> CaseResult:
        return own.of(record, state.shared_stages, state.board, state.observed)

    return narrative.line(event, {event.c: cut}, state.run, result)
