"""The results screen: what is over, sorted, in full and drawn; it follows a run and paints nothing while none ends."""

from __future__ import annotations

import base64
from pathlib import Path

import fakes
import pytest
from driving import drive, lines, text
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis.measures import BY_NAME, MEASURES
from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.domain.results import CaseResult, LatencySummary, PowerResult
from jetbench.session.replay import ReplaySession
from jetbench.tui import copying, glyphs
from jetbench.tui.draw import plot
from jetbench.tui.draw import results as draw
from jetbench.tui.draw.frame import Room
from jetbench.tui.playing import Player
from jetbench.tui.screens.help import HelpScreen
from jetbench.tui.screens.results import ResultsScreen

RECORDINGS = Path(__file__).parents[2] / "recordings"
SIZES = [(120, 40), (80, 24), (60, 16)]
PLAN = Plan(models=("resnet18", "squeezenet1_1"), batches=(1, 4, 16))
S = fakes.S


def swept(board=None, cases: int = 6) -> fakes.ScriptedSession:
    """Two models at three batches: squeezenet1_1 takes half of the time. Later cases are still to come."""
    begin = fakes.start(PLAN)
    made = fakes.ScriptedSession(*fakes.idle(board), begin)
    for case in begin.cases[:cases]:
        made.feed(*ended(case))
    return made


def ended(case):
    typical = (20.0 if case.model == "resnet18" else 10.0) * case.batch**0.8
    return fakes.measured(case, fakes.T0 + (40 + 20 * case.id) * S, 40, typical)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("signs", ["braille", "ascii"])
def test_every_view_of_it_fits_and_goes_back(size, signs):
    async def script(app, pilot):
        await pilot.press("r")
        await pilot.pause()
        assert isinstance(app.screen, ResultsScreen)
        shown = text(app)
        assert "6 of 6 cases" in shown and "resnet18" in shown and "p50 ms" in shown
        if size[0] >= 80:
            for title in ("batch", "input", "grade", "p99 ms", "items/s", "energy J"):
                assert title in lines(app)[2]
        for keys, expected in (("2", "along batch"), ("b", "along input"), ("3", "x MACs G"), ("1", "grade")):
            await pilot.press(keys)
            assert expected in text(app)
            assert all(len(line) == size[0] for line in lines(app))
            assert signs != "ascii" or text(app).isascii()
        await pilot.press("enter")
        assert "median" in text(app) and "other case" in text(app)
        await pilot.press("escape")
        assert isinstance(app.screen, ResultsScreen) and "grade" in text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.bench

    drive(swept(fakes.nano()), script, size=size, glyphs=signs)


def test_keys_and_mouse_sort_it():
    async def script(app, pilot):
        await pilot.press("r")
        await pilot.pause()
        pane = app.screen.pane
        planned = [result.case.id for result in pane.order]
        assert planned == [result.case.id for result in app.live.cases]
        begin, _, place = next(spot for spot in pane._titles if MEASURES[spot[2]].key == "latency_p50")
        await pilot.click("#results", offset=(begin + 3, 2))
        fast = [result.latency.p50 for result in pane.order]
        assert fast == sorted(fast) and "^p50 ms" in text(app) and pane.choice.sorting.place == place
        await pilot.click("#results", offset=(begin + 3, 2))
        assert [result.latency.p50 for result in pane.order] == fast[::-1] and "vp50 ms" in text(app)
        await pilot.press("greater_than_sign", "greater_than_sign")
        assert MEASURES[pane.choice.sorting.place].key == "throughput_ips"
        most = [result.throughput_ips for result in pane.order]
        assert most == sorted(most, reverse=True), "more is better: the best stands first"
        await pilot.press("d")
        assert [result.throughput_ips for result in pane.order] == most[::-1]
        await pilot.press(*["less_than_sign"] * 7)
        assert [result.case.id for result in pane.order] == planned and "as planned" in text(app)
        await pilot.click("#results", offset=(8, 5))
        assert pane.current is pane.order[2]
        await pilot.click("#results", offset=(12, 1))
        assert pane.choice.shown == "lines"

    drive(swept(), script, size=(80, 24))


def test_all_columns_are_reached_and_a_sorted_one_comes_into_view():
    async def script(app, pilot):
        await pilot.press("r", *["right"] * 30)
        await pilot.pause()
        assert "first s" in lines(app)[2] and "grade" not in lines(app)[2] and "model" in lines(app)[2]
        await pilot.press(*["left"] * 30)
        assert "grade" in lines(app)[2]
        await pilot.press("less_than_sign")
        assert "first s" in lines(app)[2]

    drive(swept(), script, size=(60, 16))


def test_the_cursor_stays_on_its_case_and_left_and_right_go_from_case_to_case():
    async def script(app, pilot):
        await pilot.press("r", "down", "down")
        pane, case = app.screen.pane, app.live.cases[2].case
        assert pane.current.case == case
        await pilot.press(*["greater_than_sign"] * 5, "d", "enter")
        assert pane.current.case == case and f"batch {case.batch}" in text(app)
        place = pane._index
        await pilot.press("right")
        assert pane._index == place + 1 and f"batch {pane.current.case.batch}" in text(app)
        await pilot.press("end", "home", "q", "q")
        assert app.screen is app.bench

    drive(swept(), script)


def test_what_has_no_power_is_said_not_drawn():
    async def script(app, pilot):
        await pilot.press("r")
        await pilot.pause()
        assert "energy" in text(app) and "N/A" in text(app) and "no power sensor on this board" in text(app)
        await pilot.press("2", "y", "y")
        assert app.screen.pane.choice.y is BY_NAME["energy"]
        assert "nothing to draw" in text(app) and "6 cases not drawn, energy N/A: no power sensor" in text(app)

    drive(swept(fakes.nano()), script, size=(80, 24))


def test_a_plot_has_a_letter_a_model_and_capitals_that_nothing_beats():
    async def script(app, pilot):
        await pilot.press("r", "2")
        assert "a resnet18  b squeezenet1_1" in text(app)
        chart = "\n".join(line[4:] for line in lines(app)[3:-4])
        assert chart.count("a") == 3 and chart.count("b") == 3
        await pilot.press("3")
        chart = "\n".join(line[4:] for line in lines(app)[3:-6])
        assert chart.count("a") == 3 and chart.count("b") == 2 and chart.count("B") == 1 and "A" not in chart
        before = app.screen.pane.choice.y.key
        await pilot.press("y")
        assert app.screen.pane.choice.y.key not in (before, app.screen.pane.choice.x.key)
        await pilot.press("2")
        while app.screen.pane.choice.y is not app.screen.pane.choice.x:
            await pilot.press("y")
        await pilot.press("3")
        assert app.screen.pane.choice.y is not app.screen.pane.choice.x, "never a measure against itself"

    drive(swept(), script)


def test_it_follows_a_run_and_paints_only_when_a_case_ended():
    live = swept(cases=2)

    async def script(app, pilot):
        await pilot.press("r")
        await pilot.pause()
        pane = app.screen.pane
        assert "2 of 6 cases" in text(app)
        painted = []
        kept = pane.redraw
        pane.redraw = lambda: (painted.append(1), kept())
        live.feed(ev.Log(t=live.state.t + S, text="a line of later"))
        app.pull()
        app.pull()
        assert not painted
        live.feed(*ended(fakes.start(PLAN).cases[2]))
        app.pull()
        await pilot.pause()
        assert painted == [1] and "3 of 6 cases" in text(app)
        await pilot.press("r")
        await pilot.pause()
        assert app.screen is app.bench and "a line of later" in text(app)

    drive(live, script)


def test_a_recording_shows_all_of_it_or_what_was_over_at_the_moment():
    session = ReplaySession(RECORDINGS / "lab-x86-two-rounds.jsonl")

    async def script(app, pilot):
        await pilot.press("r")
        await pilot.pause()
        assert "a all: 4 of 4 cases" in text(app) and "mobilenet_v3_small" in text(app)
        await pilot.press("a")
        assert "a until here: 0 of" in text(app) and "none was over at this moment" in text(app)
        await pilot.press("enter", "2", "3", "y", "down", "d", "a", "escape")
        await pilot.pause()
        assert app.screen is app.bench
        await pilot.press("g", *"60%", "enter")
        await pilot.pause()
        await pilot.press("r", "a")
        await pilot.pause()
        over = [result for result in app.snapshot.cases if result.latency is not None]
        assert f"a until here: {len(over)} of 4 cases" in text(app)

    drive(session, script, player=Player(session))


def test_a_frozen_view_has_what_was_over_then_and_what_is_over_now():
    live = swept(cases=2)

    async def script(app, pilot):
        await pilot.press("p")
        live.feed(*ended(fakes.start(PLAN).cases[2]))
        await pilot.press("r")
        app.pull()
        await pilot.pause()
        assert "a all: 3 of 6 cases" in text(app)
        await pilot.press("a")
        assert "a until here: 2 of 6 cases" in text(app)

    drive(live, script)


def test_help_and_copy_know_it(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(copying, "default_folder", lambda: tmp_path)
    monkeypatch.delenv("TMUX", raising=False)
    written: list[str] = []

    async def script(app, pilot):
        monkeypatch.setattr(app._driver, "write", written.append)
        await pilot.press("r", "question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        assert next(line.strip() for line in lines(app) if line.strip()).startswith("Results")
        assert "no other case is better in both" in text(app)
        await pilot.press("escape")
        for key, word in (("1", "squeezenet1_1"), ("3", "CAPITAL"), ("2", "along")):
            await pilot.press(key, "c")
            (sent,) = [each for each in written if each.startswith("\x1b]52;c;")]
            told = base64.b64decode(sent[7:-1]).decode()
            assert word in told and "Results" in told and len(told.splitlines()) < 50
            written.clear()
        await pilot.press("escape", "colon", *"results", "enter")
        await pilot.pause()
        assert isinstance(app.screen, ResultsScreen)

    drive(swept(), script, size=(80, 24))
    assert len(list(tmp_path.glob("copied-*-results*.txt"))) == 3


def test_before_any_case_is_over():
    async def script(app, pilot):
        await pilot.press("r")
        await pilot.pause()
        assert "no case is over yet" in text(app)
        await pilot.press("enter", "down", "right", "greater_than_sign", "d", "2", "b", "y", "3", "x", "escape")
        assert app.screen is app.bench

    drive(fakes.ScriptedSession(*fakes.idle()), script, size=(60, 16))


POSITIVE = st.floats(1e-6, 1e6)


@given(
    st.lists(st.tuples(POSITIVE, st.none() | POSITIVE, st.integers(1, 64)), min_size=1, max_size=40),
    st.integers(20, 120),
    st.integers(5, 40),
    st.sampled_from([glyphs.BRAILLE, glyphs.ASCII]),
)
def test_any_figures_are_drawn_within_the_room(figures, width, height, signs):
    results = []
    for number, (seconds, joules, batch) in enumerate(figures):
        latency = LatencySummary(9, seconds, None, seconds, seconds, seconds, seconds, seconds, seconds, None)
        power = PowerResult(energy_j=joules, energy_u_j=joules, reason=None if joules else "no_sensor")
        case = ev.Case(id=number, model=f"m{number % 30}", batch=batch, size=(224, 224))
        results.append(CaseResult(case, "measured", latency=latency, power=power))
    room = Room(width, height, signs)
    p50, energy = BY_NAME["latency_p50"], BY_NAME["energy"]
    for made in (
        plot.along(results, energy, "batch", room, results[0]),
        plot.along(results, p50, "input", room),
        plot.scattered(results, p50, energy, room, results[-1]),
    ):
        assert all(row.used <= width for row in made.rows)
        nothing = any("nothing to draw" in row.text for row in made.rows)
        assert nothing or len(made.rows) <= max(height, 1 + plot.LEAST)
        assert nothing != bool(made.spots)
    layout = draw.laid_out(results, room, 1)
    for result in results:
        assert all(
            row.used <= width for row in (draw.line(result, layout, room, True), *draw.about(result, layout, room))
        )
        assert draw.cell(result, energy, room) == "N/A" or float(draw.cell(result, p50, room).strip("?")) > 0
