"""Results of the cases of a session, each analysed when it is asked for and kept until something of it changes."""

from __future__ import annotations

from collections.abc import Mapping

from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedBoard, ObservedCase
from jetbench.domain.results import CaseResult

_Key = tuple[int, str, bool, int]


class Results:
    def __init__(self) -> None:
        self._kept: dict[int, tuple[_Key, CaseResult]] = {}

    def clear(self) -> None:
        self._kept.clear()

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
        key = (len(record.duration), record.status, settled, len(read) if not settled else 0)
        if known is None or known[0] != key:
            from jetbench.analysis import case as case_analysis  # no case is over when the screen is first painted

            known = (key, case_analysis.result(record, shared, board, observed))
            self._kept[record.case.id] = known
        return known[1]
