"""Requests that are under way, and what our own process spends meanwhile."""

from __future__ import annotations

import threading
import time

from jetbench.domain import events as ev


class Requests:
    """Counts those the agent has not said Ready to."""

    def __init__(self) -> None:
        self._pending = 0
        self._idle = threading.Event()
        self._idle.set()

    def begin(self) -> None:
        self._pending += 1
        self._idle.clear()

    def end(self) -> None:
        self._pending = max(0, self._pending - 1)
        if not self._pending:
            self._idle.set()

    def abandon(self) -> None:
        """Nobody will say Ready any more."""
        self._pending = 0
        self._idle.set()

    def wait(self, timeout: float | None) -> bool:
        """Until none is under way. False when the time was over first."""
        return self._idle.wait(timeout)


class Spending:
    """CPU and wall time of this process since ``begin``."""

    def __init__(self) -> None:
        self._cpu = self._wall = 0.0

    def begin(self) -> None:
        self._cpu, self._wall = time.process_time(), time.monotonic()

    def event(self, t: int) -> ev.Overhead:
        cpu, wall = time.process_time() - self._cpu, time.monotonic() - self._wall
        return ev.Overhead(t=t, who="screen", cpu_s=round(cpu, 4), wall_s=round(wall, 3))
