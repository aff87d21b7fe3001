"""Memory that nobody uses any more, and that is held all the same."""

from __future__ import annotations

import gc
from functools import cache
from typing import Any

PERIOD_NS = 30 * 1_000_000_000


@cache
def _trim() -> Any:
    import ctypes

    return getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Objects that only hold each other are let go, and pages that nothing lies in go back to the system.

    Python looks through what is old only when a quarter more has come, which here is megabytes; glibc keeps the pages
    (malloc_trim(3); other C libraries have no such call).
    """
    gc.collect()
    trim = _trim()
    if trim is not None:
        trim(0)
