"""A row of telemetry, column by column: what is kept of it, worked out once for a board."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
        self.history = History(scales, REPLAY_ROWS if whole else LIVE_ROWS, whole, tuple(places.values()))
        self._total = (places[TOTAL_POWER], scales[TOTAL_POWER]) if TOTAL_POWER in places else None
        self._joules = [(places[name], scales[name]) for name in counter_channels(board)]
        self._counters = [(place, channel.name) for place, channel in enumerate(channels) if _is(channel, "counter")]
        # Of a run: in which store of what was observed, and under which name.
        clocks = [c for c in channels if _is(c, "clock") and c.id.startswith(_CLOCKS)]
        loads = [c for c in channels if c.id == _LOAD]
        zones = [c for c in channels if _is(c, "temperature")]
        self._kept, self._zones = (
            [(store, c.id, places[c.id], scales[c.id]) for store, of in stores for c in {c.id: c for c in of}.values()]
            for stores in ([(0, clocks), (1, loads)], [(2, zones)])
        )
        self._soaks = soaks
        # What counters had grown by in earlier parts of the session, until the first reading in this one.
        self._carried: dict[str, int] = {}
        self._joules_shift: float | None = 0.0  # None: the next reading says it

    def keep(self, rows: Sequence[ev.Telemetry]) -> None:
        """The newest rows."""
        for row in rows:
            self.history.add(row.t, row.v)

    def observe(self, rows: Sequence[ev.Telemetry], told: ObservedBoard, counters: dict[str, tuple[int, int]]) -> None:
        """What analysis asks of some ticks of a run."""
        if self._total is not None:
            for row, watts in zip(rows, _values(rows, *self._total), strict=True):
                if watts is not None:
                    told.power.t.append(row.t)
                    told.power.watts.append(watts)
        if self._joules or self._counters:
            for row in rows:
                self._count(row, told, counters)
        stores = told.clocks, told.loads, told.temperatures
        kept = self._kept + self._zones if self._soaks else self._kept
        if kept:
            readings = [(stores[store], name, _values(rows, place, scale)) for store, name, place, scale in kept]
            told.add([row.t for row in rows], readings)

    def _count(self, row: ev.Telemetry, told: ObservedBoard, counters: dict[str, tuple[int, int]]) -> None:
        if self._joules:
            joules = [_value(row, place, scale) for place, scale in self._joules]
            if None not in joules:
                self._add_joules(row.t, sum(value for value in joules if value is not None), told)
        for place, name in self._counters:
            raw = row.v[place] if place < len(row.v) else None
            if raw is not None:
                known = name in counters and name not in self._carried
                counters[name] = (counters[name][0] if known else raw - self._carried.pop(name, 0), raw)

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


def _value(row: ev.Telemetry, place: int, scale: Scale) -> float | None:
    raw = row.v[place] if place < len(row.v) else None
    return None if raw is None else scale.of(raw)


def _values(rows: Sequence[ev.Telemetry], place: int, scale: Scale) -> list[float | None]:
    return [_value(row, place, scale) for row in rows]


def _scaling(channel: ev.Channel) -> Scale:
    """What ``scaled`` does, worked out once."""
    divisor = round(1 / channel.scale) if 0 < channel.scale < 1 else 0
    divides = divisor and all(scaled(channel, raw) == raw / divisor for raw in _TRIED)
    return Scale(divisor, True) if divides else Scale(channel.scale)


def _is(channel: ev.Channel, *quantities: str) -> bool:
    return channel.quantity in quantities
