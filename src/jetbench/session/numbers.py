"""The numbers that an agent gives its events, so that none is missed unseen."""

from __future__ import annotations

from jetbench.domain import events as ev

_ANEW = (ev.Board, ev.Part)  # another agent, which counts anew


class Numbers:
    def __init__(self) -> None:
        self._last = 0

    def missing_before(self, event: ev.AnyEvent) -> int:
        """How many there must have been between the one before and this one. Ours have no number."""
        if isinstance(event, _ANEW):
            self._last = 0
        before, self._last = self._last, event.n or self._last
        return event.n - before - 1 if event.n and before else 0
