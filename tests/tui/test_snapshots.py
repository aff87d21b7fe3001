"""How the app looks: sizes, themes, glyph sets and states so combined that any two values meet somewhere.

In each picture hold, whatever is drawn: no line is wider than the screen, ASCII is ASCII, frames are whole, the status
line is not cut, nothing is a traceback.
"""

from __future__ import annotations

import re
from itertools import combinations, product
from pathlib import Path
from types import SimpleNamespace

import pytest
import snapshots
from driving import drive
from rich.cells import cell_len
from scenes import STATES, enter, shelf
from textual.pilot import Pilot

from jetbench.tui import theme as themes
from jetbench.tui.app import BenchApp
from jetbench.tui.draw import status
from jetbench.tui.glyphs import SETS
from jetbench.tui.widgets import bars, fleet
from jetbench.tui.widgets.canvas import Canvas

SIZES = ((60, 16), (80, 24), (120, 40), (200, 60))
THEMES = tuple(sorted(themes.load_all([themes.shipped_folder()]).found))
GLYPHS = tuple(SETS)
WALL = "11:42"


def looks(state: str) -> list[tuple[tuple[int, int], str, str]]:
    """A state in every theme, in sizes and glyph sets that go round: four and three have no divisor in common."""
    begin = list(STATES).index(state)
    return [(SIZES[n % 4], theme, GLYPHS[n % 3]) for n, theme in enumerate(THEMES, begin)]


def test_any_two_values_meet_in_some_picture():
    pictures = [(state, *look) for state in STATES for look in looks(state)]
    values = (tuple(STATES), SIZES, THEMES, GLYPHS)
    for first, second in combinations(range(4), 2):
        seen = {(picture[first], picture[second]) for picture in pictures}
        assert seen == set(product(values[first], values[second]))


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No clock, no folder and no terminal of this machine is in a picture."""
    for module in (bars, fleet):
        monkeypatch.setattr(module, "time", SimpleNamespace(strftime=lambda _: WALL))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.chdir(tmp_path)
    snapshots.name_roles(monkeypatch)
    return tmp_path


@pytest.mark.parametrize("state", STATES)
def test_it_looks_as_somebody_has_seen_it(state: str, fixed: Path) -> None:
    """One app goes through all of them: what was drawn before must leave nothing behind."""
    library = shelf(fixed)
    wrong: list[str] = []

    async def script(app: BenchApp, pilot: Pilot[None]) -> None:
        await enter(state, app, pilot)
        for size, theme, glyphs in looks(state):
            app.theme = theme
            app.use_glyphs(glyphs)
            await pilot.resize_terminal(*size)
            await pilot.pause()
            hold(app, size)
            name = f"{state}-{size[0]}x{size[1]}-{glyphs}-{theme}"
            try:
                snapshots.check(name, snapshots.told(app, name))
            except AssertionError as error:
                wrong.append(str(error))

    size, theme, glyphs = looks(state)[0]
    looks_of = {"theme": theme, "glyphs": glyphs, "library": lambda: library}
    drive(STATES[state].session(), script, STATES[state].plan, size, **looks_of)
    assert not wrong, "\n\n".join(wrong)


def hold(app: BenchApp, size: tuple[int, int]) -> None:
    """What is so in each picture."""
    lines = snapshots.text(app)
    assert len(lines) == size[1]
    assert {cell_len(line) for line in lines} == {size[0]}
    joined = "\n".join(lines)
    assert app.glyphs.name != "ascii" or joined.isascii(), [c for c in joined if not c.isascii()]
    assert app.glyphs.braille or not re.search("[\u2800-\u28ff]", joined)
    assert "Traceback" not in joined and "Error:" not in joined
    for canvas in app.screen.query(Canvas):
        if canvas.framed and canvas.display and canvas.region.width:
            whole(canvas, lines)
    if app.screen is app.bench:
        complete(app, lines[0])


def whole(canvas: Canvas, lines: list[str]) -> None:
    """The frame of a pane: four corners, and both sides in every line."""
    signs = canvas.drawing.glyphs.frame
    x, y, width, height = canvas.region
    box = [line[x : x + width] for line in lines[y : y + height]]
    corners = box[0][0] + box[0][-1] + box[-1][-1] + box[-1][0]
    assert corners == signs[:4], (canvas.id, corners)
    assert all(line[0] == line[-1] == signs[5] for line in box[1:-1]), canvas.id


def complete(app: BenchApp, line: str) -> None:
    """Fields are left out or shortened where there is no room, never cut."""
    if app.view.mode != "live":
        assert re.search(r"\d\d:\d\d:\d\d", line) and "[" in line and "]" in line
        return
    known = [status.Field(0, [(WALL, "muted")]), *status._fields(app.snapshot, app.glyphs)]
    allowed = {"".join(text for text, _ in spans) for field in known for spans in (field.spans, field.shorter or [])}
    shown = [part.strip() for part in re.split(r"\s{3,}", line.strip()) if part.strip()]
    word = status.STATES[app.snapshot.status][0]
    assert shown[0] == f"{app.glyphs.live} {word}"
    assert set(shown[1:]) <= {text.strip() for text in allowed}, shown
