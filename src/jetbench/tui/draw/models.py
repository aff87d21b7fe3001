"""Pane 1: the models, their cases, and how far the run is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len

from jetbench.domain.results import CaseResult
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.draft import Draft
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.frame import Room
from jetbench.tui.entries import Entry, sweep_label
from jetbench.tui.row import Row
from jetbench.tui.text import clip, clock, left, ms, si

P50_WIDTH, WORD_WIDTH = 6, 9
WORDS = {"interrupted": "stopped"}
GRADES = {"A": "good", "B": "running", "C": "warn", "D": "bad"}
STAGES = {
    "to_device": "to the device", "first": "first pass", "warmup": "warm-up", "measure": "measuring",
    "idle": "at rest", "energy": "joules", "cooldown": "cooling down",
    "calibrate": "calibrating", "profile": "profiling", "experiment": "A/B trials",
    "data": "real images",
}  # fmt: skip
ROLES = {"measured": "good", "running": "running", "queued": "faint", "skipped": "faint", "interrupted": "warn"}


class Columns(msgspec.Struct, frozen=True):
    name: int
    word: int  # 0: only the grade and the sign have room

    @staticmethod
    def within(width: int) -> Columns:
        word = WORD_WIDTH + 1 if width >= 39 else 0
        return Columns(max(6, width - 4 - P50_WIDTH - 3 - 1 - word), word)


def header(room: Room, measured: bool) -> Row:
    columns = Columns.within(room.width)
    row = room.row().gap(4).fit("model", columns.name, "muted")
    if not measured:
        return row.end("params", "muted")
    return row.right("p50 ms", P50_WIDTH, "muted").put(" grade" if columns.word else "", "muted")


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
        row.fit_name(entry.model, columns.name, role, glyphs.more)
    else:
        assert entry.case is not None
        row.gap(2).fit(f"  {sweep_label(entry.case, siblings)}", columns.name, "muted", glyphs.more)
    if entry.case is None:
        return _published(entry, row) if published else row
    result = entry.case
    p50 = result.latency.p50 if result.latency else live_p50 if result.status == "running" else None
    row.right(ms(p50) if p50 is not None else "", P50_WIDTH, "strong" if result.latency else "muted").gap()
    letter = result.grade.letter if result.grade is not None else " "
    row.put(letter, GRADES.get(letter, "text")).gap()
    sign, word, role = state(result, room)
    row.put(sign, role)
    return row.gap().put(word, role) if columns.word else row


def _published(entry: Entry, row: Row) -> Row:
    """What is known of a model that was not measured: its size, as published."""
    if entry.known is None or entry.known.params is None:
        return row
    return row.end(si(entry.known.params), "faint")


def reason(entry: Entry, room: Room) -> list[Row]:
    """Below a case that was not measured: why."""
    result = entry.case
    if result is None or not result.error or result.status == "running":
        return []
    role = "bad" if result.status in ("failed", "refused") else "warn"
    rows = room.paragraph(result.error.removeprefix("refused: "), role, indent=6)
    if len(rows) <= 2:
        return rows
    cut = f"{rows[1].text[6:]} {room.glyphs.more}"
    return [rows[0], room.row().to(6).fit(cut, room.width - 6, role, room.glyphs.more)]


def progress(snapshot: Snapshot, room: Room) -> list[Row]:
    """Three lines while a run goes on."""
    now = snapshot.progress
    top, stage = room.row(), STAGES.get(now.stage or "", now.stage or "")
    if now.case is not None:
        done = f"{now.samples} / {now.target}" if now.target is not None else str(now.samples)
        done = done if timed(snapshot) is None else ""  # passes are over, or not those that count
        top.fit_name(
            now.case.model, min(cell_len(now.case.model), room.width - len(stage) - 2), "strong", room.glyphs.more
        )
        top.put(f"  {stage or 'starting'}", "running").end(done, "text", keep=2)
    elif stage:
        top.put(stage, "running")
    else:
        top.put("between cases" if now.finished else "starting", "muted")
    bottom = room.row().put(f"case {min(now.finished + 1, now.total)} of {now.total}", "muted")
    if snapshot.status == "stopping":
        bottom.end("stopping", "warn")
    elif now.seconds_left is not None:
        bottom.end(left(now.seconds_left, now.stage == "cooldown"), "text")
    return [top, _bar(snapshot, room), bottom]


def _bar(snapshot: Snapshot, room: Room) -> Row:
    """Passes of those that were asked for; in a stage that is bound by time, seconds; between cases, cases."""
    now, lasts = snapshot.progress, timed(snapshot)
    if lasts is not None:
        spent = (snapshot.t - (now.stage_since or snapshot.t)) * 1e-9
        at_most = "at most " if now.stage == "cooldown" else ""
        return _gauge(spent / lasts, f" {clock(min(spent, lasts))} of {at_most}{clock(lasts)}", room)
    if now.case is None:
        return _gauge(now.finished / max(1, now.total), f" {now.finished} of {now.total}", room)
    if now.target is None:
        return room.row().put("until the interval is narrow enough", "muted")
    share = now.samples / now.target
    return _gauge(share, f"{share * 100:.0f} %".rjust(6), room)


def _gauge(share: float, words: str, room: Room) -> Row:
    full, rest = gauge(min(1.0, share), room.width - len(words), room.glyphs)
    return room.row().put(full, "running").put(rest, "faint").put(words, "muted")


def timed(snapshot: Snapshot) -> float | None:
    """Seconds that the present stage lasts, or may last; None where passes are counted."""
    protocol = snapshot.protocol
    if protocol is None:
        return None
    limits = {"cooldown": protocol.cooldown_s, "idle": protocol.idle_s, "energy": protocol.energy_s}
    limits["soak"] = protocol.soak_s or 0.0
    return limits.get(snapshot.progress.stage or "") or None


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
    for named in (True, False):
        parts = []
        for key, field in (("b", "batch"), ("i", "input"), ("k", "passes")):
            parts.append((key, f" {field} " if named else " ", clip(draft.text(field), 16, room.glyphs.more)))
        if draft.base.energy:
            parts.append(("j", "", " joules"))
        if sum(len("".join(part)) + 2 for part in parts) - 2 <= room.width:
            break
    row = room.row()
    for key, name, value in parts:
        row.put(key, "key").put(name, "muted").put(value, "text").put("  ", "text")
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
