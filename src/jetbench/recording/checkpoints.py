"""Checkpoints: the state in brief every few seconds, and where other lines are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from jetbench.domain import events as ev
from jetbench.recording import scan
from jetbench.recording.format import MARKED, MAX_LINE

MAX_OFFSETS = 32
MAX_PARTS = 1000  # of which a checkpoint tells the offset
_CHECKPOINT, _PART = b'{"k":"checkpoint"', b'{"k":"part"'
_MARKS = tuple(b'{"k":"%s"' % kind.encode() for kind in MARKED)


class _Stamp(msgspec.Struct):
    t: int = 0


_stamp = msgspec.json.Decoder(_Stamp)


def stamp(line: bytes) -> int:
    """The time stamp of a line; 0 where it has none."""
    try:
        return _stamp.decode(line).t
    except (ValueError, RecursionError):
        return 0


class Index:
    """What a checkpoint tells of the lines before it, kept while they are written."""

    def __init__(self) -> None:
        self.lines = 0
        self.marks = 0
        self.offsets: list[int] = []  # of earlier checkpoints
        self.parts: list[int] = []

    @classmethod
    def of(cls, descriptor: int) -> tuple[Index, int]:
        """Of a file that is gone on with, read once, and the size of its whole lines. Raises OSError."""
        index, size = cls(), 0
        for offset, data in scan.chunks(descriptor):
            index.lines += data.count(b"\n")
            newest = data.rfind(b"\n")
            size = offset + newest + 1 if newest >= 0 else size
        index.marks = sum(1 for _ in scan.forward(descriptor, scan.MARKS, 0, size))
        for offset in scan.forward(descriptor, scan.CHECKPOINTS, 0, size):
            remember(index.offsets, offset)
        index.parts = list(islice(scan.forward(descriptor, scan.PARTS, 0, size), MAX_PARTS))
        return index, size

    def take(self, batch: Sequence[bytes], offset: int) -> None:
        """Lines that were written, the first of them at ``offset``."""
        self.lines += len(batch)
        for line in batch:
            if line.startswith(_MARKS):
                self.marks += 1
            elif line.startswith(_CHECKPOINT):
                remember(self.offsets, offset)
            elif line.startswith(_PART) and len(self.parts) < MAX_PARTS:
                self.parts.append(offset)
            offset += len(line)

    def line(self, t: int, brief: Mapping[str, Any]) -> bytes:
        """The line of a checkpoint, its end included."""
        checkpoint = ev.Checkpoint(
            t=t,
            events=self.lines,
            offsets=tuple(self.offsets),
            brief=dict(brief),
            marks=self.marks,
            parts=tuple(self.parts),
        )
        data = ev.encode(checkpoint) + b"\n"
        if len(data) > MAX_LINE:
            data = ev.encode(msgspec.structs.replace(checkpoint, brief={})) + b"\n"
        return data


def remember(offsets: list[int], offset: int) -> None:
    """Keep a bounded list: when it is full every second one goes, so that the rest still spans the file."""
    offsets.append(offset)
    if len(offsets) > MAX_OFFSETS:
        offsets[:] = offsets[::2]
