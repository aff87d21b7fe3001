"""Readings of the board: scaling, columns, the headline temperature."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from jetbench.domain.events import Board, Channel

TOTAL_POWER = "power.total"


def scaled(channel: Channel, raw: int | None) -> float | None:
    """A reading in the channel's unit."""
    if raw is None:
        return None
    divisor = _divisor(channel.scale)
    return raw / divisor if divisor else raw * channel.scale


@lru_cache
def _divisor(scale: float) -> int:
    """1e-6 as a factor makes 8943528 into 8.943527999; dividing by the whole number 1e6 does not. 0: there is none."""
    divisor = 1 / scale if 0 < scale < 1 else 0.0
    return round(divisor) if divisor and abs(divisor - round(divisor)) < 1e-6 else 0


def column(board: Board, channel_id: str) -> int | None:
    for index, channel in enumerate(board.channels):
        if channel.id == channel_id:
            return index
    return None


def headline_temperature(board: Board, values: Sequence[float | None]) -> str | None:
    """Id of the zone to show: the junction (tj) where the board has one, else the hottest."""
    zones = [
        (value, channel.id)
        for channel, value in zip(board.channels, values, strict=False)
        if channel.quantity == "temperature" and value is not None
    ]
    for _, name in zones:
        if name.startswith("temp.tj"):
            return name
    return max(zones)[1] if zones else None
