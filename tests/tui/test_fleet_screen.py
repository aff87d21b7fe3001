"""The fleet's screen: over real fleet sessions whose boards are scripts, over the file of one, and by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import fakes
import fleets
import pytest
from driving import drive, lines, text, toasts, until
from fakes import MS, S
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import streams
from jetbench.analysis import across
from jetbench.analysis.across import Fronts
from jetbench.domain import events as ev
from jetbench.domain.fleet import Member
from jetbench.domain.plan import Plan
from jetbench.domain.results import CaseResult, LatencySummary, PowerResult
from jetbench.link.base import Link, UnreachableError
from jetbench.session.fleet import FleetSession
from jetbench.session.fleet_replay import FleetReplay
from jetbench.session.fleet_snapshot import BoardState
from jetbench.session.picture import glance, picture
from jetbench.session.snapshot import Snapshot
from jetbench.tui import glyphs
from jetbench.tui.draw import fleet as draw
from jetbench.tui.draw import fleet_plot, readings
from jetbench.tui.draw.frame import Room
from jetbench.tui.playing import Player
from jetbench.tui.screens.pick import PickScreen
from jetbench.tui.whole_fleet import WholeFleet
from jetbench.tui.widgets.canvas import Canvas
from scripted import ScriptedLink, split

PLAN = Plan(models=("mobilenet_v2", "resnet18"), k=10)
DEAD = "c does not answer: is it on?"


class Gated(ScriptedLink):
    """The last lines of its run come when the test opens the gate."""

    def __init__(self, seed: int, passes: int, held: int = 0) -> None:
        first, rest = split(list(streams.session(seed=seed, passes=passes)))
        super().__init__(first, rest[: len(rest) - held])
        self._held = rest[len(rest) - held :]
        self.gate = threading.Event()

    def lines(self) -> Iterator[bytes]:
        self.ends_after_run = True
        yield from super().lines()
        if not self._closed.is_set():
            self.gate.wait(10 if self._held else 0)
            yield from self._held
            self._closed.wait(10)

    def close(self) -> None:
        self.gate.set()
        super().close()


def reached(folder: Path, links: dict[str, Link | Exception], group: str | None = None) -> FleetSession:
    def link(member: Member) -> Link:
        found = links[member.name]
        if isinstance(found, Exception):
            raise found
        return found

    members = [Member(name=name, address=f"lab@{name}", power_group=group) for name in links]
    return FleetSession(members, link, lambda: folder / "fleet.jsonl")


def states(fleet: FleetSession) -> list[str]:
    return [board.state for board in fleet.snapshot().boards]


# -- a fleet that measures


def test_a_fleet_runs_one_board_is_lost_and_one_is_looked_at_closely(tmp_path: Path):
    slow = Gated(2, 90, held=8)
    fleet = reached(tmp_path, {"a": Gated(1, 40), "b": slow, "c": UnreachableError(DEAD)})
    fleet.start()

    async def script(app, pilot):
        await until(lambda: states(fleet) == ["idle", "idle", "lost"], pilot)
        app.pull()
        assert "✗ LOST" in text(app) and app.screen is app.fleet
        await pilot.press("s")
        await until(lambda: states(fleet) == ["done", "running", "lost"], pilot)
        app.pull(jumped=True)
        await pilot.pause()
        shown = text(app)
        assert "✓ done" in shown and "▶ running" in shown and "1 LOST" in lines(app)[0] and "● LIVE" in lines(app)[0]
        own = fleet.session("a").snapshot().cases
        for result in own:
            row = next(line for line in lines(app) if line[4:].startswith(result.case.model))
            assert f" {result.latency.p50 * 1e3:.1f} " in row, "the median is that of the board's own session"
        await pilot.press("right", "enter")
        assert app.screen is app.bench and "b" in lines(app)[0].split()
        await pilot.press("s")
        assert "all boards run one plan" in toasts(app)
        await pilot.press("escape")
        assert app.screen is app.fleet
        await pilot.press("right")
        assert DEAD in text(app)
        slow.gate.set()
        await until(lambda: fleet.wait(0), pilot)
        app.pull(jumped=True)
        await pilot.pause()
        assert "● DONE" in lines(app)[0] and app.snapshot.status == "done"

    drive(WholeFleet(fleet), script, PLAN)
    fleet.close()


def test_a_board_waits_for_its_supply_and_x_stops_all(tmp_path: Path):
    first, second = Gated(1, 40, held=8), Gated(2, 40)
    fleet = reached(tmp_path, {"a": first, "b": second}, group="left")
    fleet.start()

    async def script(app, pilot):
        await until(lambda: states(fleet) == ["idle", "idle"], pilot)
        await pilot.press("s")
        await until(lambda: states(fleet) == ["running", "waiting"], pilot)
        app.pull(jumped=True)
        await pilot.press("right")
        assert "· waiting" in text(app) and "runs on the same supply" in text(app)
        await pilot.press("x")
        assert "stopping after this pass" in toasts(app) and {"op": "stop", "force": False} in first.commands
        first.gate.set()
        await until(lambda: fleet.wait(0), pilot)
        assert states(fleet)[1] == "interrupted" and not any(each["op"] == "run" for each in second.commands)

    drive(WholeFleet(fleet), script, PLAN, size=(80, 24))
    fleet.close()


# -- the file of one


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    fleet = reached(folder, {"a": Gated(1, 40), "b": Gated(2, 90), "c": UnreachableError(DEAD)})
    fleet.start()
    fleet.run(PLAN)
    assert fleet.wait(20)
    fleet.close()
    return folder / "fleet.jsonl"


def test_a_recorded_fleet_is_played_and_a_board_of_it_opens_at_the_same_moment(recorded: Path):
    replay = FleetReplay(recorded)
    whole = WholeFleet(replay)
    end = replay.snapshot()

    async def script(app, pilot):
        assert "REPLAY" in lines(app)[0] and app.view.here == app.view.span.begin
        await pilot.press("g", *"100%", "enter")
        await pilot.pause()
        shown = text(app)
        for board in end.boards[:2]:
            for result in board.snapshot.cases:
                assert f"{result.latency.p50 * 1e3:.1f}" in shown
        assert "✓ done" in shown and "✗ LOST" in shown
        await pilot.press("g", "0", "enter")
        await pilot.pause()
        seen = [app.view.here]
        for _ in range(3):
            await pilot.press("n")
            seen.append(app.view.here)
        assert seen == sorted(set(seen)), "each press goes on to another moment"
        assert app.seen.boards[0].state == replay.look(app.view.here).boards[0].state
        before = app.view.here
        await pilot.press("full_stop")
        assert app.view.here == min(app.view.span.end, before + S)
        await pilot.press("enter")
        await pilot.pause()
        assert app.in_board and app.view.mode == "replay"
        assert app.view.here == app.view.span.clamp(app.whole.seen.boards[0].snapshot.t)
        await pilot.press("s", "q")
        assert app.screen is app.fleet
        await pilot.press("s")
        assert "nothing is measured in it" in toasts(app)

    drive(whole, script, PLAN, player=Player(whole))


# -- how it looks


def test_what_a_board_is_like_is_a_word_and_a_shape():
    fleet = fleets.shelf()
    for kind in (glyphs.BRAILLE, glyphs.BLOCK, glyphs.ASCII):
        room = Room(120, 40, kind)
        told = [draw._state(BoardState(Member(name="x"), state), 18, room)[0] for state in draw.WORDS]
        assert len(set(told)) == len(told) and all(len(each.split()) == 2 for each in told)
        signs = [each.split()[0] for each in told if each.split()[1] not in ("LOST", "FAILED")]
        assert len(set(signs)) == len(signs), "a shape of its own, but for the two that are bad"
    down = BoardState(Member(name="x"), "running", "the connection was cut")
    assert draw._state(down, 18, Room(120, 40, glyphs.ASCII)) == ("> line down", "bad")
    lost = fleet.snapshot().boards[2]
    assert draw._temperature(lost, 18, room)[0] == "N/A", "the last reading of a lost board is not its temperature"


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
def test_every_board_and_case_comes_into_view(size):
    fleet = WholeFleet(fleets.many(12))

    async def script(app, pilot):
        seen = set()
        for _ in range(12):
            seen |= {f"board-{n:02}" for n in range(12) if f"▸board-{n:02}" in text(app)}
            await pilot.press("right")
        assert len(seen) == 12
        await pilot.press("home", *["down"] * 3)
        assert "▸ resnet50" in text(app) and "▸board-00" in text(app)
        await pilot.press("end", "2")
        assert "▸ board-11" in text(app)

    drive(fleet, script, fleets.PLAN, size=size)


def test_figures_bars_and_points_of_a_case():
    async def script(app, pilot):
        pane = app.fleet.pane
        assert "p50 ms energy J" in text(app)
        await pilot.press("y")
        assert "p50 ms items/s" in text(app)
        await pilot.press("y", "y", "y", "y", "2")
        assert pane.choice.measure is across.LATENCY
        assert "pi-5      ✗" in text(app), "what was measured before it was lost counts, and it is lost"
        ranked = [line.split()[1 if "▸" not in line else 2] for line in lines(app)[4:8]]
        assert ranked == ["orin-nx", "orin-nano", "pi-5", "nano-2gb"], "the fastest first"
        await pilot.press("y")
        assert "no power sensor on this board" in text(app) and "waiting: orin-nano runs on" in text(app)
        await pilot.press("3")
        assert "3 boards without joules" in text(app) and "CAPITAL" in text(app)
        chart = "\n".join(line[8:] for line in lines(app)[4:-6])
        assert "A" in chart and "B" in chart, "orin-nx is faster, and joules of the two are tied"
        await pilot.press("down", "down", "down")
        assert "4 boards without joules" in text(app) and "b" not in text(app).split("case 4 of 4")[0].splitlines()[8]

    drive(WholeFleet(fleets.shelf()), script, fleets.PLAN)


def test_without_any_joules_the_points_say_why_and_latency_is_drawn():
    told = [(Member(name=name), "done", None, fleets.measuring(fakes.nano(), fleets.PLAN, 4, factor))
            for name, factor in (("slow", 2.0), ("quick", 1.0))]  # fmt: skip

    async def script(app, pilot):
        assert "energy J" not in text(app), "a column of nothing but N/A"
        await pilot.press("3")
        shown = text(app)
        assert "By latency alone" in shown and "no power sensor on this board" in shown
        assert shown.index("quick") < shown.index("slow") and f"20.0{draw.BEST}" in shown

    drive(WholeFleet(fleets.ScriptedFleet(*told)), script, fleets.PLAN, size=(80, 24))


def test_models_are_picked_for_all_boards_and_the_mouse_works():
    fleet = fleets.untouched()

    async def script(app, pilot):
        assert "no model is picked" in text(app)
        await pilot.press("space", "down", "space", "slash", *"vgg11", "enter", "space", "escape", "escape")
        assert app.screen is app.fleet and len(app.place.draft.picked) == 2 and "vgg11" in text(app)
        await pilot.press("b", "ctrl+u", *"1,4", "enter")
        await pilot.pause()
        assert "vgg11 b4" in text(app)
        await pilot.press("space")
        assert isinstance(app.screen, PickScreen) and [s.models_asked for *_, s in fleet.told] == [0, 2]
        await pilot.press("escape", "s")
        assert [len(plan.cases()) for plan in fleet.plans] == [4]
        await pilot.click("#fleet", offset=(32, 3), times=1)
        assert app.fleet.pane.board.member.name == "b"
        await pilot.click("#fleet", offset=(13, 1))
        assert app.fleet.pane.choice.shown == "bars"
        await pilot.click("#fleet", offset=(8, 3))
        assert app.fleet.pane.board.member.name == "a", "its bar"
        await pilot.press("question_mark")
        assert "Fleet" in text(app) and "it waits: another one of its power group" in text(app)

    drive(WholeFleet(fleet), script, Plan(models=()), size=(80, 24))


def test_only_what_changed_is_painted(monkeypatch: pytest.MonkeyPatch):
    fleet = fleets.many(32)
    painted: list[int] = []
    plain = Canvas.refresh

    def refresh(self, *regions, **options):
        if self.id == "fleet":
            painted.append(sum(region.height for region in regions) if regions else -1)
        return plain(self, *regions, **options)

    async def script(app, pilot):
        pane = app.fleet.pane
        app.pull()
        monkeypatch.setattr(Canvas, "refresh", refresh)
        out_of_view, in_view = fleet.told[30][3], fleet.told[1][3]
        for changed, most in ((out_of_view, 0), (in_view, 3)):
            row = changed.state.telemetry
            values = tuple(value + 1100 if value is not None else None for value in row.v)
            changed.feed(ev.Telemetry(t=row.t + 100 * MS, v=values))
            pane._drawn_at = app._pulled = 0.0
            painted.clear()
            app.pull()
            assert sum(painted) <= most and -1 not in painted and bool(painted) == bool(most)
        fleet.tell(30, "lost", "gone")
        app._pulled = 0.0
        app.pull()
        await pilot.press("end")
        assert "✗ LOST" in text(app)

    drive(WholeFleet(fleet), script, fleets.PLAN)


def test_a_glance_is_the_picture_without_what_is_drawn_over_time():
    state = fleets.measuring(fakes.orin(), fleets.PLAN, 2, hot=True).state
    short, long = glance(state), picture(state)
    over_time = {"whole", "history", "lane", "moments", "onsets", "log"}
    for name in Snapshot.__struct_fields__:
        if name in over_time:
            assert not getattr(short, name)
        elif name == "readings":
            told = readings.power(long), readings.temperature(long)
            assert (readings.power(short), readings.temperature(short)) == told and None not in told
            assert len(short.readings) < len(long.readings)
        else:
            assert getattr(short, name) == getattr(long, name), name


# -- figures


def result(number: int, seconds: float | None, joules: float | None, error: float = 0.0) -> CaseResult:
    latency = seconds and LatencySummary(
        9, seconds, None, seconds, seconds, seconds, seconds, seconds, seconds, (seconds - error, seconds + error)
    )
    power = PowerResult(energy_j=joules, energy_u_j=joules and error, reason=None if joules else "no_sensor")
    status = "measured" if latency else "failed"
    return CaseResult(ev.Case(id=number, model="m"), status, latency=latency or None, power=power)


def test_who_is_not_beaten():
    front = lambda *results: across.unbeaten(results).best  # noqa: E731
    assert front(result(0, 1.0, 2.0), result(0, 2.0, 1.0), result(0, 3.0, 3.0)) == {0, 1}
    assert front(result(0, 1.0, None), result(0, 2.0, 1.0), None) == {0}, "joules of one: latency alone"
    assert front(result(0, 1.0, 1.0), result(0, 1.05, 1.0, error=0.1)) == {0, 1}, "tied within the interval"
    assert front(result(0, 1.0, 1.0), result(0, None, None), None) == frozenset(), "nobody to be compared with"
    of = across.unbeaten((result(0, 1.0, 2.0), result(0, 2.0, 1.0), result(0, 0.5, None)))
    assert of.compared == {0, 1}, "what lacks joules is not compared with those that have them"


POSITIVE = st.none() | st.floats(1e-6, 1e6)


@given(
    st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=12), st.integers(30, 200), st.integers(8, 60),
    st.sampled_from([glyphs.BRAILLE, glyphs.ASCII]), st.sampled_from(draw.MEASURED),
)  # fmt: skip
def test_any_figures_are_drawn_within_the_room(figures, width, height, signs, measure):
    room, fronts = Room(width, height, signs), Fronts()
    results = [result(0, *each) for each in figures]
    boards = [
        BoardState(Member(name=f"board {n}"), "done", None, Snapshot(cases=(each,))) for n, each in enumerate(results)
    ]
    (line,) = across.rows([board.snapshot.cases for board in boards])
    assert line.results == tuple(results)
    here = len(boards) - 1
    shown = draw.measures(measure, boards, width)
    layout = draw.laid_out(boards, [line], room, here, shown)
    rows = [*draw.head(boards, layout, room, here), draw.titles(layout, room)]
    rows += [draw.line(line, boards, layout, room, fronts, here), *draw.about(line, boards[here], (1, 2), room, 4)]
    rows += fleet_plot.bars(line, boards, measure, room, fronts, here, 0)
    drawn = fleet_plot.points(line, boards, room, fronts, here)
    assert (drawn is None) == all(s is None or j is None for s, j in figures)
    rows += drawn.rows if drawn is not None else fleet_plot.without_energy(line, room)
    assert all(cell_len(row.text) <= width for row in rows)
    values = [bar.value for bar in fleet_plot.ranked(line, boards, measure, room)]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=measure.better > 0) and values[: len(known)] == known
