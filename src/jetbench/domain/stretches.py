"""A column of numbers that say the same, or count on, over long stretches: a few bytes a stretch, not some a number."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain, repeat
from typing import overload


class Stretches:
    """Integers in stretches of which each is the one before plus ``step`` (0: all alike, 1: counting up)."""

    def __init__(self, step: int = 0) -> None:
        self._step = step
        self._begins = array("q")  # of each stretch: the position of its first number, and that number
        self._firsts = array("q")
        self._length = 0

    def extend(self, first: int, count: int) -> None:
        """``count`` numbers more, from ``first`` on."""
        if count < 1:
            return
        if not self._length or first != self._firsts[-1] + self._step * (self._length - self._begins[-1]):
            self._begins.append(self._length)
            self._firsts.append(first)
        self._length += count

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> int: ...

    @overload
    def __getitem__(self, at: slice) -> array[int]: ...

    def __getitem__(self, at: int | slice) -> int | array[int]:
        if isinstance(at, slice):
            first, last, step = at.indices(self._length)
            if step != 1:
                raise ValueError("stretches are cut without a step")
            return array("q", chain.from_iterable(self._values(first, last)))
        place = at + self._length if at < 0 else at
        if not 0 <= place < self._length:
            raise IndexError(at)
        stretch = bisect_right(self._begins, place) - 1
        return self._firsts[stretch] + self._step * (place - self._begins[stretch])

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self._values(0, self._length))

    def __delitem__(self, at: slice) -> None:
        """From a position to the end."""
        first, last, step = at.indices(self._length)
        if step != 1 or last != self._length:
            raise ValueError("stretches are shortened at their end")
        kept = bisect_right(self._begins, first - 1)
        del self._begins[kept:], self._firsts[kept:]
        self._length = min(first, self._length)

    def spans(self, first: int = 0, last: int | None = None) -> Iterator[tuple[int, int, int]]:
        """Begin, end and first number of every stretch within [first, last)."""
        last = self._length if last is None else min(last, self._length)
        stretch = max(0, bisect_right(self._begins, first) - 1)
        while stretch < len(self._begins) and self._begins[stretch] < last:
            own = self._begins[stretch]
            end = self._begins[stretch + 1] if stretch + 1 < len(self._begins) else self._length
            begin = max(own, first)
            if begin < min(end, last):
                yield begin, min(end, last), self._firsts[stretch] + self._step * (begin - own)
            stretch += 1

    def _values(self, first: int, last: int) -> Iterator[range | repeat[int]]:
        for begin, end, value in self.spans(first, last):
            yield range(value, value + end - begin) if self._step else repeat(value, end - begin)

    def count(self, value: int, first: int = 0, last: int | None = None) -> int:
        """How many of those in [first, last) are ``value``; only where all of a stretch are alike."""
        return sum(end - begin for begin, end, of in self.spans(first, last) if of == value)

    def find(self, value: int) -> int:
        """Position of the first one that is ``value``, or -1; only where all of a stretch are alike."""
        return next((begin for begin, _, of in self.spans() if of == value), -1)

    def rfind(self, value: int) -> int:
        """Position of the last one, or -1."""
        ends = [end for _, end, of in self.spans() if of == value]
        return ends[-1] - 1 if ends else -1
