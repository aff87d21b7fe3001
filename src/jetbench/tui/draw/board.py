"""Pane 4: power, temperature, clocks and, where there is room, latency over the time axis; fan, memory, throttling."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from jetbench.session.snapshot import Reading, Snapshot
from jetbench.tui.draw import readings, stack
from jetbench.tui.draw.axis import Axis, axis
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.happened import Happened, happened, throttled_words
from jetbench.tui.draw.over_time import passes
from jetbench.tui.draw.stack import Chart, Limit
from jetbench.tui.draw.timeaxis import WINDOWS, TimeAxis, of_readings, time_axis
from jetbench.tui.row import Row

if TYPE_CHECKING:  # the first paint does without
    from jetbench.session.history import Points

WORDS_FROM = 12  # lines: below, the status line has to do for what is not charted
LATENCY_FROM = 24  # lines: then latency stands in the same stack


class Stretch(msgspec.Struct, frozen=True):
    """What is on the axis of one quantity."""

    lowest: float
    highest: float
    mean: float


class Strip(msgspec.Struct, frozen=True):
    """One quantity over time."""

    name: str
    role: str
    reading: Reading
    history: Points

    def since(self, t: int) -> Stretch | None:
        first = bisect_left(self.history.times, t)
        extremes, mean = self.history.extremes(first), self.history.mean(first)
        return None if extremes is None or mean is None else Stretch(*extremes, mean)

    def scale(self, shown: Stretch | None) -> Axis:
        """For the values that are on the axis. The trip of a temperature is always in it."""
        values, channel = [shown.lowest, shown.highest] if shown else [0.0], self.reading.channel
        if channel.quantity == "temperature":
            high = max([*values, channel.limit] if channel.limit else values)
            return Axis(math.floor(min(values) / 10) * 10.0, math.ceil((high + 1) / 10) * 10.0, 10.0)
        if channel.unit == "%":
            return Axis(0.0, 100.0, 50.0)
        if channel.quantity == "clock" and channel.limit:
            values.append(channel.limit)
        return axis(0.0, max(values) * 1.05 or 1.0, 2)


def draw(snapshot: Snapshot, room: Room, window: int = WINDOWS[0], log: bool = False) -> list[Row]:
    strips, grid = _strips(snapshot), time_axis(snapshot, room.width, room.glyphs, window)
    told = happened(snapshot, grid)
    apology = [] if any(strip.name == "Power" for strip in strips) else readings.no_power(snapshot, room)
    foot = _foot(snapshot, room, told)
    height = room.height - len(apology) - len(foot)
    charts = [_chart(strip, grid, room) for strip in strips]
    if room.height >= LATENCY_FROM and snapshot.lane:
        charts.insert(0, passes(snapshot, grid, room, log))
    rows = stack.draw(charts, grid, told, replace(room, height=max(1, height))) if charts else []
    rows += [room.row() for _ in range(height - len(rows))]
    return [*apology, *rows, *foot]


def _strips(snapshot: Snapshot) -> list[Strip]:
    """The most telling first: those at the end give way where there is no room."""
    clocks = [r for r in snapshot.readings.values() if r.channel.quantity == "clock"]
    gpu = next((r for r in clocks if r.channel.id == "clock.gpu"), None)
    cpu = next((r for r in clocks if r.channel.id.startswith("clock.cpu") and r.channel.id in snapshot.history), None)
    wanted = [
        ("Power", "power", readings.power(snapshot)),
        ("Temp", "temperature", readings.temperature(snapshot)),
        ("CPU", "series", cpu),
        ("GPU", "series", gpu),
    ]
    found = []
    for name, role, reading in wanted:
        if reading is not None and reading.channel.reason is None:
            history = snapshot.history.get(reading.channel.id)
            if history is not None and history.extremes() is not None:
                found.append(Strip(name, role, reading, history))
    load = snapshot.readings.get("load.cpu")
    if len(found) < 2 and load is not None and snapshot.history.get("load.cpu"):
        found.append(Strip("CPU", "series", load, snapshot.history["load.cpu"]))  # the room is there
    return found


def _chart(strip: Strip, grid: TimeAxis, room: Room) -> Chart:
    extents = of_readings(strip.history, grid)
    shown = strip.since(grid.first)
    scale, channel = strip.scale(shown), strip.reading.channel
    trip = channel.limit if channel.quantity == "temperature" else None
    unit = f"{room.glyphs.degree}C"
    return Chart(
        head=_head(strip, shown, room), role=strip.role, extents=extents, low=scale.low, high=scale.high,
        labels=(scale.label(scale.low), scale.label(scale.high)) if shown else ("", ""),
        limit=Limit(trip, f"trip {trip:.0f} {unit}") if trip is not None and shown else None,
        weight=2 if channel.quantity in ("temperature", "power") else 1,
        least=1 if channel.quantity == "clock" else 2,
    )  # fmt: skip


def _head(strip: Strip, shown: Stretch | None, room: Room) -> Row:
    """Name, value, a gauge against its limit or its peak, and what these are."""
    channel = strip.reading.channel
    if strip.reading.value is None:  # just now
        why = (strip.reading.reason or "no reading").replace("_", " ")
        return room.row().fit(strip.name, 6, "muted").put("N/A  ", "warn").put(why, "muted")
    unit = f"{room.glyphs.degree}C" if channel.unit == "C" else channel.unit
    row = room.row().fit(strip.name, 6, "muted").put(f"{readings.figure(strip.reading)} {unit}", strip.role).gap(2)
    notes = _notes(strip, shown, unit)
    while len(notes) > 1 and len("  ".join(notes)) > row.left:
        notes.pop()
    note = "  ".join(notes)
    top = channel.limit or (100.0 if channel.unit == "%" else shown.highest if shown else None)
    bar = min(16, row.left - len(note) - 2)
    if bar >= 5 and top and channel.quantity != "clock":
        full, rest = gauge(strip.reading.value / top, bar, room.glyphs)
        row.put(full, strip.role).put(rest, "faint").gap(2)
    return row.fit(note, row.left, "muted", room.glyphs.more)


def _notes(strip: Strip, shown: Stretch | None, unit: str) -> list[str]:
    """Of what is shown; the most telling first."""
    channel, value = strip.reading.channel, strip.reading.value
    if channel.quantity == "temperature":
        room_left = readings.headroom(value, channel.limit, unit)
        return [room_left, channel.name] if room_left else [channel.name, "no trip known"]
    if channel.quantity == "clock":
        return [f"lowest {shown.lowest:.0f} {unit}"] if shown else []
    if not shown:
        return ["no reading in this stretch"]
    notes = [
        f"mean {shown.mean:.1f}",
        f"peak {shown.highest:.1f}",
        "" if channel.unit == "%" else channel.name,
    ]
    return [note for note in notes if note]


def _foot(snapshot: Snapshot, room: Room, told: Happened) -> list[Row]:
    """Clocks and the like, then throttling."""
    if snapshot.board is None:
        return []
    words = room.row()
    for name, value in readings.words(snapshot):
        if len(name) + len(value) + 1 <= words.left:
            words.put(f"{name} ", "muted").put(value, "text").gap(3)
    sign, text, role = readings.throttling(snapshot)
    throttle = room.row().put({"warn": room.glyphs.warn, "done": room.glyphs.done}.get(sign, "?"), role).gap()
    throttle.fit(text, min(throttle.left, len(text)), role, room.glyphs.more)
    if (span := throttled_words(told)) and len(span) + 3 <= throttle.left:
        throttle.put(f"   {span}", "muted")
    if snapshot.throttle_notices:
        throttle.put(f"   earlier: {', '.join(snapshot.throttle_notices)}", "muted")
    return [words, throttle] if words.used and room.height >= WORDS_FROM else [throttle]
