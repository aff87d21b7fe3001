"""Images of the user: how often a model is right and how surely, and what they cost beside random numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from jetbench.analysis.latency import median_interval, percentile, summarise
from jetbench.domain.observed import ObservedCase
from jetbench.domain.results import DataResult, LatencySummary, Share

Z95 = 1.959963984540054
RIGHT, AMONG, WRONG, NO_CLASS, UNREADABLE = "1", "5", "0", "-", "x"
TOP = 5
TRANSFER = ("h2d", "forward", "d2h")
WHOLE = ("read", "decode", "prepare", *TRANSFER)
SYNTHETIC = "synthetic"


def wilson(right: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927). ``of`` > 0."""
    share, z2 = right / of, Z95 * Z95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return (0.0 if right == 0 else low), (1.0 if right == of else high)


def of_case(observed: ObservedCase) -> DataResult | None:
    """None where the recording tells of no images."""
    told = observed.data
    if told is None:
        return None
    hits = "".join(observed.hits)
    counts = {letter: hits.count(letter) for letter in (RIGHT, AMONG, WRONG, NO_CLASS, UNREADABLE)}
    judged = counts[RIGHT] + counts[AMONG] + counts[WRONG]
    parts = {name: list(values) for name, values in observed.data_parts.items()}
    ratio, interval = _ratio(parts)
    few = told.outputs is not None and told.outputs <= TOP
    return DataResult(
        source=told.source,
        images=told.images,
        seen=len(hits),
        judged=judged,
        top1=_share(counts[RIGHT], judged),
        top5=None if few else _share(counts[RIGHT] + counts[AMONG], judged),
        left_out=counts[NO_CLASS] if told.labels is not None else 0,
        unread=counts[UNREADABLE],
        unread_reason=observed.unread,
        classes=told.classes,
        outputs=told.outputs,
        labels=told.labels,
        prepared=told.prepared,
        sha256=told.sha256,
        notes=told.notes,
        reason=told.reason or (None if judged else "no image was judged"),
        hits=hits,
        alone=summarise(parts.get("forward", ())),
        synthetic=summarise(parts.get(SYNTHETIC, ())),
        with_transfer=_together(parts, TRANSFER) if "h2d" in parts else None,
        end_to_end=_together(parts, WHOLE),
        parts={name: found for name, values in parts.items() if (found := summarise(values)) is not None},
        ratio=ratio,
        ratio_ci95=interval,
    )


def _share(right: int, of: int) -> Share | None:
    return Share(right, of, right / of, wilson(right, of)) if of else None


def _together(parts: Mapping[str, Sequence[int]], names: Sequence[str]) -> LatencySummary | None:
    chosen = [parts[name] for name in names if name in parts]
    if "forward" not in parts or len({len(values) for values in chosen}) != 1:
        return None
    return summarise([sum(batch) for batch in zip(*chosen, strict=True)])


def _ratio(parts: Mapping[str, Sequence[int]]) -> tuple[float | None, tuple[float, float] | None]:
    """Median of real by synthetic, with its 95 % interval.

    The second of two passes finds a warmer cache, and real and synthetic ones are first in turns: the geometric mean
    of two neighbouring ratios has that no more in it.
    """
    pairs = zip(parts.get("forward", ()), parts.get(SYNTHETIC, ()), strict=False)  # later batches have no twin
    logs = [math.log(real / made) if real > 0 and made > 0 else 0.0 for real, made in pairs]
    balanced = sorted((one + other) / 2 for one, other in zip(logs[::2], logs[1::2], strict=False))
    if not balanced:
        return None, None
    interval = median_interval(balanced)
    edges = (math.exp(interval[0]), math.exp(interval[1])) if interval is not None else None
    return math.exp(percentile(balanced, 0.5)), edges
