"""The app over a fleet: it opens on all boards, goes into one of them, and comes back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from textual.screen import Screen

from jetbench.domain.plan import Plan
from jetbench.domain.plan_events import Case
from jetbench.session.snapshot import Snapshot
from jetbench.tui.app import BenchApp
from jetbench.tui.control import busy
from jetbench.tui.draw import fleet_status, readings
from jetbench.tui.playing import Player
from jetbench.tui.screens.fleet import BoardScreen, FleetScreen
from jetbench.tui.visiting import Place
from jetbench.tui.whole_fleet import WholeFleet
from jetbench.tui.widgets.fleet import FleetPane

if TYPE_CHECKING:
    from jetbench.session.fleet_snapshot import BoardState, FleetSnapshot

PERIOD = 0.9  # seconds between two looks at all boards; what turns is seen within a second
ONE_PLAN = "all boards run one plan: esc, then s"


class FleetApp(BenchApp):
    """Below every board that is entered waits the fleet, which is a session to all that a session can do."""

    CSS_PATH = ["screens/bench.tcss", "screens/fleet.tcss"]  # type: ignore[assignment]

    def __init__(self, whole: WholeFleet, plan: Plan, export: Callable[[], Sequence[Path]], **options: Any) -> None:
        super().__init__(whole, plan, export, **options)
        self.whole = whole
        self._entered = ""
        self._as_named: dict[str, tuple[Snapshot, Snapshot]] = {}
        self.fleet = FleetScreen(self._planned)

    def _planned(self) -> tuple[Case, ...]:
        """What would be measured next; in a run and in a recording until a board tells its cases itself."""
        draft = self.place.draft
        told = any(board.snapshot.cases for board in self.seen.boards)
        over = told and (self.whole.is_replay or busy(self.live))
        return draft.unchecked.cases() if draft.picked and not over else ()

    @property
    def seen(self) -> FleetSnapshot:
        return self.whole.newest if self.view.mode == "live" else self.whole.seen

    def get_default_screen(self) -> Screen[Any]:
        self._look()
        self.fleet.prepare(self.seen, self.snapshot, self.size, self.view)
        return self.fleet

    def pull(self, jumped: bool = False) -> None:
        """All boards once a second; one that is entered as often as if it were alone."""
        if jumped or self.screen is not self.fleet or time.monotonic() - self._pulled >= PERIOD:
            super().pull(jumped)

    def paint(self, now: float, jumped: bool) -> None:
        from jetbench.tui.screens.pick import PickScreen

        if self.screen is self.fleet:
            self.fleet.show(self.seen, self.snapshot, now, self.view, jumped)
        elif isinstance(self.screen, PickScreen):
            self.screen.models.show(self.snapshot, now)
        else:
            super().paint(now, jumped)

    def _look(self) -> None:
        """A board that is entered is called by its name in the fleet."""
        super()._look()
        if len(self._below) == 1:  # a recording that is opened from there has a name of its own
            for known in ("live", "snapshot"):
                taken = getattr(self, known)
                if known not in self._as_named or self._as_named[known][0] is not taken:
                    self._as_named[known] = (taken, replace(taken, host=self._entered))
                setattr(self, known, self._as_named[known][1])

    def ask(self) -> None:
        """Models when somebody picks, settings of a board that is entered: torch would be imported on every board."""

    def headline(self, width: int, wall: str) -> str:
        if self.in_board:
            return super().headline(width, wall)
        return fleet_status.draw(self.seen, width, self.glyphs, wall).text.strip()

    # -- into a board

    def on_fleet_pane_opened(self, message: FleetPane.Opened) -> None:
        if self.screen is not self.fleet:
            return
        session = self.whole.fleet.session(message.name)
        player = Player(session, guest=True, speed=self.player.head.speed)
        if self.whole.is_replay:
            player.to(self.seen.board(message.name).snapshot.t)
            if self.player.head.playing:
                player.toggle()
        elif self.whole.reached(message.name):
            session.request_settings()
            session.request_models()
        draft, self._entered = self.place.draft, message.name
        self._below.append(self.place)
        self._show(Place(session, player, draft, self.export, BoardScreen(draft)))
        self.bench.prepare(self.snapshot, self.size, self.view)
        self.push_screen(self.bench)

    @property
    def home(self) -> Screen[Any]:
        return self.bench if self.in_board else self.fleet

    @property
    def in_board(self) -> bool:
        return self.session is not self.whole

    # -- run

    def action_start(self) -> None:
        if self.in_board:
            self.say(ONE_PLAN)
        elif not self._only_read() and not busy(self.session.snapshot()):
            self._warn()
            self._begin()

    def action_explain(self) -> None:
        self.say(ONE_PLAN)

    def _begin(self, plan: Plan | None = None) -> bool:
        if self.in_board:
            self.say(ONE_PLAN)
            return False
        return super()._begin(plan)

    def _warn(self) -> None:
        """What of a board's state spoils its figures. The run begins all the same: the other boards are not asked."""
        from jetbench.analysis.board_checks import troubles
        from jetbench.session.readiness import PASSING, readiness

        lines = []
        for board in self.whole.newest.boards:
            name = board.member.name
            found = troubles(readiness(self.whole.fleet.session(name).snapshot()))  # a glance lacks most readings
            names = [finding.name for finding in found if finding.name not in PASSING]
            if names:
                lines.append(f"{name}: {', '.join(names)}")
        if lines:
            self.say("\n".join([*lines[:6], "enter a board, then u says what mends it"]), "warning")

    def action_energy(self) -> None:
        if self.in_board:
            super().action_energy()
        elif not self._locked():
            self.draft.toggle_energy()
            without = [board.member.name for board in self.whole.newest.boards if _has_no_power(board)]
            words = "joules are measured" if self.draft.base.energy else "no joules are measured"
            self.say(f"{words}; no power sensor: {', '.join(without)}" if without and self.draft.base.energy else words)

    def action_pick(self) -> None:
        """In a recording play or pause; else the list of models, over all boards."""
        if self.in_board or self.session.is_replay:
            super().action_pick()
        elif busy(self.live):
            self.say("a run goes on; x stops it")
        else:
            from jetbench.tui.screens.pick import PickScreen

            if self.screen is self.fleet:
                self.whole.ask_for_models()
                self.push_screen(PickScreen(self.place.draft, self.snapshot))
            elif isinstance(self.screen, PickScreen):  # a click on the sign of a model
                self.screen.models.toggle()


def _has_no_power(board: BoardState) -> bool:
    reading = readings.power(board.snapshot)
    return board.snapshot.board is not None and (reading is None or reading.channel.reason is not None)
