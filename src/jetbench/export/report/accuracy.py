"""Accuracy in a report: a table, pairs on the same images, and accuracy against what it costs with its Pareto front."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from jetbench.analysis.pareto import Span, front
from jetbench.domain.metrics import significant
from jetbench.export import data_words
from jetbench.export.report.blocks import Block, Bullets, Grid
from jetbench.export.report.tables import NA, named

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Named = tuple[str, Mapping[str, Any]]
Documents = Sequence[Mapping[str, Any]]
# What it costs: name of the picture, its caption, its axis, and the figure with its interval in the unit of the axis.
COSTS = (
    ("accuracy:latency", "median latency of an item", "p50 an item, ms"),
    ("accuracy:energy", "energy of an item", "J an item"),
    ("accuracy:size", "parameters", "million parameters"),
)


def blocks(made: Documents) -> Iterator[Block]:
    cases = [(name, case) for name, case in named(made) if case["data"]]
    if not cases:
        return
    head = ("case", "images", "top-1 %", "95 %", "top-5 %", "end to end a batch, ms", "real/synthetic", "labels")
    yield Grid(head, tuple(_row(name, case["data"]) for name, case in cases))
    names = iter(named(made))
    said: list[str] = []
    for document in made:
        own = [next(names)[0] for _ in document["cases"]]
        said += data_words.pairs(document["paired"], own)
    said += [f"{name}: {text.strip()}" for name, case in cases for text, warns in _warnings(case["data"]) if warns]
    if said:
        yield Bullets(tuple(said))


def _warnings(data: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    return data_words.sentences(data, "it")


def _row(name: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    edges = data["top1_ci95"]
    whole = data["end_to_end_s"]
    ratio = data["real_over_synthetic"]
    return (
        name,
        str(data["judged"]),
        NA if data["top1"] is None else f"{100 * data['top1']:.1f}",
        NA if edges is None else f"{100 * edges[0]:.1f} to {100 * edges[1]:.1f}",
        NA if data["top5"] is None else f"{100 * data['top5']:.1f}",
        NA if whole is None else significant(whole["p50"] * 1e3),
        NA if ratio is None else f"{ratio:.3f}",
        data["labels"] or data["reason"] or NA,
    )


def drawings(cases: Sequence[Named]) -> Iterator[tuple[str, str, Any]]:
    """(name, caption, what draws it): of what at least two cases have both figures."""
    for picture, what, axis in COSTS:
        points = [(name, cost, _accuracy(case)) for name, case in cases if (cost := _cost(picture, case)) is not None]
        known = [(name, cost, accuracy) for name, cost, accuracy in points if accuracy is not None]
        if len(known) > 1:
            caption = f"Accuracy against {what}; filled: on the Pareto front, beaten by none beyond the intervals"
            yield picture, caption, partial(_draw, points=known, axis=axis)


def _accuracy(case: Mapping[str, Any]) -> Span | None:
    """Less is better to the front: counted from above."""
    data = case["data"]
    if data is None or data["top1"] is None:
        return None
    low, high = data["top1_ci95"]
    return Span(-data["top1"], -high, -low)


def _cost(picture: str, case: Mapping[str, Any]) -> Span | None:
    if picture == "accuracy:size":
        size = case["params"]
        return None if not size else Span(size * 1e-6, size * 1e-6, size * 1e-6)
    if picture == "accuracy:energy":
        energy, u = case["energy_j"], case["energy_u_j"] or 0.0
        return None if energy is None else Span(energy, energy - u, energy + u)
    latency = case["latency_s"]
    if latency is None:
        return None
    factor, edges = 1e3 / case["batch"], latency["ci95"] or [latency["p50"]] * 2
    return Span(latency["p50"] * factor, edges[0] * factor, edges[1] * factor)


def _draw(figure: Figure, points: Sequence[tuple[str, Span, Span]], axis: str) -> None:
    axes = figure.add_subplot()
    best = set(front([(cost, accuracy) for _, cost, accuracy in points]))
    for place, (name, cost, accuracy) in enumerate(points):
        x, y = cost.value, -100 * accuracy.value
        across = [[max(0.0, x - cost.low)], [max(0.0, cost.high - x)]]
        up = [[max(0.0, y + 100 * accuracy.high)], [max(0.0, -100 * accuracy.low - y)]]
        filled = "full" if place in best else "none"
        axes.errorbar([x], [y], xerr=across, yerr=up, marker="o", fillstyle=filled, capsize=2, linewidth=0.8)
        axes.annotate(name, (x, y), (4, 4), textcoords="offset points", fontsize=7)
    line = sorted((points[place][1].value, -100 * points[place][2].value) for place in best)
    axes.plot([x for x, _ in line], [y for _, y in line], "--", color="gray", linewidth=0.8, zorder=0)
    axes.set(xlabel=axis, ylabel="top-1, %")
    axes.margins(0.2)
