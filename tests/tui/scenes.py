"""States of the app to look at: each from a session that never changes and the keys that lead there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import fakes
import fleets
import msgspec
from driving import until
from fakes import S, ScriptedSession
from textual.pilot import Pilot

from jetbench.cli.replay import compare
from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.session.replay import ReplaySession
from jetbench.tui.app import BenchApp
from jetbench.tui.visiting import Library, Visit
from jetbench.tui.whole_fleet import WholeFleet

RECORDINGS = Path(__file__).parents[2] / "recordings"
SHELF = ("simulated-nano-throttling.jsonl", "lab-x86-2cores.jsonl", "lab-x86-two-rounds.jsonl")  # the oldest first
PLAN = Plan(models=("resnet18", "squeezenet1_1"), batches=(1, 4, 16), k=200)
SPOILT: dict[str, Any] = {
    "power_mode": "15W",
    "power_modes": {"0": "15W", "2": "MAXN_SUPER"},
    "jtop": {"jetson_clocks": False},
    "cpu": {"policies": {"policy0": {"governor": "schedutil", "min_khz": 729_600, "max_khz": 1_510_400}}},
}

Scene = Callable[[BenchApp, Pilot[None]], Awaitable[None]]


class State(msgspec.Struct, frozen=True):
    session: Callable[[], Any]
    keys: tuple[str, ...] = ()
    plan: Plan = Plan(k=200)
    ready: Callable[[BenchApp], bool] = lambda _: True  # after the keys


def idle() -> ScriptedSession:
    return ScriptedSession(*fakes.idle())


def running() -> ScriptedSession:
    return ScriptedSession(*fakes.running(Plan(k=2000), count=600, hot=True))


def cooling() -> ScriptedSession:
    """The third case is over and hot, the fourth waits for the board to cool."""
    session = ScriptedSession(*fakes.running(Plan(k=300, cooldown=60.0), count=300))
    t = session.state.t + S
    session.feed(
        ev.CaseEnd(t=t, c=2, status="measured", stop="k = 300"),
        ev.CaseStart(t=t + S, c=3, pid=4714),
        ev.Stage(t=t + S, c=3, name="cooldown"),
        *(ev.Telemetry(t=t + n * S, v=session.state.telemetry.v) for n in range(2, 14)),
    )
    return session


def swept() -> ScriptedSession:
    """Two models at three batches, all over but the last; squeezenet1_1 takes half of the time."""
    begin = fakes.start(PLAN)
    session = ScriptedSession(*fakes.idle(), begin, *fakes.telemetry(fakes.orin(), 150))
    for case in begin.cases[:-1]:
        typical = (20.0 if case.model == "resnet18" else 10.0) * case.batch**0.8
        session.feed(*fakes.measured(case, fakes.T0 + (40 + 20 * case.id) * S, 60, typical))
    last, t = begin.cases[-1], fakes.T0 + 160 * S
    session.feed(
        ev.CaseStart(t=t, c=last.id, pid=4720),
        ev.CaseEnd(t=t + S, c=last.id, status="failed", error="out of memory: the kernel killed it in stage first"),
        ev.RunEnd(t=t + 2 * S, status="done", measured=5, failed=1),
    )
    return session


def spoilt() -> ScriptedSession:
    made = msgspec.structs.replace(fakes.orin(), facts=SPOILT)
    return ScriptedSession(made, ev.Throttle(t=fakes.T0, now=False), fakes.software(), fakes.models(),
                           *fakes.telemetry(made, 30))  # fmt: skip


def replay(name: str = SHELF[0]) -> ReplaySession:
    return ReplaySession(RECORDINGS / name)


def shelf(folder: Path) -> Library:
    """Three recordings in ``recordings`` below a folder, which is the current one, with ages in a fixed order."""
    (folder / "recordings").mkdir()
    for age, name in enumerate(SHELF):
        path = Path(shutil.copy(RECORDINGS / name, folder / "recordings"))
        os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))
    return Library([Path("recordings")], lambda path: Visit(ReplaySession(path), Plan(), tuple), compare)


def _listed(app: BenchApp) -> bool:
    return app.screen is not app.bench and app.screen.pane.found is not None  # type: ignore[attr-defined]


def _compared(app: BenchApp) -> bool:
    result = getattr(getattr(app.screen, "pane", None), "result", None)
    return result is not None and result.told is not None


STATES: dict[str, State] = {
    "idle": State(idle, ("down", "down")),
    "running": State(running, plan=Plan(k=2000)),
    "cooling": State(cooling, plan=Plan(k=300, cooldown=60.0)),
    "failed": State(lambda: ScriptedSession(*fakes.badly(Plan())), ("down",)),
    "frozen": State(running, ("p", "shift+left", "N"), Plan(k=2000)),
    "replay": State(replay, ("g", *"40%", "enter", "n")),
    "results": State(swept, ("r", "down", "greater_than_sign"), PLAN),
    "lines": State(swept, ("r", "2"), PLAN),
    "scatter": State(swept, ("r", "3", "y", "down", "down"), PLAN),
    "case": State(lambda: ScriptedSession(*fakes.full(Plan(models=("squeezenet1_1",), energy=True))), ("r", "enter")),
    "sheet": State(spoilt, ("u",), PLAN),
    "form": State(idle, ("v", "tab", "ctrl+u", *"tpu")),
    "help": State(running, ("question_mark",), Plan(k=2000)),
    "recordings": State(idle, ("o",), ready=_listed),
    "compare": State(idle, ("o",), ready=_listed),
    "fleet": State(lambda: WholeFleet(fleets.shelf()), ("right", "right"), fleets.PLAN),
    "fleet-bars": State(lambda: WholeFleet(fleets.shelf()), ("down", "2", "y"), fleets.PLAN),
    "fleet-points": State(lambda: WholeFleet(fleets.shelf()), ("right", "3"), fleets.PLAN),
    "fleet-board": State(lambda: WholeFleet(fleets.shelf()), ("end", "enter"), fleets.PLAN, lambda app: app.in_board),
}


async def enter(name: str, app: BenchApp, pilot: Pilot[None]) -> None:
    state = STATES[name]
    await pilot.press(*state.keys)
    await until(lambda: state.ready(app), pilot)
    if name == "compare":  # of the two recordings of one machine: not comparable in all, so asked for anyway
        await pilot.press("space", "down", "space", "c")
        await until(lambda: getattr(app.screen.pane, "result", None) is not None, pilot)  # type: ignore[attr-defined]
        await pilot.press("a")
        await until(lambda: _compared(app), pilot)
    await pilot.pause()
