"""A reading as text: digits that its sensor can resolve, and its unit."""

from __future__ import annotations

_DIGITS = {"W": 3, "V": 3, "A": 3, "C": 1, "MHz": 0, "%": 1, "rpm": 0, "MiB": 0, "J": 3}
_SIGNS = {"C": "°C"}


def reading_text(value: float | None, unit: str) -> str:
    """``8.944 W``; a missing one is N/A, never 0."""
    if value is None:
        return "N/A"
    return f"{value:.{_DIGITS.get(unit, 0)}f} {_SIGNS.get(unit, unit)}".rstrip()
