"""What models cost, counted: one document, and the tables it makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.console import RenderableType
from rich.text import Text

from jetbench.analysis import counts, identify
from jetbench.analysis.counts import SECOND, giga
from jetbench.domain.events import Layer, Model, Software
from jetbench.domain.metrics import significant
from jetbench.domain.text import printable, shortened
from jetbench.export.columns import MAX_NAME, Column, fitting
from jetbench.export.grid import Row, drawn, hidden
from jetbench.export.values import figure, plain, text

_FIGURES = ("params", "params_trainable", "params_shared", "buffers", "macs", "flops", "bytes", "method", "coverage")
_BYTES = ("activation_bytes", "peak_activation_bytes", "traffic_bytes")
_SUMS = ("params", "macs", "weight_bytes", "activation_bytes")


def entry(model: Model, with_layers: bool) -> dict[str, Any]:
    """A model as in docs/counts.schema.json; macs, flops and bytes of activations are of the whole batch."""
    differ, bounds = counts.disagreement(model), counts.intensity(model)
    return {
        "model": printable(model.name),
        "input": list(model.input),
        **{name: plain(getattr(model, name)) for name in _FIGURES},
        "error": text(model.error),
        "counts": [_explicit(count) for count in model.counts],
        "disagreement": printable(differ.text) if differ else None,
        "identified": text(identify.identified(model.params)),
        **{name: plain(getattr(model, name)) for name in _BYTES},
        "intensity": {"unfused": figure(bounds.unfused), "ideal": figure(bounds.ideal)},
        "bytes_by_dtype": plain(model.bytes_by_dtype) if model.params is not None else None,
        "layers": [_layer(layer) for layer in model.layers] if with_layers and model.layers else None,
    }


def _explicit(struct: msgspec.Struct) -> dict[str, Any]:
    """Every field, with those that have their default."""
    return {name: plain(getattr(struct, name)) for name in struct.__struct_fields__}


def _layer(layer: Layer) -> dict[str, Any]:
    """A row that sums up several modules, or work outside of all, has no kind: it was not called."""
    return {**_explicit(layer), "calls": layer.calls if layer.kind else None}


# -- the tables


def tables(
    models: Sequence[Model], software: Software | None, limit: int | None, with_layers: bool = False
) -> list[RenderableType]:
    """Layers where they are asked for, then what was counted with, the models, and what there is to say of them.

    ``limit``: characters a line may have; None: all that it takes.
    """
    entries = [entry(model, with_layers) for model in models]
    parts: list[RenderableType] = []
    for found in entries:
        if found["layers"]:
            parts += [*_layers(found, limit), Text("")]
    columns = _columns(entries)
    shown = fitting(columns, entries, limit, apart=("input",))
    inputs = {_shape(found["input"]) for found in entries}
    said_above = len(inputs) == 1 and all(column.title != "input" for column in shown)
    parts += [_head(software, inputs.pop() if said_above else None), drawn(shown, entries, limit, cut="model")]
    parts += _remarks(models)
    return parts + hidden([column for column in columns if not said_above or column.title != "input"], shown)


def _head(software: Software | None, shape: str | None) -> Text:
    parts = [f"input {shape}"] if shape else []
    if software is not None:
        versions = (("torch", software.torch), ("ptflops", software.ptflops))
        parts += [printable(f"{name} {version}") for name, version in versions if version]
    return Text(", ".join(parts) + "; MACs are multiply-adds, FLOPs twice that", "dim")


def _columns(entries: Sequence[Row]) -> tuple[Column, ...]:
    """The way of counting stands under its heading where all models have the same."""
    methods = {found["method"] for found in entries if found["method"]}
    method = methods.pop() if len(methods) == 1 else None
    return (
        Column("model", "", lambda found: shortened(found["model"], MAX_NAME), 100, numeric=False),
        Column("input", "", lambda found: _shape(found["input"]), 30),
        Column("parameters", "", lambda found: _spaced(found["params"]), 90),
        Column("GMACs", method or "", lambda found: giga(found["macs"]), 95),
        Column("GMACs", SECOND, _second, 75),
        Column("GFLOPs", "", lambda found: giga(found["flops"]), 80),
        Column("weights", "MiB", lambda found: _scaled(found["bytes"], 2**20), 60),
        Column("activations", "MiB", lambda found: _scaled(found["activation_bytes"], 2**20), 50),
        Column("intensity", "FLOP/byte", lambda found: _scaled(found["intensity"]["unfused"], 1, 3), 55),
        Column("coverage", "", lambda found: _percent(found["coverage"]), 65),
        Column("counted by", "", _ways, 10 if method else 93, numeric=False),
    )


def _second(found: Row) -> str:
    """A way that came to nothing at all knew no part of the model."""
    given = (count["macs"] for count in found["counts"] if count["method"].startswith(SECOND))
    return giga(next(given, None) or None)


def _ways(found: Row) -> str:
    """The one that the figure is from, then the others that gave one."""
    others = [count["method"] for count in found["counts"] if count["macs"] and count["method"] != found["method"]]
    return printable(", ".join([found["method"], *others])) if found["method"] else "N/A"


# -- below the table


def _remarks(models: Sequence[Model]) -> list[Text]:
    """What several models have in common is said once."""
    said: dict[tuple[str, str], dict[str, None]] = {}
    for model in models:
        for words, style in _sentences(model):
            said.setdefault((words, style), {})[printable(model.name)] = None
    return [Text(_listed(list(names)) + printable(words), style) for (words, style), names in said.items()]


def _sentences(model: Model) -> Iterator[tuple[str, str]]:
    """What follows the model's name in a sentence, and its style."""
    if model.macs is None:
        yield f": not counted: {model.error or 'no reason is known'}", "red"
    else:
        for count in model.counts:
            if count.error:
                yield f": {count.method} gave no figure: {count.error}", "yellow"
    differ, gap = counts.disagreement(model), counts.gap(model)
    if gap:
        yield f": {gap}", "yellow"
    if differ:
        yield f": {differ.text}", "yellow"
    news = identify.news(model.name, model.params)
    if news:
        yield f" has {_spaced(model.params)} parameters: {news}", ""
    if model.params_shared:
        yield f": {_spaced(model.params_shared)} parameters have further names (tied); they are counted once", ""


# -- layers


def _layers(found: Row, limit: int | None) -> list[RenderableType]:
    rows = found["layers"]
    total = {name: sum(row[name] for row in rows) for name in _SUMS}
    total |= {"name": "sum", "kind": "", "output": None, "calls": None}
    columns = (
        Column("layer", "", lambda row: shortened(row["name"], MAX_NAME), 100, numeric=False),
        Column("kind", "", lambda row: printable(row["kind"], MAX_NAME), 80, numeric=False),
        Column("output", "", lambda row: _of_one(row, _shape(row["output"])), 60),
        Column("parameters", "", lambda row: _spaced(row["params"]), 85),
        Column("MMACs", "", lambda row: _scaled(row["macs"], 1e6), 95),
        Column("share", "", lambda row: _percent(row["macs"] / total["macs"] if total["macs"] else None, 1), 70),
        Column("weights", "KiB", lambda row: _scaled(row["weight_bytes"], 1024), 65),
        Column("activations", "KiB", lambda row: _scaled(row["activation_bytes"], 1024), 55),
        Column("calls", "", lambda row: _of_one(row, str(row["calls"])), 40),
    )
    shown = fitting(columns, [*rows, total], limit)
    by = f", by {found['method']}" if found["method"] else ""
    title = Text(f"{printable(found['model'])}, input {_shape(found['input'])}{by}", "bold")
    return [title, drawn(shown, rows, limit, cut="layer", total=total), *hidden(columns, shown)]


def _of_one(row: Row, words: str) -> str:
    """Rows that sum up several modules, or none, have no shape and no calls."""
    return words if row["kind"] else ""


# -- cells


def _shape(shape: Sequence[int] | None) -> str:
    return "x".join(map(str, shape)) if shape else "N/A"


def _spaced(number: int | None) -> str:
    return "N/A" if number is None else f"{number:,}".replace(",", " ")


def _scaled(number: float | None, unit: float, digits: int = 4) -> str:
    return "N/A" if number is None else significant(number / unit, digits)


def _percent(share: float | None, places: int = 0) -> str:
    """Never 0 % or 100 % of what is only nearly that."""
    if share is None:
        return "N/A"
    if share in (0, 1):
        return f"{share:.0%}"
    shown, step = f"{share:.{places}%}", 10.0 ** -(places + 2)
    if float(shown[:-1]) == 0:
        return f"<{step:.{places}%}"
    return f">{1 - step:.{places}%}" if float(shown[:-1]) == 100 else shown


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
