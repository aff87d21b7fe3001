"""Cells of a CSV file: exact numbers, harmless words, N/A."""

from __future__ import annotations

import re
from typing import Any

from jetbench.domain.text import MAX_TEXT, printable

MISSING = "N/A"
# What spreadsheets run as a formula, the full-width forms that some take for it included; tab and CR, which
# would do it too, are no part of a printable text.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def words(text: object, limit: int = MAX_TEXT) -> str:
    """A text cell that no spreadsheet runs."""
    shown = printable(text, limit)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def figure(value: Any) -> str:
    """A number that reads back as the same number; N/A where there is none."""
    return MISSING if value is None else repr(value)


def seconds(ns: int) -> str:
    """Nanoseconds as seconds, exact."""
    whole, rest = divmod(abs(ns), 1_000_000_000)
    return f"{'-' if ns < 0 else ''}{whole}.{rest:09d}"


def column(name: str, unit: str) -> str:
    """``power.total`` in W is ``power_total_w``: a name that needs no quoting anywhere."""
    units = {"%": "percent", "\N{DEGREE SIGN}C": "c"}
    suffix = re.sub(r"[^a-z0-9]+", "_", units.get(unit, unit.lower())).strip("_")
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", printable(name, 100)).strip("_-") or "channel"
    return f"{stem}_{suffix}" if suffix else stem


def unique(names: list[str], taken: tuple[str, ...] = ()) -> list[str]:
    """The names, numbered from the second of each on."""
    found, seen = [], set(taken)
    for name in names:
        free, number = name, 2
        while free in seen:
            free, number = f"{name}_{number}", number + 1
        seen.add(free)
        found.append(free)
    return found
