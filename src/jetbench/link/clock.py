"""The clock of another machine, from round trips: the one that took least delay tells most.

A message leaves at ``sent``, is stamped by the other machine at ``there``, and the answer is back at ``back``. Its
clock is ahead of ours by ``there - (sent + back) / 2``, give or take half the round trip (Cristian, 1989).
"""

from __future__ import annotations

import threading

import msgspec

ROUNDS = 8


class Offset(msgspec.Struct, frozen=True):
    ns: int  # to add to our CLOCK_MONOTONIC
    delay_ns: int  # round trip it was told by
    rounds: int


class FarClock:
    """Any thread. ``begin`` starts a new estimate, which holds from ``settle`` on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rounds: list[tuple[int, int]] = []  # delay, offset
        self.offset = Offset(0, 0, 0)

    def begin(self) -> None:
        with self._lock:
            self._rounds.clear()

    def add(self, sent: int, there: int, back: int) -> None:
        if back < sent:
            return
        with self._lock:
            self._rounds.append((back - sent, there - (sent + back) // 2))

    @property
    def rounds(self) -> int:
        return len(self._rounds)

    def settle(self) -> bool:
        """Take the estimate. Whether it differs from the one before by more than both leave open."""
        with self._lock:
            if not self._rounds:
                return False
            delay, ns = min(self._rounds)
            before, self.offset = self.offset, Offset(ns, delay, len(self._rounds))
            self._rounds.clear()
        return abs(ns - before.ns) > (delay + before.delay_ns) // 2 or before.rounds == 0
