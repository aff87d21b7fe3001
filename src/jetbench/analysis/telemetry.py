"""Readings of the board: scaling, columns, the headline temperature."""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.domain.events import Board, Channel

TOTAL_POWER = "power.total"


def scaled(channel: Channel, raw: int | None) -> float | None:
    """A reading in the channel's unit."""
    if raw is None:
        return None
    # 1e-6 as a factor makes 8943528 into 8.943527999; dividing by the whole number 1e6 does not.
    if 0 < channel.scale < 1:
        divisor = 1 / channel.scale
        if abs(divisor - round(divisor)) < 1e-6:
            return raw / round(divisor)
    return raw * channel.scale


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
