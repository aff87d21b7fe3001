"""Pane 4: power and temperature over time, clocks, fan, memory, throttling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jetbench.session.snapshot import Reading, Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draw import readings
from jetbench.tui.draw.axis import Axis, axis
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.series import by_time, dots_a_cell, line
from jetbench.tui.row import Row
from jetbench.tui.text import clock

GUTTER = 5
SECOND = 1_000_000_000
BUCKETS = (1, 2, 5, 10, 30, 60, 120, 300)  # seconds
IDLE_STEP = 5 * SECOND  # strips move in these steps while nothing runs: bytes


@dataclass(frozen=True, slots=True)
class Strip:
    """One quantity over time."""

    name: str
    role: str
    reading: Reading
    history: Sequence[tuple[int, float | None]]

    def values(self) -> list[float]:
        return [value for _, value in self.history if value is not None]

    def scale(self) -> Axis:
        values = self.values() or [0.0]
        if self.reading.channel.quantity == "temperature":
            limit = self.reading.channel.limit
            high = max([*values, limit] if limit else values)
            return Axis(math.floor(min(values) / 10) * 10.0, math.ceil((high + 1) / 10) * 10.0, 10.0)
        if self.reading.channel.unit == "%":
            return Axis(0.0, 100.0, 50.0)
        return axis(0.0, max(values) * 1.1 or 1.0, 2)


def draw(snapshot: Snapshot, room: Room) -> list[Row]:
    strips = _strips(snapshot)
    apology = [] if any(strip.name == "Power" for strip in strips) else _no_power(snapshot, room)
    foot = _foot(snapshot, room)
    height = room.height - len(apology) - len(foot)
    if not strips or height < 3:
        heads = [_head(strip, room) for strip in strips]
        return [*apology, *heads[: max(1, height)], *foot]
    side_by_side = len(strips) > 1 and height < 13 and room.width >= 60
    if side_by_side:
        half = replace(room, width=(room.width - 3) // 2, height=height)
        charts = _beside(_chart(strips[0], snapshot, half), _chart(strips[1], snapshot, half), room)
    elif height < 8 and len(strips) > 1:
        charts = [_head(strips[0], room), *_chart(strips[1], snapshot, replace(room, height=height - 1))]
    else:
        shares = _shares(height, len(strips))
        charts = [
            row
            for strip, share in zip(strips, shares, strict=True)
            for row in _chart(strip, snapshot, replace(room, height=share), strip is strips[-1])
        ]
    charts += [room.row() for _ in range(height - len(charts))]
    return [*apology, *charts, *foot]


def _strips(snapshot: Snapshot) -> list[Strip]:
    found = []
    for name, role, reading in (
        ("Power", "power", readings.power(snapshot)),
        ("Temp", "temperature", readings.temperature(snapshot)),
    ):
        if reading is not None and reading.channel.reason is None:
            history = snapshot.history.get(reading.channel.id, ())
            if reading.value is not None or any(value is not None for _, value in history):
                found.append(Strip(name, role, reading, history))
    load = snapshot.readings.get("load.cpu")
    if len(found) < 2 and load is not None and snapshot.history.get("load.cpu"):
        found.append(Strip("CPU", "series", load, snapshot.history["load.cpu"]))  # the room is there
    return found


def _shares(height: int, count: int) -> list[int]:
    """Lines for each chart; the last one carries the time axis, and gets what is left over."""
    first = [(height - 1) // count] * (count - 1)
    return [*first, height - sum(first)]


def _no_power(snapshot: Snapshot, room: Room) -> list[Row]:
    rows = room.paragraph(readings.why_no_power(snapshot), "muted", indent=11)[:3]
    first = room.row().fit("Power", 6, "muted").put("N/A  ", "warn").put(rows[0].text.strip(), "muted")
    return [first, *rows[1:]]


def _head(strip: Strip, room: Room) -> Row:
    """Name, value, a gauge against its limit or its peak, and what these are."""
    channel, values = strip.reading.channel, strip.values()
    limit = channel.limit or (100.0 if channel.unit == "%" else None)
    if strip.reading.value is None:  # just now
        why = (strip.reading.reason or "no reading").replace("_", " ")
        return room.row().fit(strip.name, 6, "muted").put("N/A  ", "warn").put(why, "muted")
    unit = f"{room.glyphs.degree}C" if channel.unit == "C" else channel.unit
    row = room.row().fit(strip.name, 6, "muted").put(f"{readings.figure(strip.reading)} {unit}", strip.role).gap(2)
    peak = max(values) if values else None
    top = limit or peak
    if channel.quantity == "temperature":
        notes = [f"trip {channel.limit:.0f}" if channel.limit else "", channel.name]
    else:
        mean = sum(values) / len(values) if values else 0.0
        notes = [f"mean {mean:.1f}", f"peak {peak:.1f}" if peak is not None else "", channel.name]
        notes = notes[:2] if channel.unit == "%" else notes
    notes = [text for text in notes if text]
    while len(notes) > 1 and len("  ".join(notes)) > row.left:
        notes.pop()
    note = "  ".join(notes)
    bar = min(16, row.left - len(note) - 2)
    if bar >= 5 and top:
        full, rest = gauge(strip.reading.value / top, bar, room.glyphs)
        row.put(full, strip.role).put(rest, "faint").gap(2)
    return row.fit(note, row.left, "muted", room.glyphs.more)


def _chart(strip: Strip, snapshot: Snapshot, room: Room, times: bool = True) -> list[Row]:
    height = room.height - 1 - (1 if times else 0)
    rows = [_head(strip, room)]
    if height < 1:
        return rows
    glyphs, scale = room.glyphs, strip.scale()
    cells = room.width - GUTTER
    seconds = _bucket_seconds(strip, snapshot, cells * dots_a_cell(glyphs))
    now = snapshot.t if busy(snapshot) else snapshot.t // IDLE_STEP * IDLE_STEP
    buckets = by_time(strip.history, now, seconds * SECOND, cells * dots_a_cell(glyphs))
    limit = strip.reading.channel.limit if strip.role == "temperature" else None
    limit_row = None if limit is None else min(height - 1, max(0, round((1 - scale.share(limit)) * (height - 1))))
    for y, text in enumerate(line(buckets, height, scale.low, scale.high, glyphs)):
        label = scale.label(scale.high) if y == 0 else scale.label(scale.low) if y == height - 1 and height > 1 else ""
        row = room.row().right(label, GUTTER - 1, "faint").put(glyphs.tick if label else glyphs.frame[5], "faint")
        rows.append(_plotted(row, text, strip.role, glyphs.limit if y == limit_row else None))
    if times:
        rows.append(_times(seconds * cells * dots_a_cell(glyphs), room))
    return rows


def _plotted(row: Row, text: str, role: str, limit: str | None) -> Row:
    if limit is None:
        return row.put(text, role)
    for character in text:
        row.put(limit if character == " " else character, "limit" if character == " " else role)
    return row


def _bucket_seconds(strip: Strip, snapshot: Snapshot, buckets: int) -> int:
    """Wide enough that the whole run is in view; a step of the list, so that it rarely changes."""
    begin = max(snapshot.t_start or snapshot.t, strip.history[0][0] if strip.history else snapshot.t)
    needed = (snapshot.t - begin) / SECOND / max(1, buckets)
    return next((seconds for seconds in BUCKETS if seconds >= needed), BUCKETS[-1])


def _times(seconds: int, room: Room) -> Row:
    row = room.row().to(GUTTER).put(f"-{clock(seconds)}", "faint")
    middle = f"-{clock(seconds / 2)}"
    centre = GUTTER + (room.width - GUTTER - len(middle)) // 2
    if centre > row.used + 2:
        row.to(centre).put(middle, "faint")
    return row.end("now", "faint")


def _beside(left: Sequence[Row], right: Sequence[Row], room: Room) -> list[Row]:
    rows = []
    for one, other in zip(left, right, strict=False):
        row = room.row()
        for text, role in one.spans:
            row.put(text, role)
        row.to(room.width - other.width)
        for text, role in other.spans:
            row.put(text, role)
        rows.append(row)
    return rows


def _foot(snapshot: Snapshot, room: Room) -> list[Row]:
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
    if snapshot.throttle_notices:
        throttle.put(f"   earlier: {', '.join(snapshot.throttle_notices)}", "muted")
    return [words, throttle] if words.used else [throttle]
