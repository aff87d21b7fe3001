"""Keeping the screen's threads to their cores while a run lasts (design: staying out of the way)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable


def allowed() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def keep_to(cores: Iterable[int]) -> None:
    """Bind every thread of this process; a system that refuses is left as it is."""
    wanted = set(cores)
    if not wanted or not hasattr(os, "sched_setaffinity"):
        return
    with contextlib.suppress(OSError, ValueError):
        for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 - names, read in one call
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread), wanted)
