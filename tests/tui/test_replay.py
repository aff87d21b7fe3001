"""Freeze and replay: the view stands while the run goes on, and every moment of a recording is reached by keys."""

from __future__ import annotations

from pathlib import Path

import fakes
from driving import drive, settle, text, toasts, until

from jetbench.domain.plan import Plan
from jetbench.session.replay import ReplaySession
from jetbench.tui.playing import Player
from jetbench.tui.screens.recordings import RecordingsScreen
from jetbench.tui.visiting import Library, Visit

RECORDINGS = Path(__file__).parents[2] / "recordings"
SHORT = RECORDINGS / "simulated-nano-throttling.jsonl"
S = fakes.S


def top(app):
    return text(app).splitlines()[0]


def running():
    return fakes.ScriptedSession(*fakes.running(Plan(k=50), count=50))


def test_p_freezes_while_the_run_goes_on_and_follows_again():
    live = running()

    async def script(app, pilot):
        await pilot.press("p")
        await pilot.pause()
        assert "FROZEN" in top(app) and "under 1 min behind live" in top(app)
        frozen = text(app)
        live.feed(fakes.ev.Log(t=live.state.t + 5 * S, text="a line of later"))
        app.pull()
        await pilot.pause()
        assert text(app) == frozen
        await pilot.press("p")
        await pilot.pause()
        assert "LIVE" in top(app) and "a line of later" in text(app)

    drive(live, script)


def test_a_frozen_view_is_moved_and_ends_of_the_span_hold():
    live = running()

    async def script(app, pilot):
        await pilot.press("left")
        assert "p freezes the view" in toasts(app) and app.player.head.follows
        await pilot.press("p", "left", "shift+left")
        end, here = live.span().end, app.player.here
        assert end - here == 11 * S
        await pilot.press("right")
        assert app.player.here - here == S
        await pilot.press("N")
        event = app.player.here
        assert any(moment.t == event for moment in live.snapshot().moments)
        await pilot.press("comma")
        assert app.player.here < event
        await pilot.press("g", *"0%", "enter")
        await pilot.pause()
        assert app.player.here == live.span().begin and "FROZEN 00:00:00" in top(app)

    drive(live, script)


def test_nothing_to_freeze_before_a_run():
    async def script(app, pilot):
        await pilot.press("p")
        assert "no run has begun" in toasts(app) and app.player.head.follows

    drive(fakes.ScriptedSession(*fakes.idle()), script)


def test_a_mark_is_told_with_its_note():
    live = running()

    async def script(app, pilot):
        await pilot.press("m", *"fan on", "enter")
        await until(lambda: bool(live.marks), pilot)

    drive(live, script)
    assert live.marks == ["fan on"]


def test_a_recording_plays_by_the_clock_and_stops_at_its_end():
    clock = [100.0]
    session = ReplaySession(SHORT)
    player = Player(session, lambda: clock[0])

    async def script(app, pilot):
        assert "REPLAY 00:00:00" in top(app) and "paused x1" in top(app)
        await pilot.press("right_square_bracket", "space")
        clock[0] += 5.0
        app.pull(jumped=True)
        await pilot.pause()
        assert "REPLAY 00:00:10" in top(app) and "playing x2" in top(app)
        clock[0] += 1000.0
        app.pull(jumped=True)
        await pilot.pause()
        assert "the end" in top(app) and not player.head.playing
        for key in ("s", "x", "b", "j"):
            await pilot.press(key)
        assert "this is a recording" in toasts(app) and app.screen is app.bench

    drive(session, script, player=player)


def test_every_glyph_set_shows_events_at_both_widths():
    for glyphs in ("braille", "block", "ascii"):
        for size in ((120, 40), (80, 24)):

            async def script(app, pilot, plain=glyphs == "ascii"):
                await pilot.press("g", *"40%", "enter")
                await pilot.pause()
                assert all(sign in top(app) for sign in ("SIMULATED", "!", "[", "]"))
                assert not plain or top(app).isascii()

            drive(ReplaySession(SHORT), script, size=size, glyphs=glyphs)


def test_the_list_opens_one_and_q_goes_back_and_two_are_compared():
    asked = []

    def compare(base, other, anyway):
        asked.append((base.name, other.name, anyway))
        raise RuntimeError("B is not comparable with A: torch 1 in A, 2 here")

    library = Library([RECORDINGS], lambda path: Visit(ReplaySession(path), Plan(), tuple), compare)
    live = running()

    async def script(app, pilot):
        home = app.bench
        await pilot.press("o")
        assert isinstance(app.screen, RecordingsScreen)
        await until(lambda: app.screen.pane.found is not None, pilot)
        assert len(app.screen.pane.found) == 4 and all(found.whole for found in app.screen.pane.found)
        await pilot.press("enter")
        await until(lambda: app.bench is not home, pilot)
        await pilot.pause()
        assert "REPLAY" in top(app) and app.session.is_replay
        await pilot.press("q")
        await settle(app, pilot)
        assert app.screen is home and app.session is live and "LIVE" in top(app)
        await pilot.press("o")
        await until(lambda: app.screen.pane.found is not None, pilot)
        await pilot.press("c")
        assert "pick two with space" in toasts(app)
        await pilot.press("space", "down", "space", "c")
        await until(lambda: "not comparable" in text(app), pilot)
        await pilot.press("a")
        await until(lambda: len(asked) == 2, pilot)
        assert [anyway for *_, anyway in asked] == [False, True]

    drive(live, script, library=lambda: library)
