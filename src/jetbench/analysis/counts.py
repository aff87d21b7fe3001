"""What two ways of counting came to, and how much a model computes for each byte it moves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from jetbench.domain.events import Count, Model
from jetbench.domain.metrics import significant

SAME = 0.02  # relative: further apart than that is a disagreement
COVERED = 0.98  # share of the weights; below that a figure is named incomplete
SECOND = "ptflops"  # the way that is independent of ours; its backend stands behind it in brackets


class Disagreement(msgspec.Struct, frozen=True):
    """Two ways of counting multiply-adds that differ by more than SAME."""

    first: Count
    second: Count
    share: float  # of the second over the first, -0.05 is 5 % less
    reason: str

    @property
    def text(self) -> str:
        return (
            f"{self.second.method} gives {giga(self.second.macs)} GMACs, {abs(self.share):.1%} "
            f"{'more' if self.share > 0 else 'less'} than {giga(self.first.macs)} by {self.first.method}: {self.reason}"
        )


class Intensity(msgspec.Struct, frozen=True):
    """Operational intensity of a pass, FLOP/byte (Williams, Waterman, Patterson, CACM 2009): between two bounds.

    ``unfused``: every operator reads and writes memory. ``ideal``: parameters and buffers, input and output move
    once and nothing else does.
    """

    unfused: float | None
    ideal: float | None


def disagreement(model: Model) -> Disagreement | None:
    """The way a model's figure comes from and the next one, where they differ by more than SAME."""
    found = sorted((count for count in model.counts if count.macs), key=lambda count: count.method != model.method)
    if len(found) < 2:
        return None
    first, second = found[0], found[1]
    assert first.macs and second.macs
    share = second.macs / first.macs - 1
    if abs(share) <= SAME:
        return None
    return Disagreement(first, second, share, _reason(first, second))


def _reason(first: Count, second: Count) -> str:
    """Why the second differs: what its own evidence explains, or that nothing does."""
    assert first.macs and second.macs
    less, more = sorted((first, second), key=lambda count: count.macs or 0)
    if _incomplete(less):
        return f"{less.method} gives nothing for {_names(less)}"
    extra = more.elementwise or 0
    rest = (more.macs or 0) - extra
    if extra and abs(rest - (less.macs or 0)) <= SAME * (less.macs or 0):
        return f"{giga(extra)} of them are normalisation, activations and pooling: elements, no multiply-adds"
    if _incomplete(more):
        return f"{more.method} gives nothing for {_names(more)}, and the rest is not explained"
    also = " (it counts biases, too)" if more.method.startswith(SECOND) else ""
    if extra:
        return f"normalisation, activations and pooling are {giga(extra)} of them; the rest is not explained{also}"
    return f"neither says why{also}"


def gap(model: Model) -> str | None:
    """What the model's figure leaves out, or None where nothing is known to be missing or a disagreement says it."""
    count = next((count for count in model.counts if count.macs and count.method == model.method), None)
    if count is None or not _incomplete(count):
        return None
    missing, differ = f"{count.method} gives nothing for {_names(count)}", disagreement(model)
    return None if differ is not None and missing in differ.reason else f"{missing}: the true figure is higher"


def _incomplete(count: Count) -> bool:
    return bool(count.unknown) or (count.coverage is not None and count.coverage < COVERED)


def _names(count: Count) -> str:
    part = "" if count.coverage is None else f" (it covers {count.coverage:.0%} of the weights)"
    return f"{_listed(count.unknown) or 'a part of the model'}{part}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def giga(number: float | None) -> str:
    """In 1e9, four decimals; what is small keeps two digits and is never shown as 0."""
    if number is None:
        return "N/A"
    value = number / 1e9
    return f"{value:.4f}" if value >= 0.01 else significant(value)


def intensity(model: Model) -> Intensity:
    """Both bounds for the batch that was counted; None where a part is not known."""
    if not model.flops:
        return Intensity(None, None)
    unfused = model.flops / model.traffic_bytes if model.traffic_bytes else None
    if model.bytes is None or model.input_bytes is None or model.output_bytes is None:
        return Intensity(unfused, None)
    least = model.bytes + model.input_bytes + model.output_bytes
    return Intensity(unfused, model.flops / least if least else None)
