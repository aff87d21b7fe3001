"""The event about what a variant of a model gives."""

from __future__ import annotations

from jetbench.domain.event_base import Event


class Agreement(Event, tag="agreement", frozen=True):
    """How far the output lies from that of fp32 eager with the same weights and input."""

    c: int
    error: float | None = None  # relative, the largest over the output tensors: |variant - fp32| / |fp32|
    reason: str | None = None  # why there is none
