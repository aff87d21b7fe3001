"""Durations folded into bins as they arrive: constant memory and a constant cost a pass, however many there are."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from math import log2

from jetbench.domain.bins import Bins

FINEST = 4096  # bins an octave to begin with, a power of two
MOST = 1024  # bins that are kept: beyond, each two neighbours become one


class Folding:
    """Bins are as fine as MOST of them allow, in whatever order the durations came: halves of a bin are bins."""

    def __init__(self) -> None:
        self.per_octave = FINEST
        self.left_out = 0
        self._counts: Counter[int] = Counter()
        self._low = self._high = 0
        self._made: Bins | None = None

    def add(self, durations: Sequence[int], left_out: int = 0) -> None:
        """Durations in ns; ``left_out``: how many more there were that something disturbed."""
        if left_out:
            self.left_out += left_out
            self._made = None
        if not len(durations):
            return
        low, high = min(durations), max(durations)
        if low < 1:  # a clock that did not move
            durations, low, high = [max(1, d) for d in durations], 1, max(1, high)
        self._low, self._high = min(low, self._low or low), max(high, self._high)
        self._counts.update(map(int, map(float(self.per_octave).__mul__, map(log2, durations))))
        while len(self._counts) > MOST:
            self._widen()
        self._made = None

    def _widen(self) -> None:
        wider: Counter[int] = Counter()
        for key, count in self._counts.items():
            wider[key // 2] += count
        self._counts, self.per_octave = wider, self.per_octave // 2

    def copy(self) -> Folding:
        twin = Folding()
        twin.per_octave, twin.left_out, twin._counts = self.per_octave, self.left_out, self._counts.copy()
        twin._low, twin._high = self._low, self._high
        return twin

    def bins(self) -> Bins | None:
        """What was folded so far; the same object until something comes. None without any."""
        if self._made is None and self._counts:
            keys = array("q", sorted(self._counts))  # kept of every case: eight bytes a number
            ends = array("q", accumulate(self._counts[key] for key in keys))
            self._made = Bins(self.per_octave, keys, ends, self._low, self._high, self.left_out)
        return self._made


def folded(durations: Sequence[int], left_out: int = 0) -> Bins | None:
    folding = Folding()
    folding.add(durations, left_out)
    return folding.bins()
