"""Ends of cases that the log tells of once somebody looks: that takes statistics, and few boards are looked at."""

from __future__ import annotations

from collections.abc import Callable

from jetbench.domain import events as ev


class PutOff:
    """``on``: as one of many boards."""

    def __init__(self) -> None:
        self.on = False
        self._events: list[ev.CaseEnd] = []

    def takes(self, event: ev.CaseEnd, run: ev.RunStart | None) -> bool:
        """Whether it waits. Not where other rounds follow: the passes that it tells of would be other ones later."""
        waits = self.on and run is not None and run.protocol.rounds == 1
        if waits:
            self._events.append(event)
        return waits

    def tell(self, told: Callable[[ev.CaseEnd], None]) -> bool:
        """All that wait, to ``told``. Whether there were any."""
        events, self._events = self._events, []
        for event in events:
            told(event)
        return bool(events)
