"""A column of times that mostly go up: four bytes each, from a base that changes every four seconds."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import overload

_SPAN = 1 << 32  # ns


class Times(Sequence[int]):
    """CLOCK_MONOTONIC, ns, exactly as they were told, in whatever order."""

    def __init__(self) -> None:
        self._offsets = array("I")
        self._begins = array("q")  # of each base: the position of its first time, and the base
        self._bases = array("q")

    def extend(self, base: int, offsets: Sequence[int]) -> None:
        """``base`` plus each of ``offsets``."""
        if not len(offsets):
            return
        shift = base - self._bases[-1] if len(self._bases) else 0
        if len(self._bases) and shift + min(offsets) >= 0 and shift + max(offsets) < _SPAN:
            self._offsets.extend([shift + offset for offset in offsets])
            return
        for offset in offsets:
            t = base + offset
            if not len(self._bases) or not 0 <= t - self._bases[-1] < _SPAN:
                self._begins.append(len(self._offsets))
                self._bases.append(t)
            self._offsets.append(t - self._bases[-1])

    def append(self, t: int) -> None:
        if len(self._bases) and 0 <= (offset := t - self._bases[-1]) < _SPAN:
            self._offsets.append(offset)
        else:
            self.extend(t, (0,))

    def copy(self) -> Times:
        twin = Times()
        twin._offsets, twin._begins, twin._bases = self._offsets[:], self._begins[:], self._bases[:]
        return twin

    def __len__(self) -> int:
        return len(self._offsets)

    @overload
    def __getitem__(self, at: int) -> int: ...

    @overload
    def __getitem__(self, at: slice) -> array[int]: ...

    def __getitem__(self, at: int | slice) -> int | array[int]:
        if isinstance(at, slice):
            first, last, step = at.indices(len(self._offsets))
            return array("q", self._between(first, last))[::step] if step > 0 else array("q", self)[at]
        place = at + len(self._offsets) if at < 0 else at
        if not 0 <= place < len(self._offsets):
            raise IndexError(at)
        return self._bases[bisect_right(self._begins, place) - 1] + self._offsets[place]

    def __iter__(self) -> Iterator[int]:
        return self._between(0, len(self._offsets))

    def _between(self, first: int, last: int) -> Iterator[int]:
        part = max(0, bisect_right(self._begins, first) - 1)
        while first < last:
            end = min(last, self._begins[part + 1] if part + 1 < len(self._begins) else last)
            base = self._bases[part]
            for offset in self._offsets[first:end]:
                yield base + offset
            first, part = end, part + 1

    def __delitem__(self, at: slice) -> None:
        """From a position to the end."""
        first, last, step = at.indices(len(self._offsets))
        if step != 1 or last != len(self._offsets):
            raise ValueError("times are shortened at their end")
        del self._offsets[first:]
        kept = bisect_right(self._begins, first - 1)
        del self._begins[kept:], self._bases[kept:]
