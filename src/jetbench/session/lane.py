"""Passes along the time axis, in buckets: what a chart of latency over time is drawn from, however fast they come."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec

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
        if len(self._t) >= self._most + self._most // 4:
            for column in (self._t, self._low, self._high, self._sum, self._count):
                del column[: len(column) - self._most]
        self._t.append(bucket)
        for column in (self._low, self._high, self._count):
            column.append(0)
        self._sum.append(0.0)

    def between(self, since: int, until: int) -> tuple[Bucket, ...]:
        """Buckets that began in [since, until]."""
        first, last = bisect_left(self._t, since), bisect_right(self._t, until)
        return tuple(
            Bucket(self._t[i], self._low[i], self._high[i], self._sum[i] / self._count[i], self._count[i])
            for i in range(first, last)
        )
