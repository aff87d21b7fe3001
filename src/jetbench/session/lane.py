"""Passes along the time axis, in buckets: what a chart of latency over time is drawn from, however fast they come."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import TypeAlias, overload

import msgspec

Column: TypeAlias = "array[int]"

BUCKET_NS = 250_000_000
LIVE_BUCKETS = 2400  # ten minutes
REPLAY_BUCKETS = 200_000


class Bucket(msgspec.Struct, frozen=True):
    """Passes of the batches that began within BUCKET_NS from ``t`` on; durations in ns."""

    t: int
    low: int
    high: int
    mean: float
    count: int


class Buckets(Sequence[Bucket]):
    """Buckets in order of time, in columns: one is made as it is read."""

    __slots__ = ("_columns",)

    def __init__(self, t: Column, low: Column, high: Column, total: array[float], count: Column) -> None:
        self._columns = t, low, high, total, count

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, at: int) -> Bucket: ...

    @overload
    def __getitem__(self, at: slice) -> Buckets: ...

    def __getitem__(self, at: int | slice) -> Bucket | Buckets:
        t, low, high, total, count = self._columns
        if isinstance(at, slice):
            return Buckets(t[at], low[at], high[at], total[at], count[at])
        return Bucket(t[at], low[at], high[at], total[at] / count[at], count[at])

    def __iter__(self) -> Iterator[Bucket]:
        for t, low, high, total, count in zip(*self._columns, strict=True):
            yield Bucket(t, low, high, total / count, count)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def times(self) -> Column:
        return self._columns[0]

    def extremes(self, first: int, last: int) -> tuple[int, int]:
        """Shortest and longest pass of the buckets [first, last), of which there are some: a scan in C."""
        _, low, high, _, _ = self._columns
        return min(low[first:last]), max(high[first:last])


class Lane:
    """Buckets in order of time. At most ``most``: beyond, the oldest go."""

    def __init__(self, most: int = LIVE_BUCKETS) -> None:
        self._most = most
        self._t = array("q")
        self._low = array("q")
        self._high = array("q")
        self._sum = array("d")
        self._count = array("l")

    def __len__(self) -> int:
        return len(self._t)

    def add(self, begin: int, durations: Sequence[int]) -> None:
        """A batch of passes that began at ``begin``; it lasts a tenth of a second, or is one long pass."""
        bucket = begin // BUCKET_NS * BUCKET_NS
        low, high = min(durations), max(durations)
        if not self._t or bucket > self._t[-1]:
            self._open(bucket)
            self._low[-1], self._high[-1] = low, high
        self._low[-1] = min(self._low[-1], low)
        self._high[-1] = max(self._high[-1], high)
        self._sum[-1] += sum(durations)
        self._count[-1] += len(durations)

    def _open(self, bucket: int) -> None:
        if len(self._t) >= self._most + self._most // 16:
            for column in (self._t, self._low, self._high, self._sum, self._count):
                del column[: len(column) - self._most]
        self._t.append(bucket)
        for column in (self._low, self._high, self._count):
            column.append(0)
        self._sum.append(0.0)

    def between(self, since: int, until: int) -> Buckets:
        """Buckets that began in [since, until]."""
        part = slice(bisect_left(self._t, since), bisect_right(self._t, until))
        return Buckets(self._t[part], self._low[part], self._high[part], self._sum[part], self._count[part])


NO_BUCKETS = Lane().between(0, 0)
