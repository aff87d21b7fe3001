"""Events that say why a case is as fast as it is: the roofs of the device, a profile, A/B trials."""

from __future__ import annotations

import msgspec

from jetbench.domain.event_base import Event


class Calibration(Event, tag="calibration", frozen=True):
    """What a device can do at best, with one type and so many threads. A roof is the best of several rounds."""

    device: str = "cpu"
    dtype: str = "fp32"
    threads: int = 1
    refused: str | None = None  # why there is none
    kept: bool = False  # measured in an earlier run on the same board, in the same power mode
    ns: int = 0  # it took
    array_mib: int = 0
    cache_kib: int | None = None  # the last level
    peak_flops: float | None = None  # a second; a multiply-add is two
    peak_flops_by: str = ""
    peak_flops_spread: float | None = None  # of the three best rounds, relative
    bandwidth: float | None = None  # bytes a second
    bandwidth_by: str = ""
    bandwidth_spread: float | None = None
    calls: float | None = None  # of an operator that does next to nothing, a second
    calls_by: str = ""
    calls_spread: float | None = None
    conv_calls: float | None = None  # of a convolution of one number
    conv_calls_by: str = ""
    conv_calls_spread: float | None = None
    samples: dict[str, tuple[float, ...]] = {}  # kernel: rate by round


class OpClass(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Operators of one class, in the fastest of the profiled passes."""

    name: str
    ns: int = 0  # with what the profiler adds
    calls: int = 0  # of outermost operators
    events: int = 0  # and of all that these call
    macs: int = 0


class Profile(Event, tag="profile", frozen=True):
    """Where the time of a pass goes. Its passes are none that count."""

    c: int = 0
    r: int = 0
    plain: tuple[int, ...] = ()  # passes without the profiler, ns
    profiled: tuple[int, ...] = ()  # with it
    classes: tuple[OpClass, ...] = ()
    layers: tuple[tuple[str, str, int, int], ...] = ()  # leaf module, class, MACs, bytes in, out and held
    onednn: bool | None = None  # it was used


class Experiment(Event, tag="experiment", frozen=True):
    """One variant of an A/B trial. All of a case were run in turns, in an order drawn anew each round."""

    c: int = 0
    name: str = ""  # "as it is", "oneDNN off", "threads 2", "batch x2", "without depthwise conv", ...
    items: int = 1  # of a pass
    d: tuple[tuple[int, ...], ...] = ()  # a row a round: ns of its passes
    seed: int = 0
    reason: str | None = None  # why it could not be run
