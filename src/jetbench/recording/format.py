"""The recording's format: its name, its version, its bounds, its first line and that of a later part."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jetbench import __version__
from jetbench.domain.events import Board, Header, Part

NAME = "jetbench-recording"
VERSION = 1
MAX_LINE = 1 << 20  # bytes of one line, its end included
SUFFIX = ".jsonl"
PACKED = ".gz"  # a second suffix
# Kinds of lines that a person jumps to ("mark": of a later version). A line begins with its kind, so that these are
# found without reading the rest.
MARKED = ("case", "case_end", "throttle", "fault", "mark")
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class RecordingError(Exception):
    """A recording cannot be written or is none; the text is one plain line."""


def header(
    *,
    board: Board | None,
    plan: Mapping[str, Any] | None = None,
    command: Sequence[str] = (),
    t: int | None = None,
    wall_ns: int | None = None,
    boot: str | None = None,
) -> Header:
    """The first line. ``t`` and ``wall_ns`` are one moment on both clocks; left out, it is now.

    ``t`` has to be CLOCK_MONOTONIC of the machine measured: pass the pair, and its ``boot``, when that is another one.
    """
    pair = clock_pair(t, wall_ns)
    return Header(
        t=pair[0],
        format=NAME,
        version=VERSION,
        jetbench=__version__,
        created=iso_utc(pair[1]),
        wall_ns=pair[1],
        command=tuple(command),
        plan=dict(plan or {}),
        board=board,
        boot=boot_id() if t is None else boot,
    )


def part(
    *,
    number: int,
    after: int,
    board: Board,
    command: Sequence[str] = (),
    t: int | None = None,
    wall_ns: int | None = None,
    boot: str | None = None,
) -> Part:
    """The first line of a later part. It begins when its board was described: nothing of it is older.

    ``t``, ``wall_ns`` and ``boot`` as for the header.
    """
    now, wall_ns = clock_pair(t, wall_ns)
    wall_ns -= now - board.t
    return Part(
        t=board.t,
        number=number,
        after=after,
        jetbench=__version__,
        created=iso_utc(wall_ns),
        wall_ns=wall_ns,
        command=tuple(command),
        board=board,
        boot=boot_id() if t is None else boot,
    )


def clock_pair(t: int | None = None, wall_ns: int | None = None) -> tuple[int, int]:
    """One moment, now unless given: monotonic and wall clock, nanoseconds."""
    return time.monotonic_ns() if t is None else t, time.time_ns() if wall_ns is None else wall_ns


def boot_id() -> str | None:
    """What tells this boot of this machine from any other; None where the system does not say."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()[:64] or None
    except (OSError, UnicodeDecodeError):
        return None


def iso_utc(wall_ns: int) -> str:
    """ISO 8601 to the millisecond, UTC."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"
