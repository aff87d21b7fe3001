"""A soak while it runs: how long it has gone on, how hot it is, and where that leads."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from jetbench.analysis import heating
from jetbench.analysis.telemetry import headline_temperature
from jetbench.domain.results import Prediction
from jetbench.session.snapshot import Snapshot

STAGE = "soak"
REFIT_NS = 5_000_000_000


class Soaking(msgspec.Struct, frozen=True):
    seconds: float  # since it began
    most: float  # that it may take
    celsius: float | None = None
    prediction: Prediction | None = None  # None: nothing fits yet, or it throttles already


def soaking(snapshot: Snapshot) -> Soaking | None:
    """None where none runs at the moment of the picture."""
    since, protocol = snapshot.progress.stage_since, snapshot.protocol
    if snapshot.progress.stage != STAGE or since is None or protocol is None or not protocol.soak_s:
        return None
    spent = max(0, snapshot.t - since) * 1e-9
    zone = _zone(snapshot)
    if zone is None:
        return Soaking(spent, protocol.soak_s)
    reading = snapshot.readings[zone]
    until = snapshot.t // REFIT_NS * REFIT_NS  # it must not change with every reading
    seen = snapshot.history[zone].between(since, until) if zone in snapshot.history else ()
    stride = max(1, len(seen) // heating.MOST_POINTS)
    thinned = tuple((t, value) for t, value in seen[::stride] if value is not None)
    prediction = _predicted(thinned, reading.channel.limit) if thinned and not snapshot.throttled else None
    if prediction is not None:
        prediction = _later(prediction, (snapshot.t - thinned[-1][0]) * 1e-9)
    return Soaking(spent, protocol.soak_s, reading.value, prediction)


def _zone(snapshot: Snapshot) -> str | None:
    if snapshot.board is None:
        return None
    values = [snapshot.readings[c.id].value if c.id in snapshot.readings else None for c in snapshot.board.channels]
    return headline_temperature(snapshot.board, values)


@lru_cache(maxsize=4)
def _predicted(seen: tuple[tuple[int, float], ...], trip: float | None) -> Prediction | None:
    return heating.predicted([((t - seen[0][0]) * 1e-9, value) for t, value in seen], trip)


def _later(found: Prediction, seconds: float) -> Prediction:
    """What is left of its times so long after it was made."""
    trip = None if found.limit_eta_s is None else max(0.0, found.limit_eta_s - seconds)
    return msgspec.structs.replace(found, eta_s=max(0.0, found.eta_s - seconds), limit_eta_s=trip)
