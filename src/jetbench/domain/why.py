"""Why a case is as fast as it is: what the analysis makes of its calibration, profile and trials."""

from __future__ import annotations

import msgspec

COMPUTE, MEMORY, OVERHEAD = "compute-bound", "memory-bound", "overhead-bound"
KERNEL, STALLED, UNSURE = "kernel-limited", "stalled", "not sure"
KINDS = (COMPUTE, MEMORY, OVERHEAD, KERNEL, STALLED, UNSURE)


class OpShare(msgspec.Struct, frozen=True):
    """A class of operators: what it takes, and what it should."""

    name: str
    seconds: float  # of a pass, without what the profiler adds
    share: float  # of the pass
    macs: int
    macs_share: float
    calls: int
    bytes: int  # in, out and held, of its modules
    roof: float  # seconds at the roofs

    @property
    def lost(self) -> float:
        """Seconds above the roofs."""
        return max(0.0, self.seconds - self.roof)

    @property
    def efficiency(self) -> float:
        return min(1.0, self.roof / self.seconds) if self.seconds > 0 else 1.0


class Roofline(msgspec.Struct, frozen=True):
    """A pass against the roofs of its device (Williams, Waterman, Patterson, CACM 2009). Times in s, rates a second."""

    measured: float  # median of clean passes
    flops: int
    bytes_least: int  # weights, input and output once
    bytes_most: int  # every operator's, nothing fused and nothing cached
    peak_flops: float
    bandwidth: float
    at_compute: float  # s, at the peak
    at_memory: float  # s, of the traffic that counts
    at_calls: float  # s, what calling the operators costs by itself
    cached: bool  # caches serve part of the traffic: by memory alone it would take longer than it does
    efficiency: float  # time at the higher roof over the measured one
    intensity: float  # FLOP/byte of the traffic that counts
    spread: float | None  # of the roofs: how far the best rounds of the calibration are apart; None: that is not told

    @property
    def roof(self) -> float:
        return max(self.at_compute, self.at_memory)

    @property
    def reached(self) -> float:
        """FLOP/s."""
        return self.flops / self.measured


class Verdict(msgspec.Struct, frozen=True):
    kind: str  # one of KINDS
    sentence: str
    sure: str = ""  # well, fairly, hardly
    op_class: str | None = None  # of a kernel-limited one
    evidence: tuple[str, ...] = ()
    overturn: str = ""  # what would
    doubts: tuple[str, ...] = ()  # why it is no surer
    op_classes: tuple[str, ...] = ()  # all that it names; op_class is the one that loses most


class Trial(msgspec.Struct, frozen=True):
    """One variant against the case as it is, items a second."""

    name: str
    change: float | None = None  # 0.073: 7.3 % more items a second
    low: float | None = None  # its 95 % interval
    high: float | None = None
    seconds: float | None = None  # of a pass, median over the rounds
    rounds: int = 0
    reason: str | None = None  # why it could not be run, or says nothing

    @property
    def shown(self) -> bool:
        """Whether the interval excludes no difference."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class Proof(msgspec.Struct, frozen=True):
    """What the trials say of the verdict. ``agrees``: None where none of them can tell."""

    agrees: bool | None
    text: str


class Why(msgspec.Struct, frozen=True):
    verdict: Verdict
    roofline: Roofline | None = None
    classes: tuple[OpShare, ...] = ()
    between: float | None = None  # s of a pass outside of all operators
    trials: tuple[Trial, ...] = ()
    proof: Proof | None = None
    seed: int | None = None
    onednn: bool | None = None
