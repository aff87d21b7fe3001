"""Progress of a fleet on stderr: a line a case and board, a line when a board's state changes, and one that lives."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from typing import TextIO

from jetbench.cli.progress import case_line, duration
from jetbench.domain.text import printable
from jetbench.session.fleet_snapshot import OVER, BoardState, FleetSnapshot

_QUIET = ("connecting", "idle")  # states that pass by themselves


class FleetPrinter:
    """``planned``: cases of a board, every round counted."""

    interval = 0.5  # seconds between looks

    def __init__(self, stream: TextIO, planned: int, *, quiet: bool) -> None:
        self._stream = stream
        self._planned = planned
        self._quiet = quiet
        self._live = stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
        self._said: dict[tuple[str, int], int] = {}  # passes of a board's case when its line was written
        self._states: dict[str, tuple[str, str | None]] = {}
        self._drawn = False

    def update(self, fleet: FleetSnapshot) -> None:
        if self._quiet:
            return
        self._lines(fleet)
        if self._live:
            self._stream.write("\r\x1b[2K" + summary(fleet, self._planned)[: shutil.get_terminal_size().columns - 1])
            self._stream.flush()
            self._drawn = True

    def finish(self, fleet: FleetSnapshot) -> None:
        if not self._quiet:
            self._lines(fleet)
            self._clear()

    def _lines(self, fleet: FleetSnapshot) -> None:
        for board in fleet.boards:
            self._cases(board)
            self._state(board)

    def _cases(self, board: BoardState) -> None:
        name = board.member.name
        for case in board.snapshot.cases:
            passes = case.latency.n if case.latency is not None else 0
            if case.status in ("queued", "running", "skipped") or self._said.get((name, case.case.id)) == passes:
                continue
            self._said[name, case.case.id] = passes
            done = sum(1 for of, _ in self._said if of == name)
            self._write(f"{printable(name, 40)} [{done}/{len(board.snapshot.cases)}] {case_line(case)}")

    def _state(self, board: BoardState) -> None:
        name, told = board.member.name, (board.state, board.trouble)
        if self._states.get(name) == told:
            return
        before = self._states.get(name, ("", None))
        self._states[name] = told
        if board.state in _QUIET or (board.state == before[0] == "running" and board.trouble is None):
            return
        why = f": {printable(board.trouble, 300)}" if board.trouble else ""
        self._write(f"{printable(name, 40)} {board.state}{why}")

    def _write(self, line: str) -> None:
        self._clear()
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._drawn = False


def summary(fleet: FleetSnapshot, planned: int) -> str:
    """``2 running, 1 waiting; 5 of 12 cases, 40 s left``. What a board that is lost did not begin is not counted."""
    states = Counter(board.state for board in fleet.boards)
    told = ", ".join(f"{count} {state}" for state, count in states.items())
    finished = sum(board.snapshot.progress.finished for board in fleet.boards)
    total = sum(board.snapshot.progress.total or planned * (not board.over) for board in fleet.boards)
    left = [board.snapshot.progress.seconds_left for board in fleet.boards if board.state not in OVER]
    known = [seconds for seconds in left if seconds is not None]
    rest = f", {duration(max(known))} left" if known and len(known) == len(left) and max(known) >= 1 else ""
    return f"{told}; {finished} of {total} cases{rest}" if total else told
