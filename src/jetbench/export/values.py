"""Values as the documents hold them: finite, bounded, printable."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from jetbench.domain.text import printable

_DIGITS = 12  # of a figure: more would be the noise of binary fractions


def figure(value: float | None) -> float | int | None:
    """A number without the noise of binary fractions; None for what is none."""
    if value is None or isinstance(value, int):
        return value
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def text(value: str | None) -> str | None:
    return None if value is None else printable(value)


def plain(value: Any, depth: int = 6) -> Any:
    """What others said of themselves (facts, build): bounded, printable, JSON."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return figure(value)
    if depth and isinstance(value, Mapping):
        return {printable(key, 100): plain(item, depth - 1) for key, item in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(item, depth - 1) for item in value]
    return printable(value)
