"""What the analysis makes of a session: frozen values that tables, files and panes are made from."""

from __future__ import annotations

from dataclasses import dataclass, field

from jetbench.domain.events import Case, Model


@dataclass(frozen=True, slots=True)
class LatencySummary:
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
    ci95: tuple[float, float] | None  # of the median, by order statistics; None where n is too small


@dataclass(frozen=True, slots=True)
class PowerResult:
    """Mean power while the passes ran, and what one inference (item) cost. None: ``reason`` says why."""

    power_w: float | None = None
    energy_j: float | None = None
    reason: str | None = None
    reason_text: str | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    case: Case
    status: str  # queued, running, measured, failed, refused, skipped, interrupted
    error: str | None = None
    stop: str | None = None
    model: Model | None = None
    latency: LatencySummary | None = None
    cold_start_s: dict[str, float] = field(default_factory=dict)
    peak_memory_mib: float | None = None
    power: PowerResult = PowerResult()
    throttled: bool | None = None
    flags: dict[str, int] = field(default_factory=dict)

    @property
    def throughput_ips(self) -> float | None:
        """Items per second: batch over mean latency (never the mean of the reciprocals)."""
        return self.case.batch / self.latency.mean if self.latency is not None and self.latency.mean else None
