"""Ticks at nice numbers, and where they stand."""

from __future__ import annotations

import math

import msgspec
from rich.cells import cell_len

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_step(span: float, most: int) -> float:
    """The smallest nice step that needs at most ``most`` of them for ``span``."""
    if span <= 0 or most < 1:
        return 1.0
    raw = span / most
    power = 10.0 ** math.floor(math.log10(raw))
    return next((step * power for step in STEPS if step * power >= raw * (1 - 1e-9)), 10 * power)


class Axis(msgspec.Struct, frozen=True):
    """From ``low`` to ``high``, both on a tick."""

    low: float
    high: float
    step: float

    def share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0

    def value(self, share: float) -> float:
        return self.low + (self.high - self.low) * share

    def column(self, value: float, width: int) -> int:
        return min(width - 1, max(0, int(self.share(value) * width)))

    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + index * self.step for index in range(count + 1)]

    def label(self, value: float) -> str:
        return f"{value:.{self.places}f}"

    @property
    def places(self) -> int:
        """Digits behind the point that the step needs."""
        exponent = math.floor(math.log10(self.step))
        half = abs(self.step / 10.0**exponent - 2.5) < 1e-6
        return max(0, -exponent + half)


def axis(low: float, high: float, most: int) -> Axis:
    """An axis around the values, widened to ticks."""
    if high - low <= 1e-9 * max(1.0, abs(high)):
        margin = abs(low) * 0.05 or 0.5
        low, high = low - margin, high + margin
    step = nice_step(high - low, max(1, most))
    low = math.floor(low / step + 1e-9) * step
    return Axis(low, max(math.ceil(high / step - 1e-9) * step, low + step), step)


class LogAxis(msgspec.Struct, frozen=True):
    """From ``low`` to ``high``, both above 0, by their logarithm."""

    low: float
    high: float

    def share(self, value: float) -> float:
        return math.log(max(value, self.low * 1e-3) / self.low) / math.log(self.high / self.low)

    def value(self, share: float) -> float:
        return self.low * math.exp(share * math.log(self.high / self.low))

    def column(self, value: float, width: int) -> int:
        return min(width - 1, max(0, int(self.share(value) * width)))

    def ticks(self) -> list[float]:
        """1, 2 and 5 of every decade, or even steps where that were fewer than three."""
        exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        found = [m * 10.0**e for e in exponents for m in (1, 2, 5) if self.low <= m * 10.0**e <= self.high]
        if len(found) >= 3:
            return found
        return [t for t in axis(self.low, self.high, 6).ticks() if self.low <= t <= self.high]

    def label(self, value: float) -> str:
        return f"{value:.4g}"


Scale = Axis | LogAxis


def log_axis(low: float, high: float) -> LogAxis:
    """A little wider than the values, which are above 0."""
    low = max(low, 1e-9)
    return LogAxis(low * 0.98, max(high, low) * 1.02)


def place(labels: list[tuple[int, str]], width: int, space: int = 2) -> list[tuple[int, str]]:
    """Labels centred at their columns; one that would touch its left neighbour is left out."""
    placed: list[tuple[int, str]] = []
    free = 0
    for column, text in labels:
        start = min(max(0, column - cell_len(text) // 2), width - cell_len(text))
        if start >= free and start >= 0:
            placed.append((start, text))
            free = start + cell_len(text) + space
    return placed


def crowd(labels: list[tuple[int, str, str]], width: int) -> list[tuple[int, str, str]]:
    """Labels (column, text, role) centred where there is room, else pushed aside: none is left out."""
    starts: list[int] = []
    free = 0
    for column, text, _ in labels:
        start = max(free, column - cell_len(text) // 2)
        starts.append(start)
        free = start + cell_len(text) + 1
    limit = width
    for index in range(len(labels) - 1, -1, -1):
        starts[index] = min(starts[index], limit - cell_len(labels[index][1]))
        limit = starts[index] - 1
    return [(start, text, role) for start, (_, text, role) in zip(starts, labels, strict=True) if start >= 0]
