"""A screen as text: its lines, which role each stretch of them is drawn with, and the colours of these roles.

No picture of Textual's own making, which changes with each of its releases. What changed on purpose is written anew
with ``JETBENCH_GOLDEN=write pytest tests/tui/test_snapshots.py``, and looked at in the diff.
"""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style

from jetbench.tui.app import BenchApp
from jetbench.tui.palette import Palette

FOLDER = Path(__file__).parent / "snapshots"
ROLE = "jetbench-role"
NONE = "."  # drawn by a widget of Textual's: no role of ours
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def name_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each style says which role it was made for. The screen shows nothing of it."""
    plain = Palette.style

    def style(self: Palette, role: str, ground: str = "ground") -> Style:
        known = role if "@" in role else role if ground == "ground" else f"{role}@{ground}"
        return plain(self, role, ground) + Style(meta={ROLE: known})

    monkeypatch.setattr(Palette, "style", style)


def screen(app: BenchApp) -> list[list[Segment]]:
    return [list(strip) for strip in app.screen._compositor.render_strips()]


def text(app: BenchApp) -> list[str]:
    return ["".join(segment.text for segment in line) for line in screen(app)]


def told(app: BenchApp, title: str) -> str:
    """The whole file."""
    letters: dict[str, str] = {}
    colours: dict[str, str] = {}
    rows = []
    for line in screen(app):
        stretches = []
        for role, segments in groupby(line, key=_role):
            cells = sum(segment.cell_length for segment in segments)
            if role != NONE:
                role = letters.setdefault(role, LETTERS[len(letters)])
            stretches.append(f"{role}{cells}")
        rows.append(" ".join(stretches))
        for segment in line:
            if _role(segment) != NONE:
                colours[_role(segment)] = _colours(segment.style)
    legend = [f"{letter} {role}: {colours[role]}" for role, letter in letters.items()]
    shown = [line.rstrip() for line in text(app)]
    return "\n".join([title, *shown, "-- roles", *_repeated(rows), "-- colours", *legend]) + "\n"


def _role(segment: Segment) -> str:
    style = segment.style
    return str(style.meta.get(ROLE, NONE)) if style is not None and style._meta is not None else NONE


def _colours(style: Style | None) -> str:
    assert style is not None
    words = [style.color.name if style.color else "-", "on", style.bgcolor.name if style.bgcolor else "-"]
    return " ".join(words + [word for word in ("bold", "dim", "reverse") if getattr(style, word)])


def _repeated(rows: list[str]) -> list[str]:
    """Lines that are drawn alike are told once, with their number."""
    found = []
    for row, alike in groupby(rows):
        count = len(list(alike))
        found.append(row if count == 1 else f"{count} x {row}")
    return found


def check(name: str, made: str) -> None:
    path = FOLDER / f"{name}.txt"
    if os.environ.get("JETBENCH_GOLDEN") == "write":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(made, encoding="utf-8")
    assert path.is_file(), f"{path.name} was never written: JETBENCH_GOLDEN=write does"
    assert made.splitlines() == path.read_text(encoding="utf-8").splitlines(), f"{name} no longer looks so"
