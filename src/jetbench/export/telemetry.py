"""The table of telemetry.csv: a row a tick, a column a channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from jetbench.analysis.energy import power_at
from jetbench.analysis.meter import METHOD as METER_CSV
from jetbench.analysis.telemetry import TOTAL_POWER, scaled
from jetbench.domain import events as ev
from jetbench.export.cells import MISSING, column, figure, seconds, unique, words
from jetbench.export.document import simulated
from jetbench.export.values import figure as rounded
from jetbench.recording import reader
from jetbench.recording.format import iso_utc
from jetbench.session.state import SessionState

_FIXED = ("t_s", "time_utc")
MAX_MISSING = 10_000  # characters
NO_REASON = "no_reading_yet"


def table(state: SessionState, recording: Path | None) -> Iterator[Sequence[str]]:
    """Header and rows; t_s counts from the start of the run and is below 0 before it.

    Rows of a simulated board name it in a last column, ``board``.
    """
    board = state.board or ev.Board()
    begin = state.run.t if state.run else 0
    header = reader.read_header(recording) if recording is not None else state.header
    made_up = [words(board.model)] if simulated(board) else []
    yield [*columns(board.channels), *["board" for _ in made_up]]
    for row in rows(state, recording):
        yield [*_cells(row, board.channels, begin, header), *made_up]


def rows(state: SessionState, recording: Path | None) -> Iterator[ev.Telemetry]:
    """Every tick of the recording, or the newest ones that the state holds; with the total of a meter, if any."""
    board = state.board or ev.Board()
    metered = with_meter(state)
    for row in _recorded(recording) if recording is not None else _kept(state, board):
        yield metered(row)


def with_meter(state: SessionState) -> Callable[[ev.Telemetry], ev.Telemetry]:
    """What makes of a row as recorded one with the total of a meter; without a meter it stays as it is."""
    metered = state.board is not None and state.board.power.method == METER_CSV
    return _metered(state) if metered else lambda row: row


def _metered(state: SessionState) -> Callable[[ev.Telemetry], ev.Telemetry]:
    """Puts the total of a meter that was recorded elsewhere into a row, between two of its readings."""
    place = next((i for i, c in enumerate(state.board.channels) if c.id == TOTAL_POWER), None) if state.board else None

    def replaced(row: ev.Telemetry) -> ev.Telemetry:
        if place is None or place >= len(row.v):
            return row
        watts = power_at(state.observed.power, row.t)
        total = None if watts is None else round(watts * 1e6)
        return msgspec.structs.replace(row, v=(*row.v[:place], total, *row.v[place + 1 :]))

    return replaced


def _recorded(recording: Path) -> Iterator[ev.Telemetry]:
    return (event for _, event in reader.events(recording) if isinstance(event, ev.Telemetry))


def _kept(state: SessionState, board: ev.Board) -> Iterator[ev.Telemetry]:
    """The newest rows, back in the integers of the wire."""
    kept = [state.history.series(channel.id) for channel in board.channels]
    for row in zip(*kept, strict=False):
        cells = zip(board.channels, (value for _, value in row), strict=True)
        values = (None if value is None else round(value / channel.scale) for channel, value in cells)
        yield ev.Telemetry(t=row[0][0], v=tuple(values))


def columns(channels: Sequence[ev.Channel]) -> list[str]:
    """Every channel with its unit; beside the total power the reason where it is missing; last, all others missing."""
    fixed = (*_FIXED, "power_total_reason", "missing")
    named = unique([column(channel.id, channel.unit) for channel in channels], fixed)
    found = [*_FIXED]
    for name, channel in zip(named, channels, strict=True):
        found += [name, "power_total_reason"] if channel.id == TOTAL_POWER else [name]
    return [*found, "missing"]


def _cells(row: ev.Telemetry, channels: Sequence[ev.Channel], begin: int, header: ev.Header | None) -> Sequence[str]:
    wall = iso_utc(header.wall_ns + row.t - header.t) if header is not None else MISSING
    cells = [seconds(row.t - begin), wall]
    missing = []
    for index, channel in enumerate(channels):
        value, reason = reading(row, index, channel)
        cells.append(figure(value))
        if channel.id == TOTAL_POWER:
            cells.append(words(reason))
        elif reason:
            missing.append(f"{channel.id}={reason}")
    cells.append(words("; ".join(missing), MAX_MISSING))
    return cells


def reading(row: ev.Telemetry, index: int, channel: ev.Channel) -> tuple[float | None, str]:
    """A channel's value in its unit, or the code of the reason why there is none."""
    value = rounded(scaled(channel, row.v[index])) if index < len(row.v) else None
    return value, "" if value is not None else channel.reason or row.why.get(channel.id) or NO_REASON
