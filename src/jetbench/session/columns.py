"""A row of telemetry, column by column: what is kept of it, worked out once for a board."""

from __future__ import annotations

from collections.abc import Mapping

from jetbench.analysis.energy import counter_channels
from jetbench.analysis.telemetry import TOTAL_POWER, scaled
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedBoard
from jetbench.session.history import LIVE_ROWS, REPLAY_ROWS, History, Scale

_CLOCKS = ("clock.cpu", "clock.gpu")  # of what a pass can run on
_LOAD = "load.gpu"  # with which a GPU that idles is told from one that throttles
_TRIED = (8943528, 1234567890123, 7, 429)  # readings that tell dividing from multiplying


class Columns:
    """The newest rows in their units; and of those of a run what analysis asks for."""

    def __init__(self, board: ev.Board | None, whole: bool = False, soaks: bool = False) -> None:
        channels = board.channels if board is not None else ()
        places = {channel.id: place for place, channel in enumerate(channels)}  # of two alike the later one
        scales = {name: _scaling(channels[place]) for name, place in places.items()}
        self.history = History(scales, REPLAY_ROWS if whole else LIVE_ROWS, whole)
        self._places = tuple(places.values())
        self._total = places.get(TOTAL_POWER)
        self._joules = [places[name] for name in counter_channels(board)]
        self._counters = [(place, channel.name) for place, channel in enumerate(channels) if _is(channel, "counter")]
        self._kept = [
            (place, channel)
            for place, channel in enumerate(channels)
            if (_is(channel, "clock") and channel.id.startswith(_CLOCKS)) or channel.id == _LOAD
        ]
        self._zones = [(place, channel) for place, channel in enumerate(channels) if _is(channel, "temperature")]
        self._soaks = soaks
        self._channels = channels
        # What counters had grown by in earlier parts of the session, until the first reading in this one.
        self._carried: dict[str, int] = {}
        self._joules_shift: float | None = 0.0  # None: the next reading says it

    def keep(self, row: ev.Telemetry) -> None:
        """The newest rows."""
        read, count = row.v, len(row.v)
        self.history.add(row.t, [read[place] if place < count else None for place in self._places])

    def observe(self, row: ev.Telemetry, told: ObservedBoard, counters: dict[str, tuple[int, int]]) -> None:
        """What analysis asks of one tick of a run."""
        watts = self._value(row, self._total)
        if watts is not None:
            told.power.t.append(row.t)
            told.power.watts.append(watts)
        joules = [self._value(row, place) for place in self._joules]
        if joules and None not in joules:
            self._add_joules(row.t, sum(value for value in joules if value is not None), told)
        for place, name in self._counters:
            raw = row.v[place] if place < len(row.v) else None
            if raw is not None:
                known = name in counters and name not in self._carried
                counters[name] = (counters[name][0] if known else raw - self._carried.pop(name, 0), raw)
        stores = {"clock": told.clocks, "temperature": told.temperatures}
        readings = []
        for place, channel in (*self._kept, *self._zones) if self._soaks else self._kept:
            raw = row.v[place] if place < len(row.v) else None
            value = None if raw is None else raw * channel.scale
            readings.append((stores.get(channel.quantity, told.loads), channel.id, value))
        if readings:
            told.add(row.t, readings)

    def _value(self, row: ev.Telemetry, place: int | None) -> float | None:
        if place is None or place >= len(row.v):
            return None
        return scaled(self._channels[place], row.v[place])

    def _add_joules(self, t: int, joules: float, told: ObservedBoard) -> None:
        if self._joules_shift is None:
            self._joules_shift = told.power.joules[-1] - joules if len(told.power.joules) else 0.0
        told.power.counter_t.append(t)
        told.power.joules.append(joules + self._joules_shift)

    def begin_run(self, soaks: bool = False) -> None:
        """``soaks``: temperatures are asked of it, too."""
        self._carried, self._joules_shift, self._soaks = {}, 0.0, soaks

    def begin_part(self, counters: Mapping[str, tuple[int, int]]) -> None:
        """Counters may have begun anew with the machine: they go on from where they stood."""
        self._carried = {name: last - first for name, (first, last) in counters.items()}
        self._joules_shift = None


def _scaling(channel: ev.Channel) -> Scale:
    """What ``scaled`` does, worked out once."""
    divisor = round(1 / channel.scale) if 0 < channel.scale < 1 else 0
    divides = divisor and all(scaled(channel, raw) == raw / divisor for raw in _TRIED)
    return Scale(divisor, True) if divides else Scale(channel.scale)


def _is(channel: ev.Channel, *quantities: str) -> bool:
    return channel.quantity in quantities
