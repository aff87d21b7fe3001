"""Files of fleets for tests: streams of boards that are made up, as the writer writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streams
from jetbench.domain import events as ev
from jetbench.domain.fleet import Member
from jetbench.recording.fleet import MemberLine, fleet_header
from jetbench.recording.fleet_writer import FleetWriter
from jetbench.recording.format import header

LOST = "ben does not answer"


def write(
    path: Path, boards: Mapping[str, Sequence[ev.Event] | None], plan: Mapping[str, object] | None = None
) -> Path:
    """``boards``: of each its events; None where it was never reached."""
    members = [Member(name=name, address=name, power_group="left" if name == "anna" else None) for name in boards]
    fleet = FleetWriter(path, fleet_header(members, plan or {}))
    for number, events in enumerate(boards.values()):
        if events is None:
            fleet.member(MemberLine(number, streams.T0, "lost", LOST))
            continue
        first = next(event for event in events if isinstance(event, ev.Board))
        fleet.member(MemberLine(number, streams.T0, "running"))
        end = fleet.board(number, header(board=first, t=streams.T0, wall_ns=1_764_000_000_000_000_000), dict)
        for event in events:
            if not isinstance(event, ev.Board):
                end.write(ev.encode(event))
        end.close()
        fleet.member(MemberLine(number, events[-1].t, "done"))
    fleet.close()
    return path
