"""What the keys do: pick, filter, start, stop, edit, export, help, quit."""

from __future__ import annotations

from pathlib import Path

import fakes
import pytest
from driving import drive, pane, settle, text, toasts, until
from textual import events

from jetbench.domain.plan import LAB_MODELS, Plan
from jetbench.tui.screens.ask import AskScreen
from jetbench.tui.screens.edit import EditScreen
from jetbench.tui.screens.help import HelpScreen


def session() -> fakes.ScriptedSession:
    return fakes.ScriptedSession(*fakes.idle())


def running(plan: Plan | None = None, count: int = 50) -> fakes.ScriptedSession:
    return fakes.ScriptedSession(*fakes.running(plan or Plan(k=count), count=count))


def test_the_four_models_of_the_lab_are_picked_and_stand_first():
    async def script(app, pilot):
        shown = pane(app, "models").splitlines()
        for row, name in zip(shown[2:6], LAB_MODELS, strict=True):
            assert "■" in row and name in row
        assert "□ alexnet" in shown[6]
        assert "4 picked of 25" in "\n".join(shown)

    drive(session(), script)


def test_the_models_are_asked_for_and_the_waiting_is_said():
    asked = fakes.ScriptedSession(fakes.orin(), fakes.software())

    async def script(app, pilot):
        shown = pane(app, "models")
        assert "reading the list of models" in shown and "/usr/bin/python3" in shown
        assert all(name in shown for name in LAB_MODELS)
        for _ in range(100):  # asked after the first paint
            if asked.models_asked:
                break
            await pilot.pause(0.05)

    drive(asked, script)
    assert asked.models_asked == 1


def test_start_passes_what_is_picked():
    started = session()

    async def script(app, pilot):
        await pilot.press("space", "down", "enter")  # the first two are dropped
        await pilot.press("slash", *"resn", "down", "down", "space", "escape", "s")

    drive(started, script, plan=Plan(seed=7))
    assert [plan.models for plan in started.plans] == [("resnet18", "squeezenet1_1", "resnet34")]
    assert started.plans[0].seed == 7


def test_filtering_narrows_and_escape_clears():
    async def script(app, pilot):
        await pilot.press("slash", *"resn")
        assert "resnet152" in pane(app, "models") and "alexnet" not in pane(app, "models")
        await pilot.press("enter")  # to the list; the filter stays
        assert app.bench.models.has_focus and "alexnet" not in pane(app, "models")
        await pilot.press("slash", "q", "q")  # letters go into the field, not to the app
        assert "no model has that" in pane(app, "models")
        await pilot.press("escape")
        assert "alexnet" in pane(app, "models")

    drive(session(), script)


def test_a_model_that_no_list_holds_is_picked_as_it_is_written():
    started = session()

    async def script(app, pilot):
        await pilot.press("slash", *"timm:mobilenetv3_small_050", "enter")
        assert "tv3_small_050" in pane(app, "models")
        await pilot.press("space", "escape")
        assert "tv3_small_050" in pane(app, "models"), "it stays in the list while it is picked"
        await pilot.press("slash", *"Net.py:build", "enter", "space", "space", "escape")
        assert "Net.py" not in pane(app, "models")
        await pilot.press("s")

    drive(started, script, plan=Plan())
    assert [plan.models for plan in started.plans] == [(*LAB_MODELS, "timm:mobilenetv3_small_050")]


def test_nothing_picked_is_said_and_not_started():
    empty = session()

    async def script(app, pilot):
        for _ in LAB_MODELS:
            await pilot.press("space", "down")
        await pilot.press("s")
        assert "no model is named" in toasts(app)

    drive(empty, script)
    assert empty.plans == []


def test_a_refusal_of_the_session_is_shown():
    refusing = session()
    refusing.refuse = "the board has not answered yet"

    async def script(app, pilot):
        await pilot.press("s")
        assert "the board has not answered yet" in toasts(app)

    drive(refusing, script)


@pytest.mark.parametrize(
    ("key", "typed", "field", "value"),
    [
        ("b", "1,2,4", "batches", (1, 2, 4)),
        ("i", "240x320", "sizes", ((240, 320),)),
        ("i", "own", "sizes", ()),
        ("k", "50", "k", 50),
        ("k", "1%", "until", 0.01),
    ],
)
def test_the_sweep_is_edited_in_one_line(key, typed, field, value):
    edited = session()

    async def script(app, pilot):
        await pilot.press(key)
        assert isinstance(app.screen, EditScreen)
        app.screen.query_one("#field").value = typed
        await pilot.press("enter")
        assert not isinstance(app.screen, EditScreen)
        await pilot.press("s")

    drive(edited, script)
    assert getattr(edited.plans[0], field) == value


def test_keys_that_come_in_a_bunch_take_effect_in_their_order():
    async def script(app, pilot):
        await pilot.press("k")
        for key, character in (("backspace", "\x7f"), ("2", "2"), ("7", "7"), ("backspace", "\x7f"), ("5", "5")):
            event = events.Key(key, character)
            event.set_sender(app)
            app._driver.send_message(event)  # as a terminal over a slow link hands them over
        await until(lambda: app.screen.query_one("#field").value == "25", pilot)
        for key, character in (("ctrl+u", "\x15"), ("3", "3"), ("%", "%")):
            event = events.Key(key, character)
            event.set_sender(app)
            app._driver.send_message(event)
        await until(lambda: app.screen.query_one("#field").value == "3%", pilot)

    drive(session(), script)


def test_joules_are_asked_for_and_the_sweep_says_so_only_then():
    asked = session()

    async def script(app, pilot):
        foot = lambda: pane(app, "models").splitlines()[-2]  # noqa: E731
        assert "joules" not in foot() and "joules" not in pane(app, "latency")
        await pilot.press("j")
        assert "j joules" in foot() and "10 s of passes, 15 s at rest before" in pane(app, "latency")
        assert not toasts(app)
        await pilot.press("s", "j")
        assert "joules" not in foot()
        await pilot.press("s")

    drive(asked, script)
    assert [plan.energy for plan in asked.plans] == [True, False]


def test_joules_of_a_board_without_a_sensor_are_warned_of():
    async def script(app, pilot):
        await pilot.press("j")
        assert "no joules will come of it here" in toasts(app) and "carries no INA3221" in toasts(app)

    drive(fakes.ScriptedSession(*fakes.idle(fakes.nano())), script)


def test_joules_stay_as_they_are_while_a_run_goes_on():
    async def script(app, pilot):
        await pilot.press("j")
        assert not app.draft.base.energy and "a run goes on" in toasts(app)

    drive(running(), script)


def test_a_wrong_value_is_said_and_not_taken():
    edited = session()

    async def script(app, pilot):
        await pilot.press("b")
        app.screen.query_one("#field").value = "0,x"
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, EditScreen) and "is no batch" in text(app)
        await pilot.press("escape", "s")

    drive(edited, script)
    assert edited.plans[0].batches == (1,)


def test_stop_asks_first_and_forces_the_second_time():
    stopped = running()

    async def script(app, pilot):
        await pilot.press("x")
        assert "stopping after this pass" in toasts(app)
        await pilot.press("x")

    drive(stopped, script)
    assert stopped.stops == [False, True]


def test_stop_and_start_mean_nothing_at_the_wrong_time():
    idle, busy = session(), running()

    async def script(app, pilot):
        await pilot.press("x")

    async def other(app, pilot):
        await pilot.press("s", "b", "space")
        assert app.draft.picked == list(LAB_MODELS)

    drive(idle, script)
    drive(busy, other)
    assert idle.stops == [] and busy.plans == []


def test_export_lists_the_files():
    async def script(app, pilot):
        await pilot.press("e")
        await until(lambda: "exported" in toasts(app), pilot)
        assert "exported to /data\ncases.csv\nsamples.csv" in toasts(app)

    drive(session(), script, export=lambda: [Path("/data/cases.csv"), Path("/data/samples.csv")])


def test_export_that_fails_says_why():
    def failing():
        raise RuntimeError("nothing was measured yet \x1b[31m")

    async def script(app, pilot):
        await pilot.press("e")
        await until(lambda: "nothing exported" in toasts(app), pilot)
        assert "nothing was measured yet" in toasts(app) and "\x1b" not in toasts(app)

    drive(session(), script, export=failing)


def test_help_shows_every_key_and_goes():
    async def script(app, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        first = shown = text(app)
        assert "picked for the next run" in first and "throttled while" in first, "the pane that has the focus"
        for _ in range(8):
            await pilot.press("pagedown")
            await pilot.pause()
            shown += text(app)
        for key in app.keys:
            assert " ".join(key.help.split()[:4]) in shown
        assert "A to D" in shown and "too few passes to tell it" in shown and "Leave, or go back" in shown
        await pilot.press("escape")
        assert app.screen is app.bench

    drive(session(), script)


def test_help_is_indented_where_it_is_narrow():
    async def script(app, pilot):
        await pilot.press("question_mark")
        await pilot.pause()
        rows = [row.strip(" │") for row in text(app).splitlines()]
        broken = next(row for row in rows if row.endswith("once more ends the case at"))
        assert rows[rows.index(broken) + 1] == "once."
        wrapped = next(row for row in text(app).splitlines() if row.strip() == "once.")
        assert wrapped.index("once.") == text(app).splitlines()[rows.index(broken)].index("Stop after")

    drive(session(), script, size=(80, 24))


def test_quit_at_once_when_idle():
    async def script(app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert not app.is_running or app._exit

    assert drive(session(), script).return_code == 0


def test_quit_asks_while_a_run_goes_on():
    asked = running()

    async def script(app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, AskScreen) and "stop it and quit" in text(app)
        await pilot.press("n")
        assert app.screen is app.bench and asked.stops == []
        await pilot.press("q", "y")

    drive(asked, script)
    assert asked.stops == [False]


def test_a_run_on_a_board_elsewhere_can_be_left_running():
    asked = running()
    asked.extra = {**asked.extra, "host": "jetson@nano", "trouble": "the connection was cut"}

    async def script(app, pilot):
        await pilot.press("q")
        await pilot.pause()
        assert "leave it" in text(app)
        await pilot.press("l")

    drive(asked, script)
    assert asked.left and asked.stops == []


def test_theme_key_goes_round_all_themes():
    async def script(app, pilot):
        seen = []
        for _ in range(5):
            await pilot.press("t")
            seen.append(app.theme)
            await pilot.pause()
        assert set(seen) == {"jetbench-dark", "jetbench-light", "high-contrast", "colour-blind", "ansi"}

    drive(running(), script)


def test_pulls_once_a_second_while_the_cores_are_shared():
    plan = Plan(k=50)
    shared = fakes.ScriptedSession(*fakes.idle(), fakes.start(plan, shared=True))

    async def script(app, pilot):
        before = shared.pulls
        for _ in range(10):
            app.pull()
        assert shared.pulls - before <= 1

    drive(shared, script, fps=0.1)


def test_the_log_follows_holds_and_follows_again():
    logging = session()

    async def script(app, pilot):
        logging.feed(*(fakes.ev.Log(t=fakes.T0, text=f"line {i}") for i in range(100)))
        await settle(app, pilot)
        assert "line 99" in pane(app, "log")
        await pilot.press("2", "pageup")
        held = pane(app, "log").splitlines()[1:-1]
        assert "line 99" not in "\n".join(held)
        logging.feed(fakes.ev.Log(t=fakes.T0, text="line 100"))
        await settle(app, pilot)
        assert pane(app, "log").splitlines()[1:-1] == held
        await pilot.press("f")
        assert "line 100" in pane(app, "log")

    drive(logging, script)
