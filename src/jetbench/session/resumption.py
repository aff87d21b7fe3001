"""What a cut session left, and what it takes to go on with it in its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from jetbench.analysis.comparability import MOST_NAMED, Setting, differences
from jetbench.domain import events as ev
from jetbench.domain import plan as plans
from jetbench.domain.plan import Plan, PlanError
from jetbench.domain.text import printable
from jetbench.recording.axis import Axis
from jetbench.recording.damage import Damage
from jetbench.recording.format import PACKED, RecordingError
from jetbench.recording.place import check_free
from jetbench.session.asking import request_of
from jetbench.session.load import load
from jetbench.session.state import SessionState

# Beside what makes figures incomparable: another interpreter is another session.
_DECISIVE = ("Python", "torchvision")


class Rest(msgspec.Struct, frozen=True):
    """A session as far as it came. ``left``: case ids by round, in their order; None where no run had begun."""

    path: Path
    state: SessionState
    axis: Axis
    damage: Damage
    left: tuple[tuple[int, ...], ...] | None

    @property
    def complete(self) -> bool:
        return self.left is not None and not any(self.left)

    def request(self, screen: bool, anyway: bool) -> dict[str, Any]:
        """For the agent. Device and threads are those the run was begun with."""
        run = self.state.run
        if run is None:
            return request_of(plan_of(self), screen)
        request = {"op": "run", "cases": run.cases, "protocol": run.protocol, "screen": screen}
        return {**request, "left": self.left, "anyway": anyway}


def rest_of(path: Path) -> Rest:
    """Raises RecordingError where there is nothing that could be gone on with."""
    if path.name.endswith(PACKED):
        raise RecordingError(f"{printable(path)} is packed: unpack it first (gunzip)")
    axis = Axis()
    state, damage = load(path, axis)
    check_free(path)
    if state.run is not None and not _possible(state.run):
        raise RecordingError(f"{printable(path)}: its run is damaged: the order does not fit the cases")
    rest = Rest(path, state, axis, damage, left_of(state))
    if state.run is None:
        plan_of(rest)
    return rest


def left_of(state: SessionState) -> tuple[tuple[int, ...], ...] | None:
    """Of every round the cases that have not come to their end."""
    if state.run is None:
        return None
    return tuple(tuple(name for name in row if (name, r) not in state.ended) for r, row in enumerate(state.run.order))


def plan_of(rest: Rest) -> Plan:
    """The plan in the header. Raises RecordingError where it is none that this version could carry out."""
    header = rest.state.header
    try:
        return plans.check(msgspec.convert(header.plan if header is not None else {}, Plan))
    except (msgspec.ValidationError, PlanError, TypeError) as error:
        raise RecordingError(f"{printable(rest.path)}: its plan cannot be carried out: {printable(error)}") from error


def other(rest: Rest, board: ev.Board | None, software: ev.Software | None) -> str | None:
    """How board and software differ from those of the recording, in a few words; None where they are the same."""
    state = rest.state
    recorded = Setting(state.board, state.software, None, state.run.cases if state.run is not None else ())
    found = differences(recorded, Setting(board, software))
    named = [each.text for each in found if each.incomparable or (each.what in _DECISIVE and None not in _sides(each))]
    if state.board is None:
        named.insert(0, "no board recorded")
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return ", ".join(named[:MOST_NAMED]) + more if named else None


def _sides(difference: Any) -> tuple[str | None, str | None]:
    return difference.base, difference.other


def _possible(run: ev.RunStart) -> bool:
    """Whether ids are places, as the agent has them, and no round has one twice."""
    ids = set(range(len(run.cases)))
    return (
        bool(run.cases)
        and [case.id for case in run.cases] == sorted(ids)
        and len(run.order) == run.protocol.rounds
        and all(len(set(row)) == len(row) and ids >= set(row) for row in run.order)
    )
