"""Two recordings compared: what they are, what differs between them, and every case with its verdict in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jetbench.domain.text import printable
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.text import significant

ROLES = {"FASTER": "good", "SLOWER": "bad", "SAME": "text", "UNCLEAR": "warn"}


def draw(told: Mapping[str, Any], room: Room) -> list[Row]:
    """``told``: a document as docs/compare.schema.json has it."""
    rows = [row for session in told["sessions"] for row in _session(session, room)]
    rows += [room.row(), *_differences(told, room)]
    rows += [row for remark in told["remarks"] for row in room.paragraph(remark, "warn")]
    for case in told["cases"]:
        rows += [room.row(), *_case(case, room)]
    alone = [f"only in {each['session']}: {_name(each['case'])}" for each in told["unmatched"]]
    return [*rows, room.row(), *(row for text in alone for row in room.paragraph(text, "muted"))]


def _session(session: Mapping[str, Any], room: Room) -> list[Row]:
    torch = f"torch {session['torch']}" if session["torch"] else ""
    words = (session["board"], torch, session["created"], session["status"])
    rows = room.paragraph(f"{session['label']}  {session['file']}", "strong")
    made_up = [room.row().to(3).put("SIMULATED BOARD", "warn")] if session["simulated"] else []
    text = ", ".join(word for word in words if word)
    return [*rows, *made_up, *_indented(text, "muted", room)]


def _differences(told: Mapping[str, Any], room: Room) -> Iterator[Row]:
    for incomparable in (True, False):
        found = [each for each in told["differences"] if each["incomparable"] is incomparable]
        if found:
            words = ", ".join(
                f"{each['what']} ({each['baseline'] or 'not recorded'} in A, {each['value'] or 'not recorded'} in B)"
                for each in found
            )
            head = "not comparable, compared anyway" if incomparable else "differs too, which need not matter"
            yield from room.paragraph(f"{head}: {words}", "warn" if incomparable else "muted")


def _case(case: Mapping[str, Any], room: Room) -> list[Row]:
    """Name and medians, then ratio, interval and verdict in words."""
    rows = [room.row().fit(_name(case), room.width, "strong", room.glyphs.more)]
    for pair in case["pairs"]:
        figures = room.row().to(3).put("median ", "muted").put(f"{_ms(case['p50_s'])} ", "text")
        figures.put("and ", "muted").put(f"{_ms(pair['p50_s'])}", "text").gap(3)
        if pair["ratio"] is not None:
            figures.put("ratio ", "muted").put(f"{pair['ratio']:.3f}", "strong")
            if pair["ci95"]:
                low, high = pair["ci95"]
                figures.put(f" [{low:.3f}, {high:.3f}]", "text")
        rows.append(figures)
        said = printable(pair["text"] or pair["reason"] or "not compared")
        wrong = any(pair["wrong"] or ())
        rows += _indented(said, "bad" if wrong else ROLES.get(pair["verdict"] or "", "muted"), room)
        if pair["accuracy"] is not None:
            rows += _indented(pair["accuracy"]["text"], "text", room)
        for note in pair["notes"] or ():
            rows += _indented(note, "muted", room)
    return rows


def _indented(text: str, role: str, room: Room) -> list[Row]:
    return room.paragraph(text, role, indent=3)


def _name(case: Mapping[str, Any]) -> str:
    size = " " + "x".join(map(str, case["input"][2:])) if case["input"] else ""
    return printable(f"{case['model']} {case['variant']} b{case['batch']}{size} {case['device']}")


def _ms(seconds: float | None) -> str:
    return f"{significant(seconds * 1e3)} ms" if seconds is not None else "N/A"
