"""The mouse does what keys do: keys in a frame, lines of a list, letters of a plot, titles, answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import scenes
from driving import drive, lines, pane, text, until
from hypothesis import given
from hypothesis import strategies as st

from jetbench.domain.plan import Plan
from jetbench.tui.hints import key_at
from jetbench.tui.screens.ask import AskScreen
from jetbench.tui.screens.plan_form import PlanFormScreen
from jetbench.tui.screens.sheet import SheetScreen


@pytest.mark.parametrize(
    ("hint", "word", "key"),
    [
        ("< > sort  d turn  enter details  esc back", ">", "greater_than_sign"),
        ("< > sort  d turn  enter details  esc back", "sort", "greater_than_sign"),
        ("< > sort  d turn  enter details  esc back", "<", "less_than_sign"),
        ("< > sort  d turn  enter details  esc back", "details", "enter"),
        ("< > sort  d turn  enter details  esc back", "back", "escape"),
        ("left right other case  esc back", "right", "right"),
        ("space pick  / filter", "filter", "slash"),
        ("module input  w 60 s", "60", "w"),
        ("module input  w 60 s", "module", None),
    ],
)
def test_a_hint_tells_its_keys(hint, word, key):
    assert key_at(hint, hint.index(word)) == key


@given(st.text(max_size=40), st.integers(-5, 60))
def test_no_hint_breaks_it(hint, place):
    assert isinstance(key_at(hint, place), str | None)


async def click(app, pilot, words, times=1):
    """On the first cell of words that stand on the screen once."""
    row = next(i for i, line in enumerate(lines(app)) if words in line)
    await pilot.click(offset=(lines(app)[row].index(words), row), times=times)
    await pilot.pause()


def test_models_are_pointed_at_and_picked():
    async def script(app, pilot):
        await click(app, pilot, "resnet18")
        assert app.bench.models.current().model == "resnet18" and "resnet18" in app.draft.picked
        row = next(i for i, line in enumerate(lines(app)) if "alexnet" in line)
        await pilot.click(offset=(4, row))
        assert "alexnet" in app.draft.picked and app.bench.models.current().model == "alexnet"
        await click(app, pilot, "picked of 25")
        assert app.bench.models.current().model == "alexnet", "the lines below the list are no models"
        await click(app, pilot, "/ filter")
        assert app.bench.models.filtering
        await pilot.press(*"vgg")
        await click(app, pilot, "vgg16")
        assert app.bench.models.current().model == "vgg16"
        shown = pane(app, "power")
        await click(app, pilot, "w 60 s")
        assert pane(app, "power") != shown

    drive(scenes.idle(), script)


def test_results_and_their_plots():
    async def script(app, pilot):
        await pilot.press("r")
        await pilot.pause()
        shown = app.screen.pane
        await click(app, pilot, "2 lines")
        assert shown.choice.shown == "lines"
        (x, y), case = max(shown._spots.items())
        await pilot.click(offset=(x + 2, y + 1))
        assert shown.current.case.id == case
        await click(app, pilot, "b batch or input")
        assert shown.choice.along == "input"
        await click(app, pilot, "1 table")
        await click(app, pilot, "< > sort")
        assert shown.choice.sorting.place is not None
        await click(app, pilot, "squeezenet1_1", times=2)
        assert shown.choice.in_full and "other case" in text(app)
        await click(app, pilot, "esc back")
        await click(app, pilot, "esc back")
        assert app.screen is app.bench

    drive(scenes.swept(), script, scenes.PLAN)


def test_sheet_form_and_question():
    spoilt = scenes.spoilt()

    async def script(app, pilot):
        await pilot.press("v")
        await pilot.pause()
        assert isinstance(app.screen, PlanFormScreen)
        await pilot.click("#set-rounds")
        await pilot.press("end", "ctrl+u", "5")
        await click(app, pilot, "enter takes all")
        assert app.screen is app.bench and app.draft.base.rounds == 5
        await pilot.press("v", "ctrl+u")
        await click(app, pilot, "esc leaves all")
        assert app.screen is app.bench and app.draft.base.variants == ("fp32",)
        await pilot.press("u")
        await pilot.pause()
        assert isinstance(app.screen, SheetScreen)
        await click(app, pilot, "enter starts")
        assert app.screen is app.bench

    drive(spoilt, script, scenes.PLAN)
    assert len(spoilt.plans) == 1
    asked = scenes.running()

    async def question(app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, AskScreen)
        await click(app, pilot, "go on")
        assert app.screen is app.bench and not asked.stops

    drive(asked, question, Plan(k=2000))


def test_recordings_are_pointed_at_picked_and_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    async def script(app, pilot):
        home = app.bench
        await pilot.press("o")
        await until(lambda: app.screen.pane.found is not None, pilot)
        await pilot.pause()
        row = next(i for i, line in enumerate(lines(app)) if "lab-x86-2cores" in line)
        await pilot.click(offset=(4, row))
        assert [path.name for path in app.screen.pane.picked] == ["lab-x86-2cores.jsonl"]
        await click(app, pilot, "simulated-nano", times=2)
        await until(lambda: app.bench is not home, pilot)
        assert app.session.is_replay

    drive(scenes.idle(), script, library=lambda: scenes.shelf(tmp_path))
