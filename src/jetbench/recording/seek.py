"""Finding a moment in a recording: by bisection over time stamps; and the next one that a person jumps to.

Moments that are jumped to (scan.MARKS) are counted by checkpoints, so that the stretch with the next one is found by
bisection as well, and only that stretch is looked through.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from jetbench.domain import events as ev
from jetbench.domain.sound import unsound
from jetbench.recording import scan
from jetbench.recording.axis import Axis
from jetbench.recording.checkpoints import stamp
from jetbench.recording.damage import Damage
from jetbench.recording.format import MARKED, MAX_LINE
from jetbench.recording.opened import Opened, Span, line_at
from jetbench.recording.reader import events, events_from, open_file

Found = tuple[int, ev.AnyEvent]  # byte offset, event
# Lines are in order but for a few: one that waited for a busy sensor is that much older than its neighbours.
DISORDER_NS = 2_000_000_000
_CLOSE = 1 << 14  # bytes; nearer than that a look at every line is as fast


def seek(opened: Opened, t: int, damage: Damage | None = None) -> Iterator[Found]:
    """Events from a moment on, on the axis of the header: the first one at or after ``t``, and all that follow.

    The header itself, which ``opened`` has, is none of them.
    """
    account = Damage() if damage is None else damage
    found = (
        islice(events(opened.path, account), 1, None) if opened.packed else _from(opened, position(opened, t), account)
    )
    for offset, event in found:
        if event.t >= t:
            yield offset, event
            yield from found
            return


def position(opened: Opened, t: int) -> int:
    """Byte offset of a line shortly before ``t``; that of the second line where all are later."""
    return 0 if opened.packed else _around(opened, t - DISORDER_NS)[0]


def next_mark(opened: Opened, t: int) -> Found | None:
    """The first moment after ``t`` that is jumped to: begin or end of a case, throttling, a fault, a mark."""
    if opened.packed:
        return next((found for found in events(opened.path) if _is_mark(found[1]) and found[1].t > t), None)
    at = position(opened, t)
    with open_file(opened.path) as file:
        while (offset := _next_offset(file.fileno(), opened, at)) is not None:
            event = _event(file.fileno(), opened, offset)
            if event is not None and event.t > t:
                return offset, event
            at = offset + 1
    return None


def previous_mark(opened: Opened, t: int) -> Found | None:
    """The last such moment before ``t``."""
    if opened.packed:
        earlier = [found for found in events(opened.path) if _is_mark(found[1]) and found[1].t < t]
        return earlier[-1] if earlier else None
    at = _around(opened, t + DISORDER_NS)[1]
    with open_file(opened.path) as file:
        while (offset := _previous_offset(file.fileno(), at)) is not None:
            event = _event(file.fileno(), opened, offset)
            if event is not None and event.t < t:
                return offset, event
            at = offset
    return None


def _from(opened: Opened, offset: int, account: Damage) -> Iterator[Found]:
    """Events of the lines from ``offset`` on, each placed as of its part."""
    axis = Axis()
    axis.place(opened.header)
    part = next(span.part for span in reversed(opened.spans) if span.begin <= offset)
    if part is not None:
        axis.enter(part)
    with open_file(opened.path) as file:
        file.seek(offset)
        yield from events_from(file, offset, account, axis)


def _around(opened: Opened, t: int) -> tuple[int, int]:
    """Two offsets, but for disorder: lines before the first are earlier than ``t``, from the second on they are not."""
    begun = [span for span in opened.spans if span.part is None or span.part.t + span.shift <= t]
    with open_file(opened.path) as file:
        return _bisect(file.fileno(), begun[-1], t - begun[-1].shift)


def _bisect(descriptor: int, span: Span, t: int) -> tuple[int, int]:
    """In the stamps of one part."""
    low, high = _next_line(descriptor, span.begin, span.end), span.end
    while high - low > _CLOSE:
        middle = _next_line(descriptor, (low + high) // 2, high)
        found = _stamped(descriptor, middle, high)
        if found is None or found[1] >= t:
            high = (low + high) // 2
        else:
            low = found[0]
    return low, high


def _next_line(descriptor: int, offset: int, end: int) -> int:
    """Where the first line begins that does not begin before ``offset``; the first line of the file is passed over."""
    at = max(0, offset - 1)
    while at < end:
        rest = line_at(descriptor, at)
        at += len(rest)
        if not rest or rest.endswith(b"\n"):
            break
    return min(at, end)


def _stamped(descriptor: int, offset: int, end: int) -> tuple[int, int] | None:
    """The first line from ``offset`` on that has a time stamp: where it begins, and its stamp."""
    while offset < end:
        line = line_at(descriptor, offset)
        if not line:
            return None
        t = stamp(line)
        if t:
            return offset, t
        offset = offset + len(line) if line.endswith(b"\n") else _next_line(descriptor, offset + MAX_LINE, end)
    return None


def _next_offset(descriptor: int, opened: Opened, begin: int) -> int | None:
    """The first line from ``begin`` on that is jumped to."""
    near = scan.first(descriptor, scan.CHECKPOINTS, begin, opened.size)
    if near is None:
        return scan.first(descriptor, scan.MARKS, begin, opened.size)
    found = scan.first(descriptor, scan.MARKS, begin, near)
    if found is not None:
        return found
    known = _marks(descriptor, near)
    start = near if known is None else _last_with(descriptor, near, opened.size, known)
    return scan.first(descriptor, scan.MARKS, start, opened.size)


def _previous_offset(descriptor: int, end: int) -> int | None:
    """The last line before ``end`` that is jumped to."""
    near = scan.last(descriptor, scan.CHECKPOINTS, 1, end)
    found = scan.last(descriptor, scan.MARKS, near or 1, end)
    if found is not None or near is None:
        return found
    known = _marks(descriptor, near)
    if known is None:
        return scan.last(descriptor, scan.MARKS, 1, near)
    before = _last_with(descriptor, 1, near, known - 1)
    counts = ((at, _marks(descriptor, at)) for at in scan.forward(descriptor, scan.CHECKPOINTS, before + 1, near))
    stop = next((at for at, marks in counts if marks is not None and marks >= known), near)
    return scan.last(descriptor, scan.MARKS, 1, stop)


def _last_with(descriptor: int, low: int, high: int, count: int) -> int:
    """The last checkpoint in [low, high) that counts at most ``count`` marks before it; ``low`` where there is none."""
    while high - low > _CLOSE:
        middle = (low + high) // 2
        at = scan.first(descriptor, scan.CHECKPOINTS, middle, high)
        marks = None if at is None else _marks(descriptor, at)
        if at is None or marks is None or marks > count:  # without a count: of an older version
            high = middle
        else:
            low = at
    return low


def _marks(descriptor: int, offset: int) -> int | None:
    event = _decoded(line_at(descriptor, offset))
    return event.marks if isinstance(event, ev.Checkpoint) else None


def _event(descriptor: int, opened: Opened, offset: int) -> ev.AnyEvent | None:
    """The event of the line there, placed; None where it is damaged."""
    event = _decoded(line_at(descriptor, offset))
    if event is None:
        return None
    part = next(span.part for span in reversed(opened.spans) if span.begin <= offset)
    axis = Axis()
    axis.place(opened.header)
    if part is not None:
        axis.enter(part)
    placed = axis.place(event)
    return None if unsound(placed) else placed


def _decoded(line: bytes) -> ev.AnyEvent | None:
    try:
        event = ev.decode(line)
    except (ValueError, RecursionError):
        return None
    return None if unsound(event) else event


def _is_mark(event: ev.AnyEvent) -> bool:
    return event.__struct_config__.tag in MARKED
