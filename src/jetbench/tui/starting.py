"""The part of the app that begins a run: the sheet before the start, the form of settings, the plan as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetbench.domain.plan import Plan, PlanError
from jetbench.domain.text import printable
from jetbench.session.snapshot import Snapshot
from jetbench.tui.control import busy
from jetbench.tui.visiting import VisitingApp

if TYPE_CHECKING:  # the form is imported when it is opened
    from jetbench.tui.bindings import Key
    from jetbench.tui.palette import Palette
    from jetbench.tui.screens.plan_form import Changes

ONLY_READ = "this is a recording: nothing is measured in it"
RUN_ON = "a run goes on; x stops it"


class StartingApp(VisitingApp):
    palette: Palette
    keys: tuple[Key, ...]

    def _only_read(self) -> bool:
        if self.session.is_replay:
            self.say(ONLY_READ)
        return self.session.is_replay

    def _locked(self) -> bool:
        """Whether the plan cannot be changed now; says why."""
        if self._only_read():
            return True
        if busy(self.live):
            self.say(RUN_ON)
        return busy(self.live)

    def action_start(self) -> None:
        """At once where nothing of the board's state stands in the way, else by the sheet."""
        from jetbench.analysis.board_checks import troubles
        from jetbench.session.readiness import PASSING, readiness

        if self._only_read() or busy(self.session.snapshot()):
            return
        try:
            self.draft.plan()
        except PlanError as error:
            self.say(str(error), "error")
            return
        found = troubles(readiness(self.session.snapshot()))
        if any(finding.name not in PASSING for finding in found):
            self.action_sheet()
            return
        for finding in found:
            self.say(f"{finding.name}: {finding.text}; u shows the board's state", "warning")
        self._begin()

    def _begin(self, plan: Plan | None = None) -> bool:
        """A run of the draft, or of another plan."""
        try:
            self.session.run(plan or self.draft.plan())
        except (PlanError, RuntimeError) as error:
            self.say(str(error), "error")
            return False
        self.player.follow()
        self.pull()
        return True

    def action_explain(self) -> None:
        """A run of its own of the case under the cursor: profile and trials."""
        from jetbench.domain.explaining import explaining, first_of

        if self._locked():
            return
        base = self.draft.unchecked
        entry, result = self.bench.models.current(), self.bench.chosen_result()
        if entry is None:
            return
        try:
            case = result.case if result is not None else first_of(base, entry.model)
            plan = explaining(case, base)
        except PlanError as error:
            self.say(str(error), "error")
            return
        others, recording = len(self.live.cases) - 1, self.live.recording
        if self._begin(plan) and others > 0 and recording is not None:
            self.say(f"{case.model} is measured, profiled and tried; the run before is in\n{printable(recording)}")

    def action_sheet(self) -> None:
        if self.screen is not self.bench:
            return
        from jetbench.tui.screens.sheet import SheetScreen

        replay = self.session.is_replay

        def look() -> Snapshot:
            return self.snapshot if replay else self.session.snapshot()

        def answered(start: bool | None) -> None:
            if start:
                self._begin()

        startable = not replay and not busy(self.session.snapshot())
        self.push_screen(SheetScreen(self.draft, look, startable, self.keys, self.session.request_settings), answered)

    def action_settings(self) -> None:
        """The settings that have no key of their own."""
        if self.screen is not self.home or self._locked():
            return
        from jetbench.tui.screens.plan_form import PlanFormScreen

        def take(changes: Changes | None) -> None:
            if changes:
                self.draft.take_settings(changes)
                self.bench.redraw_all()

        self.push_screen(PlanFormScreen(self.draft.base, self.draft.check_settings, self.palette), take)

    def action_write(self) -> None:
        """The plan as it is on screen, beside the recordings."""
        from jetbench.domain import plan_file
        from jetbench.recording.folder import default_folder

        try:
            path = plan_file.write_new(self.draft.plan(), default_folder())
        except PlanError as error:
            self.say(f"no plan written: {error}", "error")
        else:
            self.say(f"plan written\n{printable(str(path))}")
