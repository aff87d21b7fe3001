"""Pane 1: the models, their cases, and how far the run is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jetbench.domain.results import CaseResult
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draft import Draft
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.frame import Room
from jetbench.tui.entries import Entry, sweep_label
from jetbench.tui.row import Row
from jetbench.tui.text import clip, clock, ms, si

P50_WIDTH, WORD_WIDTH = 7, 9
WORDS = {"interrupted": "stopped"}
ROLES = {"measured": "good", "running": "running", "queued": "faint", "skipped": "faint", "interrupted": "warn"}


@dataclass(frozen=True, slots=True)
class Columns:
    name: int
    word: int  # 0: only the sign has room

    @staticmethod
    def within(width: int) -> Columns:
        word = WORD_WIDTH + 1 if width >= 37 else 0
        return Columns(max(6, width - 4 - P50_WIDTH - 1 - 1 - word), word)


def header(room: Room, measured: bool) -> Row:
    columns = Columns.within(room.width)
    row = room.row().gap(4).fit("model", columns.name, "muted")
    if not measured:
        return row.right("params", P50_WIDTH, "muted")
    return row.right("p50 ms", P50_WIDTH, "muted").gap().put("state" if columns.word else "", "muted")


def state(result: CaseResult, room: Room) -> tuple[str, str, str]:
    """Sign, word and role: never told apart by colour alone."""
    if result.status == "measured" and result.throttled:
        return room.glyphs.warn, "throttled", "warn"
    word = WORDS.get(result.status, result.status)
    return room.glyphs.state(result.status), word, ROLES.get(result.status, "bad")


def line(
    entry: Entry,
    room: Room,
    siblings: Sequence[CaseResult],
    live_p50: float | None,
    here: bool,
    focus: bool,
    published: bool,
) -> Row:
    glyphs, columns = room.glyphs, Columns.within(room.width)
    row = room.row("cursor" if here and focus else "ground")
    row.put(glyphs.cursor if here else " ", "key" if focus else "muted").gap()
    if entry.head:
        row.put(glyphs.picked if entry.picked else glyphs.unpicked, "accent" if entry.picked else "faint").gap()
        role = "text" if entry.picked or entry.case else "muted"
        row.fit(entry.model, columns.name, role, glyphs.more)
    else:
        assert entry.case is not None
        row.gap(2).fit(f"  {sweep_label(entry.case, siblings)}", columns.name, "muted", glyphs.more)
    if entry.case is None:
        return _published(entry, row) if published else row
    result = entry.case
    p50 = result.latency.p50 if result.latency else live_p50 if result.status == "running" else None
    row.right(ms(p50) if p50 is not None else "", P50_WIDTH, "strong" if result.latency else "muted").gap()
    sign, word, role = state(result, room)
    row.put(sign, role)
    return row.gap().put(word, role) if columns.word else row


def _published(entry: Entry, row: Row) -> Row:
    """What is known of a model that was not measured: its size, as published."""
    if entry.known is None or entry.known.params is None:
        return row
    return row.right(si(entry.known.params), P50_WIDTH, "faint")


def reason(entry: Entry, room: Room) -> list[Row]:
    """Below a case that was not measured: why."""
    result = entry.case
    if result is None or not result.error or result.status == "running":
        return []
    role = "bad" if result.status in ("failed", "refused") else "warn"
    rows = room.paragraph(result.error, role, indent=6)
    return (
        rows[:2] if len(rows) <= 2 else [rows[0], room.row().to(6).fit(rows[1].text[6:] + " …", room.width - 6, role)]
    )


def progress(snapshot: Snapshot, room: Room) -> list[Row]:
    """Three lines while a run goes on."""
    now, glyphs = snapshot.progress, room.glyphs
    top = room.row()
    if now.case is not None:
        top.put(now.case.model, "strong").put(f"  {now.stage or 'starting'}", "running")
        done = str(now.samples) if now.target is None else f"{now.samples} / {now.target}"
        top.end(done, "text", keep=2)
    else:
        top.put("between cases" if now.finished else "starting", "muted")
    share = now.samples / now.target if now.target else 0.0
    if now.target is None:
        bar = room.row().put("until the interval is narrow enough", "muted")
    else:
        full, rest = gauge(min(1.0, share), room.width - 6, glyphs)
        bar = room.row().put(full, "running").put(rest, "faint").right(f"{share * 100:.0f} %", 6, "muted")
    bottom = room.row().put(f"case {min(now.finished + 1, now.total)} of {now.total}", "muted")
    if snapshot.status == "stopping":
        bottom.end("stopping", "warn")
    elif now.seconds_left is not None:
        bottom.end(f"{clock(now.seconds_left)} left", "text")
    return [top, bar, bottom]


def summary(snapshot: Snapshot, draft: Draft, room: Room) -> list[Row]:
    """Two lines while none goes on: how much is picked, and the sweep with the keys that change it."""
    count, cases = len(draft.picked), draft.cases
    picked = room.row().put(f"{count} picked", "text" if count else "warn")
    if snapshot.models:
        picked.put(f" of {len(snapshot.models)}", "muted")
    picked.end(f"{cases} case{'' if cases == 1 else 's'}", "text" if count else "muted")
    return [picked, _sweep(draft, room)]


def _sweep(draft: Draft, room: Room) -> Row:
    """Keys, names and values; without the names where there is no room for them."""
    fields = [("b", "batch"), ("i", "input"), ("k", "passes")]
    for named in (True, False):
        row = room.row()
        wanted = 0
        for key, field in fields:
            value = clip(draft.text(field), 16, room.glyphs.more)
            name = f" {field} " if named else " "
            wanted += len(key) + len(name) + len(value) + (2 if key != "k" else 0)
            row.put(key, "key").put(name, "muted").put(value, "text").put("  ", "text")
        if wanted <= room.width:
            break
    return row


def foot(snapshot: Snapshot, draft: Draft, room: Room) -> list[Row]:
    if room.height < 6:
        return []
    rule = room.row().put(room.glyphs.axis * room.width, "frame")
    return [rule, *(progress(snapshot, room) if busy(snapshot) else summary(snapshot, draft, room))]


def waiting(snapshot: Snapshot, room: Room) -> list[Row]:
    """Said while the interpreter has not answered yet."""
    if snapshot.models_known or snapshot.status in ("failed", "lost"):
        return []
    python = snapshot.software.executable if snapshot.software else ""
    if not python and snapshot.board is not None:
        python = str(snapshot.board.agent.get("executable", ""))
    text = f"reading the list of models from {python or 'the interpreter that measures'}{room.glyphs.more}"
    return room.paragraph(text, "muted")
