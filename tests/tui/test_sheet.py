"""The sheet before the start: the state of the board by shape, word and colour, what mends it, what will be run."""

from __future__ import annotations

from typing import Any

import fakes
import fleets
import msgspec
import pytest
from driving import drive, lines, settle, text, toasts
from fakes import ScriptedSession

from jetbench.analysis.ahead import ahead
from jetbench.analysis.board_checks import troubles
from jetbench.domain import events as ev
from jetbench.domain.fleet import Member
from jetbench.domain.plan import Plan
from jetbench.session.readiness import readiness
from jetbench.tui.draft import Draft
from jetbench.tui.draw import readiness as draw
from jetbench.tui.draw.frame import Room
from jetbench.tui.glyphs import SETS
from jetbench.tui.screens.sheet import SheetScreen
from jetbench.tui.whole_fleet import WholeFleet

FREE = {"governor": "schedutil", "min_khz": 729_600, "max_khz": 1_510_400}
SPOILT: dict[str, Any] = {
    "power_mode": "15W",
    "power_modes": {"0": "15W", "2": "MAXN_SUPER"},
    "jtop": {"jetson_clocks": False},
    "cpu": {"policies": {"policy0": FREE}},
}
USERS = {"found": [[812, "Xorg"], [4711, "python3"]], "hidden": 0}
CALM = {"load.cpu": 2.0, "load.gpu": 0.0, "temp.tj-thermal": 45.0, "temp.cpu-thermal": 44.0, "mem.available": 5000.0}


def board(**facts: Any) -> ev.Board:
    return msgspec.structs.replace(fakes.orin(), facts=facts)


def row(made: ev.Board, second: int = 0, **values: float) -> ev.Telemetry:
    known = CALM | {name.replace("__", ".").replace("_", "-"): value for name, value in values.items()}
    read = tuple(round(known[c.id] * 1000) if c.id in known else None for c in made.channels)
    return ev.Telemetry(t=fakes.T0 + second * fakes.S, v=read)


def session(made: ev.Board, **values: float) -> ScriptedSession:
    rows = [row(made, second, **values) for second in range(8)]
    return ScriptedSession(made, ev.Throttle(t=fakes.T0, now=False), fakes.software(), fakes.models(), *rows)


PLAN = Plan(models=("resnet18", "vgg16"), batches=(1, 4), k=200)


def test_warnings_open_the_sheet_and_a_second_s_starts_anyway():
    spoilt = session(board(**SPOILT))

    async def script(app, pilot):
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(app.screen, SheetScreen)
        shown = text(app)
        for words in ("! warning", "power mode", "15W, not MAXN", "sudo nvpmodel -m 2", "sudo jetson_clocks", "✓ ok"):
            assert words in shown, words
        for words in ("4 cases", "resnet18, vgg16", "200 after the first", "at most 4:00", "cool-down at most 2:00"):
            assert words in shown, words
        assert spoilt.settings_asked, "the sheet has the board say how it is set"
        assert shown.index("! warning") < shown.index("✓ ok")
        await pilot.press("escape", "s")
        await pilot.pause()
        assert isinstance(app.screen, SheetScreen) and spoilt.plans == []
        await pilot.press("s")
        await pilot.pause()
        assert app.screen is app.bench

    drive(spoilt, script, PLAN)
    assert spoilt.plans == [PLAN]


@pytest.mark.parametrize("facts", [{"power_mode": "MAXN", "jtop": {"jetson_clocks": True}}, {"simulated": True}, {}])
def test_a_board_that_is_ready_or_says_nothing_starts_at_once(facts):
    made = board(**(SPOILT | facts if "simulated" in facts else facts))
    calm = session(made)

    async def script(app, pilot):
        await pilot.press("s")
        await pilot.pause()
        assert app.screen is app.bench and not toasts(app)

    drive(calm, script, PLAN)
    assert calm.plans == [PLAN]


def test_load_that_may_be_over_in_a_moment_is_told_and_does_not_ask():
    loaded = session(board(), load__cpu=70.0)

    async def script(app, pilot):
        await pilot.press("s")
        await pilot.pause()
        assert "CPU load: 70 %" in toasts(app)

    drive(loaded, script, PLAN)
    assert loaded.plans == [PLAN]


def test_of_a_fleet_each_board_that_is_not_ready_is_told_and_all_begin():
    told = {
        "calm": session(board()),
        "full": session(board(), mem__available=300.0, temp__tj_thermal=45.0),
        "used": session(board(), load__gpu=60.0, load__cpu=70.0),
    }
    fleet = fleets.ScriptedFleet(*((Member(name=name), "idle", None, own) for name, own in told.items()), begun=False)

    async def script(app, pilot):
        await pilot.press("s")
        await pilot.pause()
        assert "full: memory\nused: GPU load\n" in toasts(app)
        assert "calm:" not in toasts(app)

    drive(WholeFleet(fleet), script, PLAN)
    assert fleet.plans == [PLAN]


def test_loads_count_when_they_last_and_not_while_they_are_our_own():
    made = board()
    last = session(made, load__cpu=70.0)
    last.feed(row(made, 8, load__cpu=3.0))  # one calm second within the last five
    assert not troubles(readiness(last.snapshot()))
    last = session(made, load__gpu=70.0)
    assert [f.name for f in troubles(readiness(last.snapshot()))] == ["GPU load"]
    last.feed(fakes.start(PLAN, fakes.T0 + 9 * fakes.S))
    assert not troubles(readiness(last.snapshot()))
    young = ScriptedSession(made, row(made, 0, load__cpu=99.0))  # the interpreter is importing torch
    assert not troubles(readiness(young.snapshot()))


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16)])
def test_all_of_it_can_be_seen_in_any_terminal(size):
    spoilt = session(board(**SPOILT), temp__tj_thermal=80.0, mem__available=300.0, load__gpu=60.0)

    async def script(app, pilot):
        await pilot.press("u")
        await pilot.pause()
        seen = text(app)
        for _ in range(60):
            assert all(len(line) == size[0] for line in lines(app))
            await pilot.press("down")
            seen += text(app)
        words = ("warning", "sudo nvpmodel -m 2", "multi-user.target", "will run", "memory")
        for word in words:
            assert word in seen, word
        await pilot.press("question_mark")
        await pilot.pause()
        assert "Before the start" in text(app) and "the command that mends it" in text(app)
        await pilot.press("escape", "u")
        await pilot.pause()
        assert app.screen is app.bench

    drive(spoilt, script, PLAN, size=size)


def test_it_opens_in_a_run_and_by_the_palette_and_starts_nothing_there():
    busy = ScriptedSession(*fakes.running(PLAN))

    async def script(app, pilot):
        await settle(app, pilot)
        await pilot.press("colon", *"check-up", "enter")
        await pilot.pause()
        assert isinstance(app.screen, SheetScreen)
        await pilot.press("s", "enter")
        await pilot.pause()
        assert isinstance(app.screen, SheetScreen)
        await pilot.press("escape")

    drive(busy, script, PLAN)
    assert busy.plans == []


def test_what_was_mended_in_another_terminal_is_seen():
    mended = session(board(**SPOILT))

    async def script(app, pilot):
        await pilot.press("u")
        await pilot.pause()
        assert "15W, not MAXN" in text(app)
        mended.feed(ev.Settings(t=fakes.T0 + 9 * fakes.S, facts={"power_mode": "MAXN_SUPER", "gpu_users": USERS}))
        app.screen.pane.redraw()
        await pilot.pause()
        assert "MAXN_SUPER" in text(app) and "15W" not in text(app)
        assert "GPU users" in text(app) and "kill 4711" in text(app)

    drive(mended, script, PLAN)


def test_it_follows_the_board():
    made = board()
    hot = session(made, load__gpu=90.0)

    async def script(app, pilot):
        await pilot.press("u")
        await pilot.pause()
        assert "! warning" in text(app)
        hot.feed(*(row(made, second) for second in range(8, 20)))
        app.screen.pane.redraw()
        await pilot.pause()
        assert "! warning" not in text(app) and "nothing of the board's state" in text(app)

    drive(hot, script, PLAN)


@pytest.mark.parametrize("glyphs", list(SETS))
def test_states_differ_in_shape_word_and_colour(glyphs):
    made = msgspec.structs.replace(board(**SPOILT), problems=())
    state = {c.id: None for c in made.channels} | CALM | {"temp.tj-thermal": 90.0}
    from jetbench.analysis.board_checks import of_values

    found = of_values(made, state) + of_values(board(), {})
    drawn = draw.rows(found, True, None, Draft(PLAN), Room(100, 99, SETS[glyphs]))
    heads = {}
    for line in drawn:
        word = line.text[2:10].strip()
        if word in ("bad", "warning", "ok", "unknown"):
            heads[word] = (line.text[0], line.spans[0][1])
    assert set(heads) == {"bad", "warning", "ok", "unknown"}
    assert len({sign for sign, _ in heads.values()}) == len({role for _, role in heads.values()}) == 4
    assert glyphs != "ascii" or all(line.text.isascii() for line in drawn)


def test_time_is_told_from_what_was_measured_and_never_guessed():
    plan = Plan(models=("mobilenet_v2", "squeezenet1_1", "resnet18", "vgg16"), k=200, cooldown=0.0)
    before = ScriptedSession(*fakes.finished(plan)).snapshot().cases
    again = ahead(plan.cases(), plan.protocol(), before)
    assert (again.cases, again.known) == (4, 3)
    per_case = 0.02 + 0.31 + 0.01 + 0.212  # as the fakes tell it
    passes = sum(200 * case.latency.p50 for case in before if case.latency)
    assert again.seconds == pytest.approx(3 * per_case + passes, rel=0.02)
    assert again.need_mib == pytest.approx(412_000 / 1024)
    assert ahead(plan.cases(), plan.protocol(), ()).seconds is None
    until = Plan(models=plan.models, until=0.01)
    assert ahead(until.cases(), until.protocol(), before).seconds is None, "nobody knows how many passes that takes"
    assert ahead(until.cases(), until.protocol(), before).most_s == 240
