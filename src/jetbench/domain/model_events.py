"""Events that say what a model is: counted, never timed."""

from __future__ import annotations

import msgspec

from jetbench.domain.event_base import Event


class Count(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way of counting multiply-adds, and what it came to."""

    method: str  # "dispatch", "ptflops", "hooks"
    macs: int | None = None  # of the whole batch
    coverage: float | None = None  # share of the weights that lie in modules it gave a figure for
    unknown: tuple[str, ...] = ()  # operators it has no formula for and that may multiply
    elementwise: int | None = None  # of macs: normalisation, activations, pooling; where the ways differ by over 1 %
    error: str | None = None


class Layer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A module that computes itself (a leaf, or one with work of its own)."""

    name: str  # "features.0.0"
    kind: str  # "Conv2d"
    output: tuple[int, ...] = ()  # shape of its first output
    params: int = 0  # of its own, each counted once, at the first module that has it
    macs: int = 0
    weight_bytes: int = 0
    activation_bytes: int = 0  # of what it writes
    calls: int = 1


class Model(Event, tag="model", frozen=True):
    """What the model is: counted in a child, never timed."""

    c: int | None = None
    name: str = ""
    input: tuple[int, ...] = ()  # shape of one input batch
    params: int | None = None  # unique
    params_trainable: int | None = None
    params_shared: int | None = None  # elements reached by more than one name, beyond the first
    buffers: int | None = None
    macs: int | None = None  # of the whole batch
    flops: int | None = None
    bytes: int | None = None  # parameters and buffers
    method: str | None = None  # that ``macs`` was counted by
    coverage: float | None = None
    error: str | None = None
    counts: tuple[Count, ...] = ()  # every way of counting
    layers: tuple[Layer, ...] = ()  # only where they were asked for
    bytes_by_dtype: dict[str, int] = {}  # parameters and buffers
    input_bytes: int | None = None
    output_bytes: int | None = None
    activation_bytes: int | None = None  # written by all operators of a pass
    peak_activation_bytes: int | None = None  # alive at once, input and output among them
    traffic_bytes: int | None = None  # inputs, weights and outputs of every operator: nothing fused, nothing cached
    ops: int | None = None  # operators dispatched in a pass
