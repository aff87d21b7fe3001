"""Fleets for pictures: each board a session that is fed by hand, in the state that a fleet would tell of it."""

from __future__ import annotations

import fakes
import msgspec
from fakes import S, ScriptedSession

from jetbench.domain import events as ev
from jetbench.domain.fleet import Member
from jetbench.domain.plan import Plan
from jetbench.session.fleet_snapshot import BoardState, FleetSnapshot, status_of
from jetbench.session.picture import glance
from jetbench.session.snapshot import Snapshot

PLAN = Plan(models=("resnet18", "mobilenet_v2", "squeezenet1_1", "resnet50"), k=200)
RATES = {"resnet18": 20.0, "mobilenet_v2": 12.0, "squeezenet1_1": 8.0, "resnet50": 52.0}  # ms
GONE = "no answer for 30 s: the run may go on there; jetbench-tui attach pi@shelf-3"
STACKED = "orin-nano runs on the same supply, left-shelf"


class ScriptedFleet:
    """`FleetControl`, for tests. ``told``: member, state, trouble and session of each board."""

    is_replay = False

    def __init__(self, *told: tuple[Member, str, str | None, ScriptedSession | None], begun: bool = True) -> None:
        self.told = list(told)
        self.begun = begun
        self.plans: list[Plan] = []
        self.stops: list[bool] = []
        self.closed = self.begins = 0
        self.left = False

    def snapshot(self) -> FleetSnapshot:
        boards = tuple(
            BoardState(member, state, trouble, glance(session.state) if session is not None else Snapshot())
            for member, state, trouble, session in self.told
        )
        times = [board.snapshot.t for board in boards]
        return FleetSnapshot(
            boards, status_of(boards, self.begun, bool(self.stops)), "/data/fleet-20261130T101500Z.jsonl",
            max(times, default=0), fakes.T0 if self.begun else None, 1_812_000,
        )  # fmt: skip

    def tell(self, place: int, state: str, trouble: str | None = None) -> None:
        member, _, _, session = self.told[place]
        self.told[place] = (member, state, trouble, session)

    def session(self, name: str) -> ScriptedSession:
        for member, _, _, session in self.told:
            if member.name == name:
                return session or ScriptedSession()
        raise KeyError(name)

    def begin(self) -> None:
        self.begins += 1

    def run(self, plan: Plan) -> None:
        self.plans.append(plan)

    def stop(self, force: bool = False) -> None:
        self.stops.append(force)

    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Nothing was held."""

    def leave(self) -> bool:
        self.left = True
        return True

    def close(self) -> None:
        self.closed += 1


def measuring(
    board: ev.Board, plan: Plan, over: int, factor: float = 1.0, hot: bool = False, cut: str | None = None
) -> ScriptedSession:
    """So many cases are over, the next one runs; with ``cut`` the board was lost in it. None runs when all are over."""
    begin = fakes.start(plan)
    events: list[ev.Event] = [*fakes.idle(board), begin, *fakes.telemetry(board, 140, hot)]
    t = begin.t + 2 * S
    for case in begin.cases[:over]:
        typical = RATES[case.model] * factor * case.batch**0.8
        events += fakes.measured(case, t, max(40, round(5000 / typical)), typical)  # longer than five readings
        t += 20 * S
    if over < len(begin.cases):
        case = begin.cases[over]
        events += [ev.CaseStart(t=t, c=case.id, pid=4711), ev.Stage(t=t, c=case.id, name="measure"),
                   fakes.passes(case.id, t, 70, RATES[case.model] * factor)]  # fmt: skip
        if cut is not None:
            events.append(ev.Fault(t=t + 9 * S, code="agent_lost", text=cut))
    else:
        events.append(ev.RunEnd(t=t + S, status="done", measured=over))
    if hot:
        events.append(ev.Throttle(t=t, now=True, active=("thermal: tj-thermal",)))
    return ScriptedSession(*events)


def pi() -> ev.Board:
    return msgspec.structs.replace(
        fakes.nano(), model="Raspberry Pi 5 Model B Rev 1.0", kind="pi", soc="bcm2712", memory_mib=8062
    )


def shelf(plan: Plan = PLAN) -> ScriptedFleet:
    """One of each state, as far into a run as it gets."""
    member = lambda name, group=None: Member(name=name, address=f"lab@{name}.shelf", power_group=group)  # noqa: E731
    return ScriptedFleet(
        (member("orin-nano", "left-shelf"), "running", None, measuring(fakes.orin(), plan, 2, hot=True)),
        (member("nano-2gb"), "done", None, measuring(fakes.nano(), plan, 4, 5.0)),
        (member("pi-5"), "lost", GONE, measuring(pi(), plan, 1, 3.5, cut=GONE)),
        (member("orin-old", "left-shelf"), "waiting", STACKED, ScriptedSession(*fakes.idle())),
        (member("orin-nx"), "done", None, measuring(fakes.orin(), plan, 4, 0.6)),
    )  # fmt: skip


def many(count: int, plan: Plan = PLAN) -> ScriptedFleet:
    made = [(Member(name=f"board-{n:02}"), "running", None, measuring(fakes.orin(), plan, n % 4, 1 + n / 10))
            for n in range(count)]  # fmt: skip
    return ScriptedFleet(*made)


def untouched() -> ScriptedFleet:
    """Reached, and nothing was asked of them; what models ``b`` has it has not told."""
    short = [event for event in fakes.idle() if not isinstance(event, ev.Models)]
    told = [
        (Member(name=name), "idle", None, ScriptedSession(*events))
        for name, events in (("a", fakes.idle()), ("b", short))
    ]
    return ScriptedFleet(*told, begun=False)
