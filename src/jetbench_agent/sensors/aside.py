"""Sources that hang or take long, so that they hold up neither the others nor the poller.

A read that does not come back cannot be ended: its thread is left behind and another one goes on without the source.
What takes long again and again gets a thread of its own, and a tick takes what that thread read last.
"""

import threading
from typing import List, Optional

from .files import Reading, monotonic_ns
from .source import Slow, Source, Wrapped

_SHARE = 10  # a slow source is read so rarely that it takes a tenth of the time
_SHORTEST_S = 0.2  # between two reads
_FRESH = 2  # periods; what is older is stale


class AbandonedError(Exception):
    """The read that went on when another thread took over has come back; nobody waits for it any more."""


class Hung(Wrapped):
    """A source whose read has not come back yet. ``back``: it has."""

    def __init__(self, source: Source, since_ns: int) -> None:
        Wrapped.__init__(self, source)
        self.back = False
        self._since = since_ns
        knew = source.throttle
        self._unknown = None if knew is None else (None, [], [], "stale: " + label(source))

    @property
    def throttle(self) -> Optional[tuple]:  # type: ignore[override]
        return self._unknown

    def read(self) -> List[Reading]:
        return ["stale"] * len(self.channels)

    @property
    def cost_ns(self) -> int:
        """So far."""
        return monotonic_ns() - self._since


class Aside(Wrapped):
    """A source in a thread of its own, which reads it a tenth of the time."""

    def __init__(self, source: Source, cost_ns: int, readings: Optional[List[Reading]] = None) -> None:
        """``readings``: those of the row that goes on just now."""
        Wrapped.__init__(self, source)
        self.cost_ns = cost_ns
        self._lock = threading.Lock()
        self._readings: List[Reading] = []
        self._at: Optional[int] = None  # when they were read
        self._shown = False  # they have been in a row
        self._first: Optional[tuple] = None  # throttle state with them, and from the row after on
        self._later: Optional[tuple] = None
        self._state: Optional[tuple] = None
        self._over, self._wanted = threading.Event(), threading.Event()
        if readings is not None:
            self._keep(readings, monotonic_ns())
            self._shown, self._state = True, self._first
        threading.Thread(target=self._loop, name="sensor", daemon=True).start()

    @property
    def period(self) -> float:
        """Seconds between two reads."""
        return max(_SHORTEST_S, _SHARE * self.cost_ns / 1e9)

    @property
    def throttle(self) -> Optional[tuple]:  # type: ignore[override]
        return self._state

    def refresh(self) -> None:
        """It is read as soon as it can be."""
        if isinstance(self.source, Slow):
            self.source.refresh()
        self._wanted.set()

    def read(self) -> List[Reading]:
        with self._lock:
            if self._at is None or monotonic_ns() - self._at > _FRESH * (self.period * 1e9 + self.cost_ns):
                self._state = None if self._later is None else (None, [], [], "stale: " + label(self))
                return ["stale"] * len(self.channels)
            self._state = self._later if self._shown else self._first
            self._shown = True
            return list(self._readings)

    def end(self) -> None:
        self._over.set()
        self._wanted.set()

    def _keep(self, readings: List[Reading], now: int) -> None:
        first = self.source.throttle
        self.source.repeated()
        with self._lock:
            self._readings, self._at, self._shown = readings, now, False
            self._first, self._later = first, self.source.throttle

    def _loop(self) -> None:
        if self._at is not None:
            self._wanted.wait(self.period)
        while not self._over.is_set():
            begun = monotonic_ns()
            try:
                readings = self.source.read()
            except Exception:  # it costs its own columns
                readings = ["read_error"] * len(self.channels)
            self.cost_ns = monotonic_ns() - begun
            self._keep(readings, begun + self.cost_ns)
            self._wanted.wait(self.period)
            self._wanted.clear()


def innermost(source: Source) -> Source:
    while isinstance(source, Wrapped):
        source = source.source
    return source


def label(source: Source) -> str:
    """What a person calls a source: where it reads, or its first column."""
    if not source.channels:
        return type(innermost(source)).__name__.lower()
    return source.channels[0].get("source") or source.channels[0]["id"]
