"""Reads all sources into one row, and lets none of them hold up the others.

What a sweep finds is bounded, and a source that breaks costs its own columns. One that takes long three times gets a
thread of its own. One that does not come back at all is told by ``overdue``, which another thread has to ask.
"""

import threading
from typing import Any, Dict, List, Optional, Tuple

from .aside import AbandonedError, Aside, Hung, label
from .bounds import raw_bounds
from .files import Reading, monotonic_ns
from .parts import Part
from .source import Slow, Source

SLOW_NS = 20000000  # a read that takes longer holds up the others
HANGS_NS = 1000000000
_STRIKES, _WITHIN = 3, 20  # so many slow reads in so many ticks
_HANGS = 2  # after so many a source is read in a thread of its own


class Sweep:
    def __init__(self, parts: List[Part]) -> None:
        self.parts = parts
        self.logs: List[str] = []  # what happened to the sources, a sentence each
        self._bounds: List[Tuple[int, int]] = []
        self._ticks = 0
        self._slow: Dict[int, List[int]] = {}  # id of a source -> ticks in which it was slow
        self._hangs: Dict[int, int] = {}
        self._hung: Dict[int, Hung] = {}  # by the turn they were left behind in
        self._lock = threading.Lock()
        self._turn = 0
        self._at: Optional[Tuple[Source, int]] = None  # what is being read, since when
        self.resort()

    def resort(self) -> None:
        """To be called when the sources of a part are others."""
        self.sources = [source for part in self.parts for source in part.sources]
        self.throttling = [source for source in self.sources if source.knows_throttle]

    def bound(self, channels: List[Dict[str, Any]]) -> None:
        """From now on a reading that cannot be true is an error. ``channels``: those of the sources, in order."""
        self._bounds = [raw_bounds(column) for column in channels]

    def read(self, fresh: bool = False) -> List[Reading]:
        """One reading a column. Raises AbandonedError where another thread has gone on meanwhile."""
        row: List[Reading] = []
        slow = []
        turn = self._turn
        self._ticks += 1
        before = monotonic_ns()
        for source in self.sources:
            if fresh and isinstance(source, (Slow, Aside)):
                source.refresh()
            self._at = source, before
            try:
                row += source.read()
            except Exception:  # a source that breaks costs its own columns, never the row
                row += ["read_error"] * len(source.channels)
            now = monotonic_ns()
            if now - before > SLOW_NS:
                self._mine(turn)
                slow.append((source, now - before, len(row)))
            before = now
        self._mine(turn)
        for place, (low, high) in enumerate(self._bounds):
            reading = row[place]
            if type(reading) is int and not low <= reading <= high:
                row[place] = "read_error"
        for source, cost, end in slow:
            self._struck(source, cost, row[end - len(source.channels) : end])
        if self._hung:
            self._take_back()
        return row

    def first(self) -> List[Reading]:
        """The first row: read in a thread that is left behind where a source hangs from the start."""
        rows: List[List[Reading]] = []
        while not rows:
            thread = threading.Thread(target=self._into, args=(rows,), name="sensors-first", daemon=True)
            thread.start()
            while thread.is_alive() and not self.overdue():
                thread.join(0.1)
        return rows[0]

    def _into(self, rows: List[List[Reading]]) -> None:
        try:
            rows.append(self.read())
        except AbandonedError:
            pass

    def overdue(self) -> bool:
        """Whether the read that goes on hangs, to be asked from another thread. It is then left behind: the caller has
        to go on in a new thread, and ``read`` raises AbandonedError in the old one if it ever comes back.
        """
        with self._lock:
            at = self._at
            if at is None or monotonic_ns() - at[1] < HANGS_NS:
                return False
            hung = Hung(*at)
            self._hung[self._turn] = hung
            self._at = None
            self._turn += 1
        self._replace(at[0], hung)
        self.logs.append("%s has not answered for %.1f s: left out until it does" % (label(hung), hung.cost_ns / 1e9))
        return True

    def _mine(self, turn: int) -> None:
        """Raises AbandonedError where this thread has been left behind."""
        with self._lock:
            if turn == self._turn:
                self._at = None
                return
            hung = self._hung.get(turn)
        if hung is not None:
            hung.back = True
        raise AbandonedError()

    def _take_back(self) -> None:
        """Once may be chance, so a source that is back is read as before; the next time it gets its own thread."""
        for turn, hung in list(self._hung.items()):
            if hung.back:
                del self._hung[turn]
                source = hung.source
                count = self._hangs[id(source)] = self._hangs.get(id(source), 0) + 1
                self._replace(hung, Aside(source, SLOW_NS) if count >= _HANGS else source)
                self.logs.append("%s answers again" % label(source))

    def _struck(self, source: Source, cost: int, readings: List[Reading]) -> None:
        recent = [at for at in self._slow.get(id(source), []) if at > self._ticks - _WITHIN] + [self._ticks]
        self._slow[id(source)] = recent
        if len(recent) >= _STRIKES:
            aside = Aside(source, cost, readings)
            self._replace(source, aside)
            told = label(source), cost / 1e6, aside.period
            self.logs.append("%s takes %.0f ms to read: from now on it is read every %.1f s" % told)

    def _replace(self, old: Source, new: Source) -> None:
        for part in self.parts:
            part.sources = [new if source is old else source for source in part.sources]
        self.resort()

    def close(self) -> None:
        for source in self.sources:
            if isinstance(source, Aside):
                source.end()
