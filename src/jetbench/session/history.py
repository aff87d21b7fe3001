"""Readings of all channels over time, column by column: one array of times, one of values a channel."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

LIVE_ROWS = 3600
REPLAY_ROWS = 100_000


class Points(Sequence[tuple[int, float | None]]):
    """(t, value) of one channel, the oldest first, in two columns; None where there was no reading.

    Pairs are made as they are read: an hour of them takes 16 bytes each, not 112.
    """

    __slots__ = ("_t", "_values")

    def __init__(self, t: array[int] | None = None, values: array[float] | None = None) -> None:
        self._t = array("q") if t is None else t
        self._values = array("d") if values is None else values

    def __len__(self) -> int:
        return len(self._t)

    @overload
    def __getitem__(self, at: int) -> tuple[int, float | None]: ...

    @overload
    def __getitem__(self, at: slice) -> Points: ...

    def __getitem__(self, at: int | slice) -> tuple[int, float | None] | Points:
        if isinstance(at, slice):
            return Points(self._t[at], self._values[at])
        value = self._values[at]
        return self._t[at], None if value != value else value

    def __iter__(self) -> Iterator[tuple[int, float | None]]:
        for t, value in zip(self._t, self._values, strict=True):
            yield t, None if value != value else value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


class History:
    """At most ``rows`` rows, in memory that a long session cannot exceed.

    Live the oldest go. With ``whole`` none goes and, when there are too many, every second one does: a whole session
    can be looked at, a long one more coarsely.
    """

    def __init__(self, channels: Iterable[str] = (), rows: int = LIVE_ROWS, whole: bool = False) -> None:
        self.t = array("q")
        self._values = {name: array("d") for name in channels}
        self._rows = rows
        self._whole = whole
        self._keep = 1  # every so many-th row that comes
        self._came = 0

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __len__(self) -> int:
        return len(self.t)

    def add(self, t: int, values: Sequence[float | None]) -> None:
        """A row, in the order of the channels; what is missing at its end is None."""
        self._came += 1
        if self._came % self._keep:
            return
        self.t.append(t)
        for place, column in enumerate(self._values.values()):
            value = values[place] if place < len(values) else None
            column.append(math.nan if value is None else value)
        if len(self.t) >= (self._rows if self._whole else self._rows + self._rows // 16):
            self._shrink()

    def _shrink(self) -> None:
        if self._whole:
            self._keep *= 2
            cut = slice(1, None, 2)
        else:
            cut = slice(len(self.t) - self._rows, None)
        self.t = self.t[cut]
        self._values = {name: column[cut] for name, column in self._values.items()}

    def series(self, name: str, until: int | None = None, since: int | None = None) -> Points:
        """(t, value) of a channel, the oldest first; None where there was no reading."""
        column = self._values.get(name)
        if column is None:
            return Points()
        last = len(self.t) if until is None else bisect_right(self.t, until)
        first = 0 if since is None else bisect_left(self.t, since)
        if until is None and not self._whole:
            first = max(first, last - self._rows)
        return Points(self.t[first:last], column[first:last])

    def row(self, until: int | None = None) -> dict[str, float | None]:
        """The newest reading of every channel, or that of a moment; empty before the first one."""
        place = (len(self.t) if until is None else bisect_right(self.t, until)) - 1
        if place < 0:
            return {}
        found = {name: column[place] for name, column in self._values.items()}
        return {name: None if value != value else value for name, value in found.items()}
