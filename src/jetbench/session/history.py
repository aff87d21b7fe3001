"""Readings of all channels over time, column by column: one array of times, one of readings a channel."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple, overload

BATCH = 32  # rows that are put into their columns together, at a quarter of the cost
LIVE_ROWS = 3600
REPLAY_ROWS = 100_000


class Scale(NamedTuple):
    """A reading is divided by ``by``, or multiplied by it."""

    by: float = 1.0
    divides: bool = False

    def of(self, raw: int) -> float:
        return raw / self.by if self.divides else raw * self.by


class Points(Sequence[tuple[int, float | None]]):
    """(t, value) of one channel, the oldest first, kept as they were read; None where there was no reading."""

    __slots__ = ("_raw", "_scale", "_t")

    def __init__(self, t: array[int] | None = None, raw: array[int] | None = None, scale: Scale | None = None) -> None:
        self._t = array("q") if t is None else t
        self._raw = array("i") if raw is None else raw
        self._scale = scale or Scale()

    def __len__(self) -> int:
        return len(self._t)

    @overload
    def __getitem__(self, at: int) -> tuple[int, float | None]: ...

    @overload
    def __getitem__(self, at: slice) -> Points: ...

    def __getitem__(self, at: int | slice) -> tuple[int, float | None] | Points:
        if isinstance(at, slice):
            return Points(self._t[at], self._raw[at], self._scale)
        return self._t[at], _value(self._raw, at, self._scale)

    def __iter__(self) -> Iterator[tuple[int, float | None]]:
        by, divides = self._scale
        none = _NONE[self._raw.typecode]
        for t, raw in zip(self._t, self._raw, strict=True):
            yield t, None if raw == none else raw / by if divides else raw * by

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    @property
    def times(self) -> array[int]:
        return self._t

    def between(self, since: int, until: int) -> Points:
        return self[bisect_left(self._t, since) : bisect_right(self._t, until)]

    def extremes(self, first: int = 0, last: int | None = None) -> tuple[float, float] | None:
        """Lowest and highest reading of the places [first, last), at the cost of a scan in C."""
        known = self._known(first, last)
        return (self._scale.of(min(known)), self._scale.of(max(known))) if known else None

    def mean(self, first: int = 0, last: int | None = None) -> float | None:
        known = self._known(first, last)
        return self._scale.of(sum(known)) / len(known) if known else None

    def _known(self, first: int, last: int | None) -> array[int]:
        part = self._raw[first:last]
        none = _NONE[part.typecode]
        return array(part.typecode, filter(none.__ne__, part)) if none in part else part


class History:
    """At most ``rows`` rows, in memory that a long session cannot exceed.

    Live the oldest go. With ``whole`` none goes and, when there are too many, every second one does: a whole session
    can be looked at, a long one more coarsely.
    """

    def __init__(
        self,
        channels: Mapping[str, Scale],
        rows: int = LIVE_ROWS,
        whole: bool = False,
        places: Sequence[int] | None = None,
    ) -> None:
        """``places`` of the channels in a row; None: they come in their order."""
        self._t = array("q")
        self._new: list[tuple[int, Sequence[int | None]]] = []  # the newest rows, not in their columns yet
        self._scales = dict(channels)
        self._columns = {name: array("i") for name in channels}
        self._places = tuple(range(len(self._columns)) if places is None else places)
        self._rows = rows
        self._whole = whole
        self._keep = 1  # every so many-th row that comes
        self._came = 0

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self._columns)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __len__(self) -> int:
        return len(self._t) + len(self._new)

    @property
    def t(self) -> array[int]:
        self._take_in()
        return self._t

    def add(self, t: int, readings: Sequence[int | None]) -> None:
        """A row; what is missing at its end is None."""
        self._came += 1
        if self._came % self._keep:
            return
        self._new.append((t, readings))
        if len(self._new) < BATCH and len(self._t) + BATCH < self._rows:
            return
        full = len(self) >= (self._rows if self._whole else self._rows + self._rows // 16)
        if full or len(self._new) >= BATCH:
            self._take_in()
        if full:
            self._shrink()

    def _take_in(self) -> None:
        new, self._new = self._new, []
        if not new:
            return
        self._t.extend([t for t, _ in new])
        told = list(zip_longest(*[row for _, row in new]))  # by place
        nothing = (None,) * len(new)
        for place, (name, column) in zip(self._places, self._columns.items(), strict=True):
            self._columns[name] = _extended(column, told[place] if place < len(told) else nothing)

    def _shrink(self) -> None:
        if self._whole:
            self._keep *= 2
            cut = slice(1, None, 2)
        else:
            cut = slice(len(self._t) - self._rows, None)
        self._t = self._t[cut]
        self._columns = {name: column[cut] for name, column in self._columns.items()}

    def series(self, name: str, until: int | None = None, since: int | None = None) -> Points:
        """(t, value) of a channel, the oldest first; None where there was no reading."""
        t = self.t
        column = self._columns.get(name)
        if column is None:
            return Points()
        last = len(t) if until is None else bisect_right(t, until)
        first = 0 if since is None else bisect_left(t, since)
        if until is None and not self._whole:
            first = max(first, last - self._rows)
        return Points(t[first:last], column[first:last], self._scales[name])

    def row(self, until: int | None = None) -> dict[str, float | None]:
        """The newest reading of every channel, or that of a moment; empty before the first one."""
        place = (len(self.t) if until is None else bisect_right(self.t, until)) - 1
        if place < 0:
            return {}
        return {name: _value(column, place, self._scales[name]) for name, column in self._columns.items()}


_NONE = {"i": -(1 << 31), "q": -(1 << 63)}  # what stands for no reading


def _value(column: array[int], place: int, scale: Scale) -> float | None:
    raw = column[place]
    return None if raw == _NONE[column.typecode] else scale.of(raw)


def _extended(column: array[int], values: Sequence[int | None]) -> array[int]:
    """With some readings more, in 64 bits where they need them; what does not fit there is no reading."""
    none = _NONE[column.typecode]
    try:
        fresh = array(column.typecode, values)  # type: ignore[arg-type]
    except (TypeError, OverflowError):  # None among them, or one that is too wide
        pass
    else:
        if none not in fresh:
            column.extend(fresh)
            return column
    read = [raw for raw in values if raw is not None]
    if not read or (none < min(read) and max(read) < -none):
        column.extend([none if raw is None else raw for raw in values])
        return column
    none, before = _NONE["q"], none
    made = array("q", (none if raw == before else raw for raw in column))
    made.extend([raw if raw is not None and none < raw < -none else none for raw in values])
    return made
