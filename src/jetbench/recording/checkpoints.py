"""Checkpoints: the state in brief every few seconds, and where the earlier ones begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jetbench.domain import events as ev
from jetbench.recording.format import MAX_LINE

MAX_OFFSETS = 32


class _Stamp(msgspec.Struct):
    t: int = 0


_stamp = msgspec.json.Decoder(_Stamp)


def stamp(line: bytes) -> int:
    """The time stamp of a line; 0 where it has none."""
    try:
        return _stamp.decode(line).t
    except (ValueError, RecursionError):
        return 0


def line(t: int, events: int, offsets: list[int], brief: Mapping[str, Any]) -> bytes:
    """The line of a checkpoint, its end included."""
    checkpoint = ev.Checkpoint(t=t, events=events, offsets=tuple(offsets), brief=dict(brief))
    data = ev.encode(checkpoint) + b"\n"
    if len(data) > MAX_LINE:
        data = ev.encode(msgspec.structs.replace(checkpoint, brief={})) + b"\n"
    return data


def remember(offsets: list[int], offset: int) -> None:
    """Keep a bounded list: when it is full every second one goes, so that the rest still spans the file."""
    offsets.append(offset)
    if len(offsets) > MAX_OFFSETS:
        offsets[:] = offsets[::2]
