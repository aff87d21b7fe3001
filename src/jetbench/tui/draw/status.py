"""The first line: is it live, which board, how hot, what is recorded, how long still."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import msgspec
from rich.cells import cell_len

from jetbench.domain.text import printable
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draw import readings
from jetbench.tui.draw.track import track
from jetbench.tui.glyphs import Glyphs
from jetbench.tui.playing import View
from jetbench.tui.row import Row
from jetbench.tui.text import clip, clock, left, size

Span = tuple[str, str]  # text, role


class Field(msgspec.Struct):
    """Part of the line. Where room is short, first what has a ``shorter`` form takes it, the highest rank first."""

    rank: int
    spans: list[Span]
    shorter: list[Span] | None = None

    @property
    def width(self) -> int:
        return 3 + sum(cell_len(printable(text)) for text, _ in self.spans)


DROPPED_WORDS = ("NVIDIA", "Developer", "Kit", "Devkit", "Model", "Super")
STATES = {
    "connecting": ("CONNECTING", "warn"),
    "idle": ("READY", "good"),
    "starting": ("STARTING", "running"),
    "running": ("LIVE", "live"),
    "stopping": ("STOPPING", "warn"),
    "done": ("DONE", "good"),
    "interrupted": ("STOPPED", "warn"),
    "failed": ("FAILED", "bad"),
    "lost": ("LOST", "bad"),
}


def draw(snapshot: Snapshot, width: int, glyphs: Glyphs, wall: str) -> Row:
    word, role = STATES.get(snapshot.status, (snapshot.status.upper(), "text"))
    wall_field = Field(6, [(wall, "muted")])
    fields = [Field(0, [(f"{glyphs.live} {word}", role)]), *_fields(snapshot, glyphs), wall_field]
    fields = fitted([field for field in fields if field.spans], width)
    row = Row(width, "bar").gap(1)
    for field in fields:
        if field is wall_field:
            row.to(width - len(wall) - 1)
        for text, span_role in field.spans:
            row.put(text, span_role)
        row.gap(3)
    return row


TRACK_LEAST, TRACK_MOST = 20, 60  # cells


def moved(snapshot: Snapshot, view: View, width: int, glyphs: Glyphs, of: Sequence[Field] = ()) -> Row:
    """The line while the view is frozen, or of a recording: the moment looked at, and all there is as a track.

    ``of``: in the place of what is said of the snapshot's board: whether it is made up, and what it is.
    """
    row = Row(width, "cursor").gap(1)
    row.put("REPLAY" if view.mode == "replay" else "FROZEN", "running").gap()
    row.put(hours(view.seconds), "strong")
    if view.mode == "replay":
        row.put(f" / {hours((view.span.end - view.span.begin) * 1e-9)}", "text").gap()
        row.put(
            "playing" if view.playing else "the end" if view.at_end else "paused", "good" if view.playing else "warn"
        )
        row.put(f" x{_speed(view.speed)}", "text").gap()
    else:
        row.put(f"  {behind(view.behind)} behind live", "warn").gap(2)
    board = _board(snapshot, glyphs)
    made_up = Field(0, [("SIMULATED", "warn")] if simulated(snapshot) else [])
    first, *rest = of or (made_up, Field(5, board.shorter or board.spans))
    fields = [first, Field(2, [_event(view, snapshot)]), *rest]
    fields = [field for field in fields if field.spans and field.spans[0][0]]
    room, least = width - row.used - 2, max(TRACK_LEAST, width // 3)
    while fields and room - sum(field.width for field in fields) < least:
        dropped = max(fields, key=lambda field: field.rank)
        if dropped.rank == 0:  # what is made up says so
            break
        fields.remove(dropped)
    track(row, view, min(TRACK_MOST, room - sum(field.width for field in fields)), glyphs)
    for field in fields:
        row.gap(2)
        for text, role in field.spans:
            row.put(text, role)
    return row


def hours(seconds: float) -> str:
    """00:03:20: as wide at the begin as at the end."""
    whole = max(0, int(seconds))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def behind(minutes: int) -> str:
    """In whole minutes: it must not move while a person reads."""
    return f"{minutes} min" if minutes else "under 1 min"


def _speed(speed: float) -> str:
    return f"{speed:g}" if speed >= 1 else f"1/{1 / speed:g}"


def _event(view: View, snapshot: Snapshot) -> Span:
    """What happened at the moment looked at, in words."""
    here = next((found for found in view.moments if found.t == view.here), None)
    if here is None:
        return "", "text"
    models = {result.case.id: result.case.model for result in snapshot.cases}
    of = models.get(here.case, "") if here.case is not None else ""
    words = {
        "case": f"{of} begins",
        "case_end": f"{of} ends: {here.text}",
        "throttle": f"throttled: {here.text}" if here.text else "no longer throttled",
        "mark": f"mark {here.text}".strip(),
        "fault": here.text,
        "board": here.text,
    }
    return clip(printable(words.get(here.kind, "")), 40), "strong"


def fitted(fields: list[Field], width: int) -> list[Field]:
    while len(fields) > 1 and sum(field.width for field in fields) > width:
        longer = [field for field in fields if field.shorter is not None]
        if longer:
            worst = max(longer, key=lambda field: field.rank)
            worst.spans, worst.shorter = worst.shorter or [], None
        else:
            fields.remove(max(fields, key=lambda field: field.rank))
    return fields


def _fields(snapshot: Snapshot, glyphs: Glyphs) -> list[Field]:
    throttled = [(f"{glyphs.warn} throttled", "warn")] if snapshot.throttled else []
    made_up = [("SIMULATED", "warn")] if simulated(snapshot) else []
    return [
        Field(0, made_up),
        _host(snapshot, glyphs),
        _board(snapshot, glyphs),
        Field(2, _power(snapshot) if snapshot.board else []),
        Field(2, _temperature(snapshot, glyphs)),
        Field(4, _clock(snapshot)),
        Field(1, throttled),
        _soak(snapshot, glyphs),
        _recording(snapshot, glyphs),
        Field(1, _left(snapshot)),
    ]


def simulated(snapshot: Snapshot) -> bool:
    """Whether the readings are made up."""
    return snapshot.board is not None and snapshot.board.facts.get("simulated") is True


def simulated_name(model: str) -> tuple[bool, str]:
    """Whether a board's name says that it is made up, and the name without that."""
    return model.startswith("SIMULATED "), model.removeprefix("SIMULATED ")


def _board(snapshot: Snapshot, glyphs: Glyphs) -> Field:
    board = snapshot.board
    name = printable((board.model or board.hostname or board.kind) if board else "")
    if simulated(snapshot):  # said in a field of its own, which is never dropped
        name = name.removeprefix("SIMULATED ")
    if not name:
        return Field(5, [])
    short = " ".join(word for word in name.split() if word not in DROPPED_WORDS) or name
    return Field(5, [(clip(name, 44, glyphs.more), "strong")], [(clip(short, 24, glyphs.more), "strong")])


def _host(snapshot: Snapshot, glyphs: Glyphs) -> Field:
    """Of a board that ssh reaches: what it is called, and whether the line holds."""
    if snapshot.host is None:
        return Field(2, [])
    name = clip(printable(snapshot.host), 32, glyphs.more)
    if snapshot.trouble is None:
        return Field(2, [(name, "strong")])
    return Field(0, [(f"{name}: the line is down, the board goes on", "bad")], [(f"{name}: line down", "bad")])


def _power(snapshot: Snapshot) -> list[Span]:
    reading = readings.power(snapshot)
    if reading is None or reading.value is None:
        return [("power N/A", "muted")]
    return [(f"{readings.figure(reading)} W", "power")]


def _temperature(snapshot: Snapshot, glyphs: Glyphs) -> list[Span]:
    reading = readings.temperature(snapshot)
    if reading is None:
        return []
    return [(f"{readings.figure(reading)} {glyphs.degree}C", "temperature")]


def _clock(snapshot: Snapshot) -> list[Span]:
    value = readings.cpu_clock(snapshot)
    return [(readings.megahertz(value), "text")] if value is not None else []


def _recording(snapshot: Snapshot, glyphs: Glyphs) -> Field:
    if snapshot.recording_ended:
        return Field(1, [(clip(f"REC ended: {printable(snapshot.recording_ended)}", 48, glyphs.more), "bad")])
    if not snapshot.recording:
        return Field(3, [])
    sign: list[Span] = [("REC ", "bad" if busy(snapshot) else "muted")]
    figures: list[Span] = [(size(snapshot.recording_bytes), "text")]
    if busy(snapshot) and snapshot.t_start is not None:
        figures.append((f" {clock((snapshot.t - snapshot.t_start) * 1e-9)}", "text"))
    name = clip(printable(PurePath(snapshot.recording).name), 40, glyphs.more)
    return Field(3, [*sign, (f"{name} ", "muted"), *figures], [*sign, *figures])


def _soak(snapshot: Snapshot, glyphs: Glyphs) -> Field:
    if snapshot.progress.stage != "soak" or not busy(snapshot):
        return Field(4, [])
    from jetbench.tui.draw.soak import running  # few runs have one

    found = running(snapshot, glyphs.degree)
    return Field(4, [(found[0], "running")], [(found[1], "running")]) if found is not None else Field(4, [])


def _left(snapshot: Snapshot) -> list[Span]:
    seconds, cooling = snapshot.progress.seconds_left, snapshot.progress.stage == "cooldown"
    return [(left(seconds, cooling), "text")] if seconds is not None and busy(snapshot) else []
