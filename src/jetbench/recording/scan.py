"""Finding lines of some kinds in the bytes of a recording, without reading what they say.

A line begins with its kind, as the agent and the screen write it. Memory stays bounded whatever the file holds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from jetbench.recording.format import MARKED

CHUNK = 1 << 20
_FIRST = 1 << 15  # what is looked for is often near
_OVERLAP = 64  # bytes; longer than any pattern matches


def beginning(kinds: Iterable[str]) -> re.Pattern[bytes]:
    """Lines of these kinds, from the end of the line before."""
    return re.compile(rb'\n\{"k":"(?:' + b"|".join(kind.encode() for kind in kinds) + rb')"')


MARKS = beginning(MARKED)
CHECKPOINTS = beginning(["checkpoint"])
PARTS = beginning(["part"])


def chunks(descriptor: int) -> Iterator[tuple[int, bytes]]:
    """The whole file, with offsets."""
    at = 0
    while data := os.pread(descriptor, CHUNK, at):
        yield at, data
        at += len(data)


def forward(descriptor: int, pattern: re.Pattern[bytes], begin: int, end: int) -> Iterator[int]:
    """Offsets in [begin, end) at which such lines begin, the first one first; the first line of the file is none."""
    at, step = max(begin, 1), _FIRST
    while at < end:
        # From the line end before: a pattern begins with it.
        data = os.pread(descriptor, step + _OVERLAP, at - 1)
        for match in pattern.finditer(data):
            if match.start() >= step or at + match.start() >= end:
                break
            yield at + match.start()
        if len(data) < step:
            return
        at, step = at + step, min(2 * step, CHUNK)


def last(descriptor: int, pattern: re.Pattern[bytes], begin: int, end: int) -> int | None:
    """The last such offset in [begin, end), looked for from the end."""
    step, stop = _FIRST, end
    while stop > max(begin, 1):
        start = max(begin, 1, stop - step)
        found = list(forward(descriptor, pattern, start, stop))
        if found:
            return found[-1]
        stop, step = start, min(2 * step, CHUNK)
    return None


def first(descriptor: int, pattern: re.Pattern[bytes], begin: int, end: int) -> int | None:
    return next(forward(descriptor, pattern, begin, end), None)
