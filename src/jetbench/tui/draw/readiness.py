"""The sheet before the start: how the board is, what mends it, and what will be run."""

from __future__ import annotations

from collections.abc import Sequence

from jetbench.analysis.ahead import Ahead
from jetbench.analysis.board_checks import Finding, troubles
from jetbench.tui.draft import Draft
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.sheet import plan_lines
from jetbench.tui.row import Row
from jetbench.tui.text import clock, mib, plural

WORD, NAME = 8, 12
ROLES = {"bad": "bad", "warning": "warn", "ok": "good", "unknown": "muted"}
_ORDER = ("bad", "warning", "unknown", "ok")


def rows(found: Sequence[Finding], told: bool, ahead: Ahead | None, draft: Draft, room: Room) -> list[Row]:
    """``told``: whether the board has answered. ``ahead``: None where nothing is picked."""
    lines = [_verdict(found, told, room), room.row()]
    for finding in sorted(found, key=lambda each: _ORDER.index(each.state)):
        lines += _finding(finding, room)
    return [*lines, room.row(), *_run(ahead, draft, room)]


def _verdict(found: Sequence[Finding], told: bool, room: Room) -> Row:
    count = len(troubles(found))
    if not told:
        return room.row().put("the board has not answered yet", "muted")
    if count:
        return room.row().put(f"{plural(count, 'finding')} would spoil figures", "warn")
    return room.row().put("nothing of the board's state stands in the way" if found else "nothing is checked", "text")


def _finding(finding: Finding, room: Room) -> list[Row]:
    """Sign, word and colour; below it the command that mends it."""
    signs = {"bad": room.glyphs.failed, "warning": room.glyphs.warn, "ok": room.glyphs.done, "unknown": "?"}
    role, start = ROLES[finding.state], 2 + WORD + NAME
    first, *more = room.paragraph(finding.text, "text" if finding.state != "unknown" else "muted", indent=start)
    row = room.row().put(signs[finding.state], role).gap().fit(finding.state, WORD, role).fit(finding.name, NAME)
    lines = [row.put(first.text.strip(), first.spans[-1][1]), *more]
    if finding.remedy and finding.state != "ok":
        mend, *rest = room.paragraph(finding.remedy, "accent", indent=start)
        lines += [room.row().to(2 + WORD).fit("mend", NAME, "muted").put(mend.text.strip(), "accent"), *rest]
    return lines


def _run(ahead: Ahead | None, draft: Draft, room: Room) -> list[Row]:
    if ahead is None:
        return [room.row().put("no model is picked", "warn")]
    rounds = f" in {ahead.rounds} rounds" if ahead.rounds > 1 else ""
    lines: list[Row] = []
    for label, text in (
        ("will run", f"{plural(ahead.cases, 'case')}{rounds}: {', '.join(draft.picked)}"),
        ("batches", f"{draft.text('batch')}, input {draft.text('input')}"),
        *plan_lines(draft),
        ("time", _time(ahead)),
        ("memory", _memory(ahead)),
    ):
        first, *more = room.paragraph(text, "text", indent=2 + WORD)
        lines += [room.row().fit(label, 2 + WORD, "muted").put(first.text.strip()), *more]
    return lines


def _time(ahead: Ahead) -> str:
    """Never a guess for a case that was not measured: what is known, and what it cannot exceed."""
    parts = []
    if ahead.seconds is not None:
        whole = "all" if ahead.known == ahead.cases else f"{ahead.known} of them"
        parts.append(f"about {clock(ahead.seconds)} for {whole}, as measured before")
    if ahead.seconds is None or ahead.known < ahead.cases:
        parts.append(f"measuring takes at most {clock(ahead.most_s)}, loading comes on top")
    if ahead.cooldown_s:
        parts.append(f"cool-down at most {clock(ahead.cooldown_s)} in all")
    return "; ".join(parts)


def _memory(ahead: Ahead) -> str:
    if ahead.need_mib is None or ahead.neediest is None:
        return "told before each case begins; what will not fit is refused"
    return f"up to {mib(ahead.need_mib)} ({ahead.neediest.model}, batch {ahead.neediest.batch}), as told before"
