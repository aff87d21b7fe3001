"""What the panes show of a session, at every size and in every dress."""

from __future__ import annotations

import re

import fakes
import msgspec
import pytest
from driving import drive, lines, pane, settle, text

from jetbench.domain import events as ev
from jetbench.domain.plan import Plan

SIZES = ((120, 40), (80, 24), (200, 60), (50, 12), (80, 50), (60, 16), (20, 5), (8, 3))


def running(count: int = 1500, **options) -> fakes.ScriptedSession:
    return fakes.ScriptedSession(*fakes.running(Plan(k=2000), count=count, **options))


def words(shown: str) -> str:
    """Without the frame and the breaks of lines."""
    return " ".join(shown.replace("│", " ").split())


def test_a_run_is_shown_by_sign_word_and_number():
    async def script(app, pilot):
        shown = pane(app, "models")
        assert re.search(r"21\.3 [ABCD] ✓ measured", shown) and "▶ running" in shown and "· queued" in shown
        assert "1500 / 2000" in shown and "75 %" in shown and "case 3 of 4" in shown and "left" in shown
        assert "alexnet" not in shown  # in a run its own models

    drive(running(), script, plan=Plan(k=2000))


def test_the_histogram_is_drawn_with_its_percentiles():
    async def script(app, pilot):
        shown = pane(app, "latency")
        assert "█" in shown and "p50 68." in shown and "n 1500" in shown and " ms" in shown
        marks = next(line for line in shown.splitlines() if "p50" in line and "p99" in line and "68" not in line)
        assert marks.index("p50") < marks.index("p95") < marks.index("p99")
        assert "over time" in shown
        roles = {app.palette.style(name) for name in ("p50", "p95", "p99")}
        drawn = {segment.style for strip in app.bench.latency.strips for segment in strip if "█" in segment.text}
        assert drawn & roles

    drive(running(), script, plan=Plan(k=2000))


def test_a_finished_case_is_shown_in_full_and_a_failed_one_with_its_reason():
    async def script(app, pilot):
        assert "✗ failed" in pane(app, "models") and "killed for memory" in pane(app, "models")
        shown = pane(app, "latency")
        assert "mobilenet_v2" in shown and "images/s" in shown and "402 MiB" in shown
        assert "11.7 M params" in shown and "GMACs" in shown and "import" in shown
        await pilot.press("down", "down", "down")
        assert "squeezenet1_1" in pane(app, "latency") and "or another model" in words(pane(app, "latency"))

    drive(fakes.ScriptedSession(*fakes.finished(Plan())), script)


def test_throttled_while_measured_has_its_own_sign():
    async def script(app, pilot):
        assert "throttled: thermal: tj-thermal" in pane(app, "power")
        assert "! throttled" in lines(app)[0]

    drive(running(hot=True), script, plan=Plan(k=2000))


@pytest.mark.parametrize("make", [fakes.idle, lambda board: fakes.running(Plan(k=2000), board)])
def test_a_board_without_a_power_sensor_says_so_and_never_0(make):
    async def script(app, pilot):
        shown = pane(app, "power")
        assert "N/A" in shown and "carries no INA3221" in words(shown)
        assert " 0 W" not in shown and "0.0" not in shown and "0.00" not in shown
        assert "power N/A" in lines(app)[0]
        assert "CPU-therm" in shown or "AO-therm" in shown

    drive(fakes.ScriptedSession(*make(fakes.nano())), script)


def test_a_reading_that_fails_just_now_is_not_0_either():
    board = fakes.orin()
    failing = fakes.ScriptedSession(*fakes.idle(board))
    last = next(iter(fakes.telemetry(board, 1)))
    failing.feed(msgspec.structs.replace(last, v=(None, *last.v[1:]), why={"power.total": "read_error"}))

    async def script(app, pilot):
        assert "N/A" in pane(app, "power") and "read error" in pane(app, "power")

    drive(failing, script)


def test_unknown_throttling_is_not_none():
    unknown = fakes.ScriptedSession(*fakes.idle())
    unknown.feed(ev.Throttle(now=None, reason="no_permission"))

    async def script(app, pilot):
        assert "throttling unknown: no permission" in pane(app, "power")

    drive(unknown, script)


def test_a_fault_is_told_with_what_to_do():
    broken = fakes.ScriptedSession(
        fakes.orin(), ev.Fault(code="no_torch", text="no torch in /usr/bin/python3", hint="use --python")
    )

    async def script(app, pilot):
        shown = pane(app, "latency")
        assert "no torch in /usr/bin/python3" in shown and "use --python" in shown
        assert "FAILED" in lines(app)[0]

    drive(broken, script)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("glyphs", ["braille", "ascii"])
def test_every_size_is_drawn_whole(size, glyphs):
    async def script(app, pilot):
        shown = lines(app)
        assert len(shown) == size[1] and all(len(line) == size[0] for line in shown)
        if size >= (80, 24):
            assert "Models" in text(app) and "measured" in text(app)
        if glyphs == "ascii":
            assert text(app).isascii()

    drive(running(hot=True), script, plan=Plan(k=2000), size=size, glyphs=glyphs)


def test_resizing_changes_the_layout():
    async def script(app, pilot):
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert [app.bench.query_one(f"#{name}").display for name in ("models", "latency", "power", "log")] == [
            True, True, True, False,
        ]  # fmt: skip
        await pilot.press("2")
        await pilot.pause()
        assert app.bench.log_pane.display and not app.bench.power.display
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert app.bench.log_pane.display and not app.bench.models.display
        await pilot.press("3")
        await pilot.pause()
        assert "p50" in text(app) and not app.bench.keys.display
        await pilot.resize_terminal(200, 60)
        await pilot.pause()
        assert all(app.bench.query_one(f"#{name}").display for name in ("models", "latency", "power", "log"))
        assert len(lines(app)[0]) == 200

    drive(running(), script, plan=Plan(k=2000))


def test_zoom_gives_one_pane_all_the_room():
    async def script(app, pilot):
        await pilot.press("4", "z")
        await pilot.pause()
        assert app.bench.power.size.width == 120 and not app.bench.models.display
        await pilot.press("tab")
        await pilot.pause()
        assert app.bench.models.display and not app.bench.power.display
        await pilot.press("z")
        await pilot.pause()
        assert app.bench.power.display and app.bench.models.display

    async def tall(app, pilot):
        await pilot.press("3", "z")
        await pilot.pause()
        assert [canvas.id for canvas in app.bench.query("#panes > Canvas") if canvas.display] == ["latency"]
        assert app.bench.latency.size.width == 80

    drive(running(), script, plan=Plan(k=2000))
    drive(running(), tall, plan=Plan(k=2000), size=(80, 50))


def test_no_color(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    async def script(app, pilot):
        await pilot.press("question_mark", "escape", "slash", "a", "escape", "t", "t", "t", "t", "t")
        await settle(app, pilot)
        assert "✓ measured" in text(app)

    for theme in ("jetbench-dark", "ansi"):
        drive(running(), script, plan=Plan(k=2000), theme=theme)


HOSTILE = "evil\x1b[31m\x1b]0;title\x07\u202ename\x00" + "x" * 5000


def test_names_from_elsewhere_cannot_reach_the_terminal():
    board = msgspec.structs.replace(
        fakes.nano(), model=HOSTILE, power=ev.PowerRule(scope=HOSTILE, reason=HOSTILE),
        channels=tuple(msgspec.structs.replace(c, name=HOSTILE, hint=HOSTILE) for c in fakes.nano().channels),
    )  # fmt: skip
    plan = Plan(models=(HOSTILE, "resnet18"))
    begin = fakes.start(plan)
    events = [
        *fakes.idle(board), begin, ev.CaseStart(c=0), ev.Stage(c=0, name=HOSTILE),
        ev.CaseEnd(c=0, status="failed", error=HOSTILE),
        ev.CaseStart(c=1), ev.CaseEnd(c=1, status=HOSTILE, error=HOSTILE),
        ev.Throttle(now=True, active=(HOSTILE,), notices=(HOSTILE,)),
        ev.Log(level=HOSTILE, source=HOSTILE, text=HOSTILE),
        ev.Models(models=(ev.ModelEntry(name=HOSTILE), ev.ModelEntry(name="a" * 3000))),
    ]  # fmt: skip
    hostile = fakes.ScriptedSession(*events)
    hostile.extra = {"recording": f"/tmp/{HOSTILE}", "recording_ended": HOSTILE, "fault": HOSTILE, "hint": HOSTILE}

    async def script(app, pilot):
        for _ in range(4):
            await pilot.press("down", "tab")
        await settle(app, pilot)
        assert all(len(line) == 120 for line in lines(app))
        assert not set(text(app)) & {"\x1b", "\x07", "\x00", "\u202e"}

    drive(hostile, script, plan=plan)


def test_a_sweep_shows_a_line_a_case():
    plan = Plan(models=("resnet18",), batches=(1, 4, 8))
    begin = fakes.start(plan)
    swept = fakes.ScriptedSession(*fakes.idle(), begin, *fakes.measured(begin.cases[0], begin.t, 20, 68.0))

    async def script(app, pilot):
        shown = pane(app, "models")
        assert "batch 1" in shown and "batch 8" in shown and shown.count("resnet18") == 1

    drive(swept, script, plan=plan)


def test_an_unchanged_snapshot_sends_nothing():
    still = fakes.ScriptedSession(*fakes.idle())

    async def script(app, pilot):
        await settle(app, pilot)
        for canvas in (app.bench.models, app.bench.latency, app.bench.power, app.bench.log_pane, app.bench.keys):
            canvas.show(app.snapshot, 2e9)
            before = list(canvas.strips)
            canvas.show(app.snapshot, 3e9)
            assert all(one is other for one, other in zip(before, canvas.strips, strict=True))

    drive(still, script, fps=0.1)


def between(stage: ev.Stage, *events: ev.Event) -> fakes.ScriptedSession:
    """Two cases are over; ``events`` and then a stage that began 12 s ago."""
    plan = Plan(k=300, energy=True, cooldown=60.0)
    begin = fakes.start(plan)
    done = [event for case, at in zip(begin.cases[:2], (1, 20), strict=True)
            for event in fakes.measured(case, begin.t + at * fakes.S, 300, 20.0)]  # fmt: skip
    t = begin.t + 60 * fakes.S
    told = [msgspec.structs.replace(event, t=t) for event in (*events, stage)]
    rows = [row for row in fakes.telemetry(fakes.orin(), 103) if row.t > t]
    return fakes.ScriptedSession(*fakes.idle(), begin, *done, *told, *rows)


def test_a_cool_down_is_shown_with_its_time_and_leaves_time_to_read_the_case_before():
    async def script(app, pilot):
        shown = pane(app, "models")
        assert "cooling down" in shown and "0:12 of at most 1:00" in shown and "case 3 of 4" in shown
        assert "mobilenet_v3_small" in pane(app, "latency") and "median" in pane(app, "latency")

    drive(between(ev.Stage(c=2, name="cooldown")), script)


def test_a_cool_down_that_has_only_begun_changes_nothing():
    begun = between(ev.Stage(c=2, name="cooldown"))
    begun.extra = {"t": begun.state.stage.t + fakes.S}

    async def script(app, pilot):
        assert "cooling down" in pane(app, "models") and "over time" in pane(app, "latency")

    drive(begun, script)


def test_rest_and_block_for_joules_are_shown_by_their_time():
    for name, words_, gauge in (("idle", "at rest", "0:12 of 0:15"), ("energy", "joules", "0:10 of 0:10")):

        async def script(app, pilot, words_=words_, gauge=gauge):
            foot = "\n".join(pane(app, "models").splitlines()[-4:])
            assert f"resnet18  {words_}" in foot and gauge in foot and " / " not in foot

        drive(between(ev.Stage(c=2, name=name), ev.CaseStart(c=2)), script)


def test_what_moves_with_time_alone_is_drawn_though_nothing_else_changes():
    waiting = between(ev.Stage(c=2, name="cooldown"))

    async def script(app, pilot):
        waiting.extra = {"t": waiting.state.t + 9 * fakes.S}
        app.bench.show(waiting.snapshot(), 2e9)
        assert "0:21 of at most" in pane(app, "models")

    drive(waiting, script, fps=0.1)


def test_a_case_that_is_over_can_be_read_while_the_run_goes_on():
    async def script(app, pilot):
        assert "over time" in pane(app, "latency")
        await pilot.press("up", "up")
        assert "mobilenet_v2" in pane(app, "latency") and "grade" in pane(app, "latency")
        await pilot.press("down", "down")
        assert "over time" in pane(app, "latency")

    drive(running(), script, plan=Plan(k=2000))
