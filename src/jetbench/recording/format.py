"""The recording's format: its name, its version, its bounds and its first line."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from jetbench import __version__
from jetbench.domain.events import Board, Header

NAME = "jetbench-recording"
VERSION = 1
MAX_LINE = 1 << 20  # bytes of one line, its end included
SUFFIX = ".jsonl"


class RecordingError(Exception):
    """A recording cannot be written or is none; the text is one plain line."""


def header(
    *,
    board: Board | None,
    plan: Mapping[str, Any] | None = None,
    command: Sequence[str] = (),
    t: int | None = None,
    wall_ns: int | None = None,
) -> Header:
    """The first line. ``t`` and ``wall_ns`` are one moment on both clocks; left out, it is now.

    ``t`` has to be CLOCK_MONOTONIC of the machine measured: pass the pair when that is another one.
    """
    if wall_ns is None:
        wall_ns = time.time_ns()
    if t is None:
        t = time.monotonic_ns()
    return Header(
        t=t,
        format=NAME,
        version=VERSION,
        jetbench=__version__,
        created=iso_utc(wall_ns),
        wall_ns=wall_ns,
        command=tuple(command),
        plan=dict(plan or {}),
        board=board,
    )


def iso_utc(wall_ns: int) -> str:
    """ISO 8601 to the millisecond, UTC."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"
