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
    "CPU load": "something else uses the cores",
    "supply": "the supply or its cable does not hold the voltage",
    "battery": "on a battery clocks may be lower",
}


def findings(board: Board, row: Telemetry | None, throttle: Throttle) -> list[Finding]:
    found = [_of(finding) for finding in board_checks.findings(board, row, throttle)]
    if throttle.now:
        causes = ", ".join(throttle.active) or "it does not say by what"
        found.append(Finding("throttled", "board", WARNING, "it throttles just now", causes, _COOL))
    return found or [Finding("board", "board", ABSENT, "nothing of its state is told")]


_COOL = "let it cool, see to fan, air and supply; a run marks what was throttled"


def _of(finding: board_checks.Finding) -> Finding:
    state = _STATES[finding.state]
    ident = finding.name.lower().replace(" ", "_")
    cause = None if state == OK else _CAUSES.get(finding.name, finding.text)
    if state == ABSENT:
        cause = "the board does not tell it to this user"
    return Finding(ident, "board", state, finding.text, cause, None if state == OK else finding.remedy)
