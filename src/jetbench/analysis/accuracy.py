"""What torchvision publishes of its weights: top-1 of ImageNet-1K's validation images. Nothing here was measured here.

The table, published_accuracy.csv, is torchvision 0.29's: ``_metrics`` of every entry of weights, and its crop size.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import msgspec

from jetbench.analysis import identify
from jetbench.analysis.measures import input_size
from jetbench.domain.results import CaseResult


class Accuracy(msgspec.Struct, frozen=True):
    """``top1`` as a share, and the weights it is published with. None: ``reason`` says why."""

    top1: float | None = None
    weights: str | None = None
    reason: str | None = None
    note: str | None = None


class _Row(msgspec.Struct, frozen=True):
    weights: str
    size: int
    top1: float


@cache
def _table() -> dict[str, tuple[_Row, ...]]:
    text = resources.files("jetbench.analysis").joinpath("published_accuracy.csv").read_text("utf-8")
    found: dict[str, tuple[_Row, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        entry = _Row(row["weights"], int(row["size"]), float(row["top1"]) / 100)
        found[row["model"]] = (*found.get(row["model"], ()), entry)
    return found


def published(result: CaseResult) -> Accuracy:
    """Of the weights the case had; of random ones, the best that are published for the size it was measured at."""
    case, rows = result.case, _table().get(result.case.model, ())
    if not rows:
        return Accuracy(reason="nothing is published of this model")
    params = result.model.params if result.model is not None else None
    if params is not None and params not in {row.params for row in identify.named(case.model)}:
        return Accuracy(reason="it has other parameters than the published model")
    if case.weights is not None:
        rows = tuple(row for row in rows if row.weights == case.weights.rpartition(".")[2])
        if not rows:
            return Accuracy(reason="its weights are a checkpoint of its own")
    size = input_size(result)
    if size is None:
        return Accuracy(reason="the size of its input is not known")
    fitting = [row for row in rows if size == (row.size, row.size)]
    if not fitting:
        sizes = ", ".join(f"{row.size}x{row.size}" for row in rows)
        return Accuracy(reason=f"published at {sizes}, measured at {size[0]}x{size[1]}")
    best = max(fitting, key=lambda row: row.top1)
    note = None if case.variant == "fp32" else f"published for fp32, and this is {case.variant}"
    return Accuracy(best.top1, best.weights, note=note)
