"""Results of the cases of a session, each analysed when it is asked for and kept until something of it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedBoard, ObservedCase
from jetbench.domain.results import CaseResult, Onset

if TYPE_CHECKING:
    from jetbench.analysis.passes import Passes

GROWN = 1.02
_Key = tuple[int, str, bool, tuple[bool, bool, bool, int, bool, int]]


class Results:
    def __init__(self) -> None:
        self._kept: dict[int, tuple[_Key, CaseResult]] = {}
        self._passes: dict[int, Passes] = {}  # what took long, and rarely changes with the rest
        self._onsets: tuple[int, int, tuple[Onset, ...]] | None = None  # case, passes when it was looked at, found

    def clear(self) -> None:
        """Other cases, or other passes."""
        self.renew()
        self._passes.clear()

    def renew(self) -> None:
        """The same passes, of which more is known now: what all of them say is kept if that holds."""
        self._kept.clear()
        self._onsets = None

    def of(
        self, record: ObservedCase, shared: Mapping[str, ev.Stage], board: ev.Board | None, observed: ObservedBoard
    ) -> CaseResult:
        """Statistics of an unfinished case are left to the rolling window."""
        if record.status in ("queued", "running"):
            return CaseResult(record.case, record.status, model=record.model)
        known = self._kept.get(record.case.id)
        # Power at the end of the last pass is known only when a reading after it has come.
        read = observed.power.t
        settled = not record.windows or not read or read[-1] > (record.energy or record.windows)[-1][1]
        key = (len(record.duration), record.status, settled, _explained(record))
        if known is None or known[0] != key:
            from jetbench.analysis import case as case_analysis  # no case is over when the screen is first painted
            from jetbench.analysis import passes as all_of_them

            passes = all_of_them.of_case(record, observed, self._passes.get(record.case.id))
            self._passes[record.case.id] = passes
            known = (key, case_analysis.result(record, shared, board, observed, passes))
            self._kept[record.case.id] = known
        return known[1]

    def soak_onsets(self, record: ObservedCase, board: ev.Board | None, observed: ObservedBoard) -> tuple[Onset, ...]:
        """Of a soak that runs; looked for anew when it has grown by a fiftieth."""
        passes = len(record.duration)
        known = self._onsets
        if known is None or known[0] != record.case.id or not known[1] <= passes < GROWN * known[1]:
            from jetbench.analysis import soak

            known = (record.case.id, passes, soak.onsets_so_far(record, board, observed))
            self._onsets = known
        return known[2]


def _explained(record: ObservedCase) -> tuple[bool, bool, bool, int, bool, int]:
    """What has been told of why it is as fast as it is and of what it gives, which comes after its end."""
    told = (record.calibration, record.profile, record.agreement)
    explained = told[0] is not None, told[1] is not None, told[2] is not None, len(record.experiments)
    return *explained, record.data is not None and record.data.reason is not None, len(record.hits) + bool(record.data)
