"""What the analysis makes of a session: frozen values that tables, files and panes are made from."""

from __future__ import annotations

import msgspec

from jetbench.domain.bins import Bins
from jetbench.domain.events import Case, Forecast, Model, Remedy, Rule
from jetbench.domain.why import Why


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


class Onset(msgspec.Struct, frozen=True):
    """When throttling set in, by one signal."""

    signal: str  # state trip clock latency
    t: int  # CLOCK_MONOTONIC, ns
    text: str = ""


class Prediction(msgspec.Struct, frozen=True):
    """Where a temperature goes that rises like one heat capacity: T = final + (start - final) exp(-t / tau)."""

    final_c: float
    tau_s: float
    r2: float
    now_c: float  # at the end of what was fitted
    eta_s: float  # from then until it is within 1 C of the final one; 0 where it is
    limit_c: float | None = None  # where throttling begins
    limit_eta_s: float | None = None  # until it is reached; None where the prediction stays below


class SoakResult(msgspec.Struct, frozen=True):
    """A long stretch of passes back to back. Latencies in s. None: ``reasons`` says why, by the name of the field."""

    n: int  # passes that were told
    seconds: float
    outcome: str | None = None  # time settled abort stopped; None: it was cut
    text: str | None = None
    passes: int | None = None  # that were run
    burst: LatencySummary | None = None  # the first ones, those with a flag left out
    sustained: LatencySummary | None = None  # the last ones, all of them: throttling is what is asked for
    retention: float | None = None  # burst over sustained; 1: nothing is lost
    retention_ci95: tuple[float, float] | None = None
    clean: LatencySummary | None = None  # those without a flag
    throttled: LatencySummary | None = None  # those that ran while the board throttled
    onsets: tuple[Onset, ...] = ()  # by the sensors, the strongest signal first
    latency_onset: Onset | None = None  # by the latencies alone
    disturbed: float = 0.0  # share of the passes with a flag that throttling does not explain
    simulated: float | None = None  # of a simulated board: how many times as fast its heat runs
    begin: int = 0  # CLOCK_MONOTONIC, ns
    temperature: tuple[float, float, float] | None = None  # at its begin, highest, at its end, C
    prediction: Prediction | None = None
    reasons: dict[str, str] = msgspec.field(default_factory=dict)

    @property
    def onset(self) -> Onset | None:
        """The first the sensors tell, else the latencies."""
        return self.onsets[0] if self.onsets else self.latency_onset

    def seconds_to(self, onset: Onset) -> float:
        return (onset.t - self.begin) * 1e-9


class OutputError(msgspec.Struct, frozen=True):
    """How far the output of a variant lies from that of fp32 eager: same weights, same input."""

    error: float | None  # relative, Euclidean norms, the largest over the output tensors
    limit: float  # of what its number format explains
    reason: str | None = None  # why there is none
    not_finite: bool = False  # infinity or no number, where fp32 gives numbers

    @property
    def wrong(self) -> bool:
        return self.not_finite or (self.error is not None and self.error > self.limit)

    @property
    def words(self) -> str:
        """How far it is off, or why that is not told."""
        if self.error is None:
            return self.reason or ""
        return f"relative error {self.error:.2g} against fp32, {self.limit:g} is what its format explains"


class Share(msgspec.Struct, frozen=True):
    right: int
    of: int
    value: float
    ci95: tuple[float, float]


class DataResult(msgspec.Struct, frozen=True):
    """What a case made of the user's images. Latencies are of a batch, in s; those with a synthetic twin beside it."""

    source: str
    images: int
    seen: int  # that were run, or could not be decoded
    judged: int  # of them: with a class that is an output
    top1: Share | None  # None: ``reason`` says why
    top5: Share | None  # None as well where there are 5 outputs or fewer
    left_out: int
    unread: int
    unread_reason: str | None
    classes: int
    outputs: int | None
    labels: str | None
    prepared: str | None
    sha256: str | None
    notes: tuple[str, ...]
    reason: str | None
    hits: str  # a letter an image, as the event has them
    alone: LatencySummary | None  # the forward pass
    synthetic: LatencySummary | None  # the same over random numbers
    with_transfer: LatencySummary | None  # None: it ran on the CPU
    end_to_end: LatencySummary | None
    parts: dict[str, LatencySummary]
    ratio: float | None  # real by synthetic
    ratio_ci95: tuple[float, float] | None


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


class LayerCost(msgspec.Struct, frozen=True):
    """A module that computes itself, of one pass."""

    name: str  # "features.0.0"
    kind: str  # "Conv2d"
    macs: int
    bytes: int  # in, out and held


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
    why: Why | None = None  # where it was asked for
    layers: tuple[LayerCost, ...] = ()  # of its profile
    soak: SoakResult | None = None
    output: OutputError | None = None  # of a variant that is not fp32
    data: DataResult | None = None  # where images were given (--data)

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
