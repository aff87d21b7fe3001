"""What stands in the way of a run that begins now: the board's findings, from what a session knows of it."""

from __future__ import annotations

from jetbench.analysis import board_checks
from jetbench.analysis.board_checks import Finding
from jetbench.domain.events import Throttle
from jetbench.session.snapshot import Snapshot

LOAD_NS = 5_000_000_000  # a load counts that lasted so long: the lowest reading in that time
PASSING = ("CPU load",)  # comes and goes: told, and no reason to ask before a run


def readiness(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Empty before the board has answered and for a simulated one. While a run goes on its own load is no finding."""
    board = snapshot.board
    if board is None:
        return ()
    values = {name: reading.value for name, reading in snapshot.readings.items()}
    for name in ("load.cpu", "load.gpu"):
        values[name] = _lasting(snapshot, name)
    if not snapshot.models_known:
        values["load.cpu"] = None  # the interpreter that measures is importing torch: that load is ours
    if snapshot.status in ("starting", "running", "stopping"):
        values["load.cpu"] = values["load.gpu"] = None
    throttle = Throttle(
        now=snapshot.throttled,
        active=snapshot.throttle_active,
        notices=snapshot.throttle_notices,
        reason=snapshot.throttle_reason,
    )
    return board_checks.of_values(board, values, throttle)


def _lasting(snapshot: Snapshot, name: str) -> float | None:
    """The lowest of the newest readings; of a run that was over a moment ago, or a burst, nothing is left in it."""
    newest = snapshot.readings.get(name)
    if newest is None or newest.value is None:
        return None
    since = snapshot.t - LOAD_NS
    recent = [value for t, value in snapshot.history.get(name, ())[-200:] if t >= since and value is not None]
    return min([newest.value, *recent])
