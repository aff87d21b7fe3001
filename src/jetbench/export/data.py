"""What a case made of the user's images, as the document has it, and the pairs of cases on the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jetbench.analysis import paired
from jetbench.domain.results import CaseResult, DataResult, LatencySummary, Share
from jetbench.domain.text import printable
from jetbench.export.values import figure, text

Latency = Callable[[LatencySummary | None], dict[str, Any] | None]


def data(found: DataResult | None, latency: Latency) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "source": printable(found.source),
        "images": found.images,
        "seen": found.seen,
        "judged": found.judged,
        "left_out": found.left_out,
        "unread": found.unread,
        "unread_reason": text(found.unread_reason),
        **_share("top1", found.top1),
        **_share("top5", found.top5),
        "reason": text(found.reason) if found.top1 is None else None,
        "classes": found.classes,
        "outputs": found.outputs,
        "labels": text(found.labels),
        "prepared": text(found.prepared),
        "sha256": text(found.sha256),
        "notes": [printable(note, 400) for note in found.notes[:20]],
        "alone_s": latency(found.alone),
        "with_transfer_s": latency(found.with_transfer),
        "end_to_end_s": latency(found.end_to_end),
        "synthetic_s": latency(found.synthetic),
        "parts_s": {printable(name): latency(part) for name, part in found.parts.items()},
        "real_over_synthetic": figure(found.ratio),
        "real_over_synthetic_ci95": _edges(found.ratio_ci95),
    }


def _share(name: str, share: Share | None) -> dict[str, Any]:
    if share is None:
        return {name: None, f"{name}_ci95": None}
    return {name: figure(share.value), f"{name}_ci95": _edges(share.ci95)}


def _edges(interval: tuple[float, float] | None) -> list[Any] | None:
    return [figure(edge) for edge in interval] if interval is not None else None


def pairs(results: Sequence[CaseResult]) -> list[dict[str, Any]]:
    """``cases``: places among the cases of the document."""
    return [
        {
            "cases": [pair.first, pair.second],
            "images": pair.images,
            "only_first": pair.only_first,
            "only_second": pair.only_second,
            "p": figure(pair.p),
            "p_adjusted": figure(pair.p_adjusted),
            "differ": pair.differ,
        }
        for pair in paired.pairs(results)
    ]
