"""Findings about the state of the board, as board_checks has them, in the words of the doctor."""

from __future__ import annotations

from jetbench.analysis import board_checks
from jetbench.analysis.doctor import ABSENT, OK, RED, WARNING, Finding
from jetbench.domain.events import Board, Telemetry, Throttle

_STATES = {"ok": OK, "warning": WARNING, "bad": RED, "unknown": ABSENT}
_CAUSES = {
    "power mode": "the mode caps clocks and cores",
    "clocks": "a clock that follows the load makes passes differ",
    "governor": "a clock that follows the load makes passes differ",
    "fan": "without air the board throttles sooner",
    "temperature": "near a trip it throttles within a run",
    "memory": "little is left for a model",
    "swap": "what is in swap is read back in the middle of a pass",
    "GPU load": "something else uses the GPU",
    "GPU users": "another process holds the GPU: it takes memory, and time when it works",
    "CPU load": "something else uses the cores",
    "supply": "the supply or its cable does not hold the voltage",
    "battery": "on a battery clocks may be lower",
    "throttled": "clocks are held down: passes are slower than the board can",
}


def findings(board: Board, row: Telemetry | None, throttle: Throttle) -> list[Finding]:
    found = [_of(finding) for finding in board_checks.findings(board, row, throttle)]
    return found or [Finding("board", "board", ABSENT, "nothing of its state is told")]


def _of(finding: board_checks.Finding) -> Finding:
    state = _STATES[finding.state]
    ident = finding.name.lower().replace(" ", "_")
    cause = None if state == OK else _CAUSES.get(finding.name, finding.text)
    if state == ABSENT:
        cause = "the board does not tell it to this user"
    return Finding(ident, "board", state, finding.text, cause, None if state == OK else finding.remedy)
