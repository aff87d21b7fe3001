"""Any size at any time: nothing breaks, nothing is drawn outside, and what was there is there again."""

from __future__ import annotations

import asyncio

import fakes
import fleets
from driving import drive, lines
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from jetbench.domain.plan import Plan
from jetbench.tui.app import BenchApp
from jetbench.tui.whole_fleet import WholeFleet
from jetbench.tui.widgets.canvas import Canvas

SIZES = st.one_of(
    st.sampled_from(((1, 1), (2, 1), (1, 60), (60, 16), (80, 24), (99, 30), (100, 30), (120, 40), (200, 60))),
    st.tuples(st.integers(1, 260), st.integers(1, 80)),
)
KEYS = st.sampled_from(
    ("1", "2", "3", "4", "z", "w", "h", "H", "f", "p", "tab", "down", "?", ":", "escape", "t", "enter", "y")
)
STATES = {
    "idle": lambda: fakes.ScriptedSession(*fakes.idle()),
    "running": lambda: fakes.ScriptedSession(*fakes.running(Plan(k=2000), count=300, hot=True)),
    "finished": lambda: fakes.ScriptedSession(*fakes.finished(Plan(), count=40)),
    "badly": lambda: fakes.ScriptedSession(*fakes.badly(Plan())),
    "fleet": lambda: WholeFleet(fleets.shelf()),
}
# An example takes a second: what fails is shown as it was found.
EVERY = settings(max_examples=6, phases=(Phase.explicit, Phase.generate))


async def resize(pilot: Pilot[None], size: tuple[int, int]) -> None:
    await pilot.resize_terminal(*size)
    await pilot.pause()


def check(app: BenchApp, size: tuple[int, int]) -> None:
    assert app.size == size
    shown = app.screen._compositor.render_strips()
    assert [strip.cell_length for strip in shown] == [size[0]] * size[1]
    for canvas in app.screen.query(Canvas):
        if canvas.display and canvas._painted == canvas.size and canvas.size.width > 3:
            assert all(strip.cell_length == canvas.size.width for strip in canvas.strips), canvas
            assert len(canvas.strips) <= max(canvas.size.height, 0) + 2, canvas


def without_clock(app: BenchApp) -> list[str]:
    return [line[:-8] if number == 0 else line for number, line in enumerate(lines(app))]


@EVERY
@given(state=st.sampled_from(sorted(STATES)), sizes=st.lists(SIZES, min_size=1, max_size=6))
def test_back_at_a_size_the_picture_is_what_it_was(state: str, sizes: list[tuple[int, int]]) -> None:
    async def script(app: BenchApp, pilot: Pilot[None]) -> None:
        before = without_clock(app)
        for size in sizes:
            await resize(pilot, size)
            check(app, size)
        await resize(pilot, (120, 40))
        assert without_clock(app) == before

    drive(STATES[state](), script, plan=Plan(k=2000))


@EVERY
@given(
    state=st.sampled_from(sorted(STATES)),
    glyphs=st.sampled_from(("braille", "block", "ascii")),
    steps=st.lists(st.tuples(SIZES, st.lists(KEYS, max_size=3)), min_size=1, max_size=5),
)
def test_keys_and_sizes_in_any_order(state: str, glyphs: str, steps: list[tuple[tuple[int, int], list[str]]]) -> None:
    async def script(app: BenchApp, pilot: Pilot[None]) -> None:
        for size, keys in steps:
            await resize(pilot, size)
            await pilot.press(*keys)
            await pilot.pause()
            check(app, size)

    drive(STATES[state](), script, plan=Plan(k=2000), glyphs=glyphs)


def test_a_storm_of_sizes_ends_at_the_last_one() -> None:
    async def script(app: BenchApp, pilot: Pilot[None]) -> None:
        for number in range(40):
            await asyncio.gather(pilot.resize_terminal(1 + 5 * (number * 7 % 41), 1 + number * 11 % 60))
        await resize(pilot, (80, 24))
        check(app, (80, 24))
        assert "Models" in "\n".join(lines(app))

    drive(STATES["running"](), script, plan=Plan(k=2000))
