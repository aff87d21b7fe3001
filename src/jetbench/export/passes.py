"""The rows of samples.csv, a block of passes at a time: with millions of them nothing else in an export counts.

Rows of one block that are equally long are a grid of bytes. Its digits are made in one go, by the JSON encoder,
from whole numbers that hold a 0 where the decimal point belongs; then the points are put into their columns of the
grid. That the grid is one is checked; what is not is cut in halves, and a few rows are written one by one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import msgspec

from jetbench.analysis.flags import of_passes
from jetbench.domain.observed import ObservedCase
from jetbench.export.cells import seconds
from jetbench.session.state import SessionState

BLOCK = 4096
_FEW = 32
_SECOND = 10**9
_POINT = 10**10  # a second, in a number with a digit for the point
_FILL = b"~"
_encoder = msgspec.json.Encoder()


def rows(state: SessionState) -> Iterator[bytes | bytearray]:
    """Many rows at once, ASCII; start_s counts from the start of the run. No cell needs quotes."""
    begin = state.run.t if state.run else 0
    for case_id, record in state.records.items():
        flags = of_passes(record, state.observed)
        for first in range(0, len(flags), BLOCK):
            yield from _rows(case_id, record, flags, first, min(first + BLOCK, len(flags)), begin)


def _rows(
    case_id: int, record: ObservedCase, flags: Sequence[str], first: int, last: int, begin: int
) -> Iterator[bytes | bytearray]:
    if last - first <= _FEW:
        yield _one_by_one(case_id, record, flags, first, last, begin)
        return
    grid = _grid(case_id, record, flags[first:last], first, begin)
    if grid is not None:
        yield grid
        return
    middle = (first + last) // 2
    yield from _rows(case_id, record, flags, first, middle, begin)
    yield from _rows(case_id, record, flags, middle, last, begin)


def _one_by_one(case_id: int, record: ObservedCase, flags: Sequence[str], first: int, last: int, begin: int) -> bytes:
    return "".join(
        f"{case_id},{record.round[at]},{record.index[at]},"
        f"{seconds(record.start[at] - begin)},{seconds(record.duration[at])},{flags[at]}\r\n"
        for at in range(first, last)
    ).encode("ascii")


def _grid(case_id: int, record: ObservedCase, flags: Sequence[str], first: int, begin: int) -> bytearray | None:
    """Rows of one length; None where they differ in round or in the width of a cell, or a figure has no such form."""
    count = len(flags)
    part = slice(first, first + count)
    rounds, starts = record.round[part], record.start[part].tolist()
    same_round = rounds.tobytes() == rounds[:1].tobytes() * count
    if not same_round or starts != sorted(starts) or starts[0] - begin < _SECOND:
        return None
    index, begun = record.index[part].tolist(), _with_room(starts, begin)
    head = b"%d,%d" % (case_id, rounds[0])
    width, ends = _ends(flags, head)
    cells: list[int | msgspec.Raw] = [0] * (4 * count)
    cells[0::4], cells[1::4] = index, begun
    cells[2::4] = [_POINT + lasted for lasted in record.duration[part]]
    cells[3::4] = ends
    data = bytearray(head) + _encoder.encode(cells)
    data[len(head)] = ord(",")  # it was the bracket of the list
    del data[-len(head) - 1 :]
    after_index = len(head) + 1 + len(str(index[0]))
    after_start = after_index + 1 + len(str(begun[0]))
    if not _put_points(data, count, after_index, after_start):
        return None
    return data.translate(None, _FILL) if width else data


def _with_room(starts: Sequence[int], begin: int) -> list[int]:
    """Starts in their order as nanoseconds since ``begin``, with a 0 between the seconds and the rest."""
    found: list[int] = []
    at = 0
    while at < len(starts):
        second = (starts[at] - begin) // _SECOND
        end = bisect_left(starts, begin + (second + 1) * _SECOND, at)
        more = second * (_POINT - _SECOND) - begin
        found += [start + more for start in starts[at:end]]
        at = end
    return found


def _ends(flags: Sequence[str], head: bytes) -> tuple[int, list[msgspec.Raw]]:
    """What ends a row and begins the next one; flags of different lengths are filled up, to ``width``."""
    count = len(flags)
    if flags.count(flags[0]) == count:
        return 0, [msgspec.Raw(b"%b\r\n%b" % (flags[0].encode(), head))] * count
    width = max(map(len, flags))
    made = {text: msgspec.Raw(b"%b\r\n%b" % (text.encode().ljust(width, _FILL), head)) for text in set(flags)}
    return width, [made[text] for text in flags]


def _put_points(data: bytearray, count: int, after_index: int, after_start: int) -> bool:
    """Whether every row is as the first one is, cell by cell; then it has its decimal points."""
    after_lasted = after_start + 12
    row, rest = divmod(len(data), count)
    columns = (
        *((place, b",") for place in (after_index, after_start, after_lasted)),
        *((after_start + 1, b"1"), (after_start + 2, b"0")),
    )
    if rest or row <= after_lasted or any(data[place::row] != mark * count for place, mark in columns):
        return False
    data[after_start - 10 :: row] = data[after_start + 2 :: row] = b"." * count
    data[after_start + 1 :: row] = b"0" * count
    return True
