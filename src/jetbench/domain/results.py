"""What the analysis makes of a session: frozen values that tables, files and panes are made from."""

from __future__ import annotations

import msgspec

from jetbench.domain.bins import Bins
from jetbench.domain.events import Case, Forecast, Model, Remedy, Rule


class LatencySummary(msgspec.Struct, frozen=True):
    """Distribution of the passes of one case, in seconds for a whole batch."""

    n: int
    mean: float
    std: float | None  # sample standard deviation; None for one pass
    min: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float
    ci95: tuple[float, float] | None  # of the median, by order statistics and n_eff; None where n is too small
    lag1: float | None = None  # autocorrelation of neighbouring passes, by ranks
    n_eff: float | None = None  # independent passes that would tell as much

    def supports(self, q: float) -> bool:
        """Whether enough passes were run to tell the q-quantile: 95 % sure that one lies above it."""
        return 1 - q ** (self.n_eff or self.n) >= 0.95


class Outliers(msgspec.Struct, frozen=True):
    """Passes far from their neighbours. They are counted and kept."""

    slow: int = 0  # above the third quartile by 3 interquartile ranges of the passes around
    fast: int = 0
    explained: int = 0  # of them: with a flag
    time_share: float = 0.0  # of the measured time


class Trend(msgspec.Struct, frozen=True):
    """Levels of the series. ``kind``: flat, warm-up, slowdown, unsteady, or unknown where it is too short."""

    kind: str = "unknown"
    levels: tuple[tuple[int, float], ...] = ()  # first pass of a level, its median in seconds
    burst: float | None = None  # median of the first level, s
    sustained: float | None = None  # of the last one
    onset: int | None = None  # pass at which the latency series alone says that it became slower


class Grade(msgspec.Struct, frozen=True):
    """How far the figures can be trusted, and why no better."""

    letter: str  # A B C D
    reasons: tuple[str, ...] = ()


class LedgerEntry(msgspec.Struct, frozen=True):
    """A stage of the cold start and what it was spent on. None: not known."""

    stage: str
    seconds: float
    major_faults: int | None = None
    swap_in_kib: int | None = None
    read_kib: int | None = None
    cache_kib: int | None = None


class PowerResult(msgspec.Struct, frozen=True):
    """Mean power while the passes ran, and what one inference (item) cost. None: ``reason`` says why.

    Uncertainties are expanded ones (k = 2, about 95 %).
    """

    power_w: float | None = None
    energy_j: float | None = None  # gross: idle power is in it
    reason: str | None = None
    reason_text: str | None = None
    energy_u_j: float | None = None
    power_u_w: float | None = None
    idle_w: float | None = None  # model loaded, nothing running
    idle_u_w: float | None = None
    energy_net_j: float | None = None  # idle power taken off
    energy_net_u_j: float | None = None
    net_reason: str | None = None
    items_per_j: float | None = None
    items_per_j_u: float | None = None
    edp_js: float | None = None  # energy of an item times its median latency
    seconds: float | None = None  # of the windows
    block: bool = False  # from the block of --energy, not from the timed passes
    notes: tuple[str, ...] = ()  # idle drift, assumed accuracy of the sensor


class CaseResult(msgspec.Struct, frozen=True):
    case: Case
    status: str  # queued, running, measured, failed, refused, skipped, interrupted
    error: str | None = None
    stop: str | None = None
    model: Model | None = None
    latency: LatencySummary | None = None  # of all passes that count
    clean: LatencySummary | None = None  # of those without a flag
    histogram: Bins | None = None  # of these
    cold_start_s: dict[str, float] = msgspec.field(default_factory=dict)
    ledger: tuple[LedgerEntry, ...] = ()
    peak_memory_mib: float | None = None
    peak_cuda_mib: float | None = None
    power: PowerResult = PowerResult()
    throttled: bool | None = None
    flags: dict[str, int] = msgspec.field(default_factory=dict)
    outliers: Outliers = Outliers()
    trend: Trend = Trend()
    grade: Grade | None = None
    rules: tuple[Rule, ...] = ()
    forecast: Forecast | None = None
    cause: str | None = None  # of a case that did not end well
    evidence: tuple[str, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    device_latency: LatencySummary | None = None  # by events of the accelerator
    end_to_end: LatencySummary | None = None  # read, decode, prepare, transfer and forward together
    parts: dict[str, LatencySummary] = msgspec.field(default_factory=dict)  # each part of it
    transfers: dict[str, LatencySummary] = msgspec.field(default_factory=dict)  # h2d, d2h

    @property
    def throughput_ips(self) -> float | None:
        """Items per second: batch over mean latency (never the mean of the reciprocals)."""
        return self.case.batch / self.latency.mean if self.latency is not None and self.latency.mean else None

    @property
    def flagged_share(self) -> float | None:
        """Share of the passes that count which have a flag."""
        if self.latency is None:
            return None
        return 1 - (self.clean.n if self.clean is not None else 0) / self.latency.n
