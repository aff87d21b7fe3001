"""What one inference costs: gross and net energy of a case, each with its uncertainty.

Gross is all the board drew while the passes ran, over the items they processed. Net is what is left when
the power at rest is taken off, measured with the model loaded, before and after (method: MLPerf Power,
arXiv 2410.12032; ML.ENERGY). The offset of the sensor is in both powers and cancels in the difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from jetbench.analysis import power_error
from jetbench.analysis.energy import spent, update_period
from jetbench.analysis.power_error import COVERAGE, root
from jetbench.domain.events import Board
from jetbench.domain.observed import ENERGY, ObservedCase, PowerSeries, Window
from jetbench.domain.results import LatencySummary, PowerResult

# Of idle left out, at its begin: clocks come down, the monitor still averages over passes; at its end: the reading
# behind it is of passes again, and a trapezoid would reach up to it.
SETTLE_NS, TAIL_NS = 1_000_000_000, 250_000_000
DRIFT = 0.05  # idle before and after differ by more
UPDATES = 10  # of the monitor, below which its figure says little
NO_IDLE, NOT_RESOLVED = "no_idle", "not_resolved"


class Idle(msgspec.Struct, frozen=True):
    """Power at rest, W, with its standard uncertainty."""

    watts: float
    u: float
    drift: float = 0.0  # of the second over the first, relative


def of_case(
    observed: ObservedCase, board: Board | None, series: PowerSeries, latency: LatencySummary | None
) -> PowerResult:
    """From the block for energy where there is one, else from the timed passes."""
    if latency is None:
        return PowerResult()
    block = bool(observed.energy) and observed.items(ENERGY) > 0
    windows = observed.energy if block else observed.windows
    items = observed.items(ENERGY) if block else latency.n * observed.case.batch
    found = _gross(board, series, windows, items, latency)
    if found.energy_j is None:
        return replace(found, block=block)
    idle = at_rest(board, series, observed.idle)
    return replace(_net(found, idle, board, series, windows, items), block=block)


def _gross(
    board: Board | None, series: PowerSeries, windows: Sequence[Window], items: int, latency: LatencySummary
) -> PowerResult:
    found = spent(board, series, windows)
    if found.joules is None or found.watts is None or not items:
        return PowerResult(reason=found.reason or "needs_two_samples", reason_text=found.reason_text)
    # A window for which nothing can be told is taken to have drawn the same.
    seconds = sum(end - begin for begin, end in windows) * 1e-9
    energy = found.watts * seconds / items
    return PowerResult(
        power_w=found.watts,
        energy_j=energy,
        items_per_j=1 / energy if energy > 0 else None,
        edp_js=energy * latency.p50,
        seconds=seconds,
        net_reason=NO_IDLE,
    )


def _net(
    gross: PowerResult,
    idle: Idle | None,
    board: Board | None,
    series: PowerSeries,
    windows: Sequence[Window],
    items: int,
) -> PowerResult:
    """The gross result with its uncertainty and, where idle power is known, the net one. Energies in J a window set."""
    assert gross.power_w is not None and gross.energy_j is not None and gross.seconds
    seconds, total = gross.seconds, gross.energy_j * items
    known = power_error.accuracy(board)
    varied = power_error.sampling(series, windows)
    edges = power_error.edge(board, series, gross.power_w - (idle.watts if idle else 0.0)) * len(windows) ** 0.5
    notes = _notes(gross, idle, board, known)
    if varied is None:
        return replace(gross, notes=notes)
    offset, gain = known.offset_w * seconds / 3**0.5, known.gain / 3**0.5
    u = COVERAGE * root(varied * seconds, offset, gain * total, edges)
    found = replace(gross, energy_u_j=u / items, power_u_w=u / seconds, notes=notes)
    if gross.items_per_j:
        found = replace(found, items_per_j_u=gross.items_per_j * u / total)
    if idle is None:
        return found
    net = total - idle.watts * seconds
    u_net = COVERAGE * root(varied * seconds, idle.u * seconds, gain * net, edges)
    found = replace(
        found, idle_w=idle.watts, idle_u_w=COVERAGE * root(idle.u, known.offset_w / 3**0.5, gain * idle.watts)
    )
    if net < u_net:
        return replace(found, net_reason=NOT_RESOLVED, energy_net_u_j=u_net / items)
    return replace(found, energy_net_j=net / items, energy_net_u_j=u_net / items, net_reason=None)


def at_rest(board: Board | None, series: PowerSeries, windows: Sequence[Window]) -> Idle | None:
    """Mean power over the idle windows, without their edges. None where none can be told."""
    settled = [(begin + SETTLE_NS, end - TAIL_NS) for begin, end in windows if end - begin > 2 * SETTLE_NS]
    each = [found for window in settled if (found := spent(board, series, [window])).watts is not None]
    if not each:
        return None
    watts = sum(found.joules or 0.0 for found in each) / sum(found.seconds for found in each)
    varied = power_error.sampling(series, settled) or 0.0
    first, last = each[0].watts or 0.0, each[-1].watts or 0.0
    return Idle(watts, root(varied, (last - first) / 2 / 3**0.5), last / first - 1 if first > 0 else 0.0)


def _notes(gross: PowerResult, idle: Idle | None, board: Board | None, known: power_error.Accuracy) -> tuple[str, ...]:
    notes = []
    update = update_period(board)
    if known.assumed:
        notes.append(f"the accuracy of the sensor is assumed: {known.gain:.0%}")
    if gross.seconds is not None and update and gross.seconds < UPDATES * update:
        notes.append(f"under {UPDATES} updates of the power monitor ({update:g} s each): --energy measures long enough")
    if idle is not None and abs(idle.drift) > DRIFT:
        notes.append(f"idle power drifted by {100 * idle.drift:+.0f} % from before the block to after it")
    return tuple(notes)
