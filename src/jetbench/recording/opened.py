"""Opening a recording without reading it: its header, its end, and where its parts lie.

Of a file of any length only the two ends are read. One that is packed, and one without checkpoints, is read through
once, without decoding what it says.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.sound import unsound
from jetbench.recording import scan
from jetbench.recording.axis import shift_of
from jetbench.recording.checkpoints import MAX_PARTS, stamp
from jetbench.recording.format import MAX_LINE
from jetbench.recording.reader import BROKEN_GZIP, Unpacked, header_of, open_file

_TAIL = 1 << 16
_MOST_SPANS = 10_000  # a file of a stranger may have a part in every line


class Span(msgspec.Struct, frozen=True):
    """Bytes of one part of a session, and what places its events on the axis of the first."""

    begin: int
    end: int
    shift: int = 0  # ns
    part: ev.Part | None = None  # None: the first


class Opened(msgspec.Struct, frozen=True):
    """A recording as it was when it was opened; it may have grown since."""

    path: Path
    header: ev.Header
    size: int  # bytes; of a packed one those it unpacks to
    packed: bool
    spans: tuple[Span, ...]
    last_t: int  # time stamp of the newest line, on the axis of the header
    checkpoint: ev.Checkpoint | None = None  # the last one
    brief: Mapping[str, Any] = msgspec.field(default_factory=dict)  # of it: status, cases finished

    @property
    def duration_s(self) -> float:
        """From the header to the newest line."""
        return max(0, self.last_t - self.header.t) * 1e-9


def open_session(path: str | os.PathLike[str]) -> Opened:
    """Raises RecordingError where the file is no recording."""
    with open_file(path) as file:
        header = header_of(file, path)
        begin = file.tell()
        if isinstance(file, Unpacked):
            return _packed(Path(path), header, file)
        return _plain(Path(path), header, begin, file.fileno())


def _plain(path: Path, header: ev.Header, begin: int, descriptor: int) -> Opened:
    end = os.fstat(descriptor).st_size
    at = scan.last(descriptor, scan.CHECKPOINTS, begin, end)
    checkpoint = None if at is None else _checkpoint(line_at(descriptor, at))
    spans = _spans(descriptor, header, begin, end, at if checkpoint is not None else None, checkpoint)
    newest = _newest(descriptor, spans[-1].begin, end)
    return Opened(
        path=path,
        header=header,
        size=end,
        packed=False,
        spans=spans,
        last_t=newest + spans[-1].shift if newest else header.t,
        checkpoint=checkpoint,
        brief=checkpoint.brief if checkpoint is not None else {},
    )


def _spans(
    descriptor: int, header: ev.Header, begin: int, end: int, at: int | None, checkpoint: ev.Checkpoint | None
) -> tuple[Span, ...]:
    """By the last checkpoint and the lines behind it; where it cannot be right, by a look at every line."""
    known = checkpoint.parts if checkpoint is not None else ()
    since = at if at is not None and checkpoint is not None and checkpoint.marks is not None else begin
    if len(known) >= MAX_PARTS:
        since = known[-1] + 1
    offsets = [*known, *islice(scan.forward(descriptor, scan.PARTS, since, end), _MOST_SPANS)]
    parts = [_part(line_at(descriptor, offset)) for offset in offsets]
    if known and (None in parts[: len(known)] or offsets != sorted(set(offsets))):
        offsets = list(islice(scan.forward(descriptor, scan.PARTS, begin, end), _MOST_SPANS))
        parts = [_part(line_at(descriptor, offset)) for offset in offsets]
    spans = [Span(0, end)]
    for offset, part in zip(offsets, parts, strict=True):
        if part is not None:
            last = spans[-1]
            spans[-1] = Span(last.begin, offset, last.shift, last.part)
            spans.append(Span(offset, end, shift_of(header, part), part))
    return tuple(spans)


def line_at(descriptor: int, offset: int) -> bytes:
    """The line that begins there, or as much of it as a line may have."""
    data, step = b"", 4096
    while len(data) < MAX_LINE:
        more = os.pread(descriptor, min(step, MAX_LINE - len(data)), offset + len(data))
        end = more.find(b"\n")
        if end >= 0:
            return data + more[: end + 1]
        if not more:
            break
        data, step = data + more, step * 4
    return data


def _newest(descriptor: int, begin: int, end: int) -> int:
    """The newest time stamp near the end; 0 where there is none."""
    size = _TAIL
    while True:
        start = max(begin, end - size)
        lines = os.pread(descriptor, end - start, start).split(b"\n")
        whole = lines[1 if start > begin else 0 : -1]  # the last one has no end
        newest = max((stamp(line) for line in whole), default=0)
        if newest or start == begin or size > 2 * MAX_LINE:
            return newest
        size *= 4


def _packed(path: Path, header: ev.Header, file: Unpacked) -> Opened:
    """Unpacked from begin to end: nothing in a stream of gzip is found in another way."""
    checkpoint, newest, offset = None, b"", file.tell()
    parts: list[tuple[int, ev.Part | None]] = [(0, None)]
    with suppress(*BROKEN_GZIP):  # whoever reads the events is told
        while line := file.readline(MAX_LINE):
            if line.endswith(b"\n"):
                newest = line
                if line.startswith(b'{"k":"part"') and (part := _part(line)) and len(parts) < _MOST_SPANS:
                    parts.append((offset, part))
                elif line.startswith(b'{"k":"checkpoint"'):
                    checkpoint = _checkpoint(line) or checkpoint
            offset += len(line)
    ends = [begin for begin, _ in parts[1:]] + [offset]
    spans = tuple(
        Span(begin, end, shift_of(header, part) if part is not None else 0, part)
        for (begin, part), end in zip(parts, ends, strict=True)
    )
    last_t = stamp(newest) + spans[-1].shift if stamp(newest) else header.t
    brief = checkpoint.brief if checkpoint is not None else {}
    return Opened(path, header, offset, True, spans, last_t, checkpoint, brief)


def _part(line: bytes) -> ev.Part | None:
    event = _sound(line)
    return event if isinstance(event, ev.Part) else None


def _checkpoint(line: bytes) -> ev.Checkpoint | None:
    event = _sound(line)
    return event if isinstance(event, ev.Checkpoint) else None


def _sound(line: bytes) -> ev.AnyEvent | None:
    try:
        event = ev.decode(line)
    except (ValueError, RecursionError):
        return None
    return None if unsound(event) else event
