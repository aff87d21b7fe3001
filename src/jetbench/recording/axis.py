"""One axis for a session that was resumed: every part on the clock of the first, its rows under that one's columns.

CLOCK_MONOTONIC begins anew when a machine does. Two parts of one boot share it; others are laid side by side by
their wall clocks, and never before what came earlier: a board without a clock of its own wakes up in 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from jetbench.domain import events as ev

Rearranged = Callable[[ev.Telemetry], ev.Telemetry]
NOT_IN_THIS_PART = "no_sensor"


class Axis:
    """Feed it every event of a session in order: ``place`` gives each as of the first part."""

    def __init__(self) -> None:
        self.header: ev.Header | None = None
        self.part: ev.Part | None = None
        self.shift = 0  # of the part that goes on, ns
        self._rearranged: Rearranged | None = None

    def place(self, event: ev.AnyEvent) -> ev.AnyEvent:
        if isinstance(event, ev.Part):
            self.enter(event)
        elif self.part is None:
            if isinstance(event, ev.Header) and self.header is None:
                self.header = event
            return event
        if self._rearranged is not None and isinstance(event, ev.Telemetry):
            event = self._rearranged(event)
        if self.shift:
            event = moved(event, self.shift)
        return event

    def enter(self, part: ev.Part) -> None:
        """What follows belongs to ``part``."""
        self.part = part
        if self.header is None:
            return
        self.shift = shift_of(self.header, part)
        first = self.header.board.channels if self.header.board is not None else ()
        own = part.board.channels if part.board is not None else first
        self._rearranged = None if _alike(first, own) else _by_name(first, own)


def shift_of(header: ev.Header, part: ev.Part) -> int:
    """Nanoseconds to add to a part's time stamps."""
    shift = 0
    if header.boot is None or header.boot != part.boot:
        shift = (part.wall_ns - part.t) - (header.wall_ns - header.t)
    return max(shift, part.after - part.t)


def moved(event: ev.AnyEvent, shift: int) -> ev.AnyEvent:
    """A line without a time stamp stays without one."""
    if isinstance(event, ev.Latency):
        return msgspec.structs.replace(event, t=event.t + shift, b=event.b + shift)
    return msgspec.structs.replace(event, t=event.t + shift) if event.t else event


def _alike(first: Sequence[ev.Channel], own: Sequence[ev.Channel]) -> bool:
    return [(c.id, c.scale) for c in first] == [(c.id, c.scale) for c in own]


def _by_name(first: Sequence[ev.Channel], own: Sequence[ev.Channel]) -> Rearranged:
    """Another set of sensors: the columns of the first part, as far as this one has them."""
    places = {channel.id: place for place, channel in enumerate(own)}
    missing = {channel.id: NOT_IN_THIS_PART for channel in first if channel.id not in places}

    def rearranged(row: ev.Telemetry) -> ev.Telemetry:
        values = []
        for channel in first:
            place = places.get(channel.id, len(row.v))
            raw = row.v[place] if place < len(row.v) else None
            if raw is not None and own[place].scale != channel.scale:
                raw = round(raw * own[place].scale / channel.scale)
            values.append(raw)
        return msgspec.structs.replace(row, v=tuple(values), why={**row.why, **missing})

    return rearranged
