"""The columns of the results table: which there are, and which go first where there is little room."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from jetbench.domain import metrics
from jetbench.domain.metrics import BY_KEY, Metric
from jetbench.domain.text import shortened

GAP = 2
MAX_NAME = 40
SETTINGS = ("variant", "device", "batch", "input")  # what a case is, beside its model
UNSUPPORTED = "~"  # before a percentile
Case = Mapping[str, Any]


class Column(msgspec.Struct, frozen=True):
    title: str
    unit: str
    cell: Callable[[Case], str]
    keep: int  # the lower, the sooner it goes
    numeric: bool = True
    only: str | None = None  # a part of a case: where none has it, there is no such column


def _figure(key: str, keep: int, digits: int = 4) -> Column:
    metric = BY_KEY[key]
    return Column(metric.title, metric.heading_unit, lambda case: _shown(metric, case, digits), keep)


def _words(key: str, keep: int) -> Column:
    metric = BY_KEY[key]
    return Column(metric.title, "", lambda case: _said(metric, case), keep, numeric=False)


def _shown(metric: Metric, case: Case, digits: int) -> str:
    return metrics.number(metric, metrics.value(case, metric), digits)


def _said(metric: Metric, case: Case) -> str:
    value = metrics.value(case, metric)
    if value is None:
        return "N/A"
    return "x".join(map(str, value)) if isinstance(value, list) else shortened(value, MAX_NAME)


def _mean_std(case: Case) -> str:
    mean = metrics.value(case, BY_KEY["latency_mean"])
    std = metrics.value(case, BY_KEY["latency_std"])
    if mean is None:
        return "N/A"
    text = metrics.significant(mean * 1e3)
    places = len(text.partition(".")[2])
    return f"{text} \N{PLUS-MINUS SIGN} {std * 1e3:.{places}f}" if std is not None else text


def _percentile(name: str, keep: int) -> Column:
    """Marked where fewer passes were run than that percentile needs."""
    metric = BY_KEY[f"latency_{name}"]

    def cell(case: Case) -> str:
        shown = _shown(metric, case, 4)
        latency = case["latency_s"]
        return shown if latency is None or name in latency["supported"] else UNSUPPORTED + shown

    return Column(metric.title, metric.heading_unit, cell, keep)


def _uncertainty(key: str, keep: int) -> Column:
    """Stands behind the figure it is of."""
    metric = BY_KEY[key]
    return Column("\N{PLUS-MINUS SIGN}", metric.heading_unit, lambda case: _shown(metric, case, 2), keep)


def output_error(case: Case) -> str:
    """Marked where it is more than the format explains."""
    output = case["output"]
    if output is None or output["error"] is None:
        return "WRONG" if output is not None and output["wrong"] else "N/A"
    return f"{output['error']:.1e}" + (" WRONG" if output["wrong"] else "")


def _top1(case: Case) -> str:
    found = case["data"]
    return "N/A" if found is None or found["top1"] is None else f"{100 * found['top1']:.1f}"


def _batch(case: Case) -> str:
    return str(case["batch"])


COLUMNS = (
    _words("model", 100),
    _words("variant", 30),
    _words("device", 5),
    Column("batch", "", _batch, 45),
    _words("input", 10),
    _figure("params", 71),
    _figure("macs", 72),
    _figure("cold_first", 70, 3),
    Column("mean \N{PLUS-MINUS SIGN} std", "ms", _mean_std, 95),
    _figure("latency_p50", 59),
    _percentile("p95", 35),
    _percentile("p99", 61),
    _figure("clean_p50", 34),
    _figure("throughput_ips", 55),
    _figure("peak_memory", 60, 3),
    _figure("power", 64, 3),
    _figure("energy", 63, 3),
    _uncertainty("energy_u", 36),
    _figure("energy_net", 33, 3),
    Column("output error", "", output_error, 66, only="output"),
    Column("top-1", "%", _top1, 65, only="data"),
    _words("grade", 62),
    _words("status", 90),
)


def chosen(cases: Sequence[Case], width: int | None) -> tuple[Column, ...]:
    """The columns that fit; all of them without a width. Three always stay."""
    return fitting(told(cases), cases, width, apart=SETTINGS, least=3)


def told(cases: Sequence[Case]) -> list[Column]:
    """Without those of a part that no case has."""
    return [column for column in COLUMNS if column.only is None or any(case[column.only] for case in cases)]


def fitting(
    columns: Sequence[Column], rows: Sequence[Case], limit: int | None, apart: Sequence[str] = (), least: int = 2
) -> tuple[Column, ...]:
    """The columns that fit, by their ``keep``; ``least`` always stay. Those titled in ``apart`` tell rows apart: where
    they do, they stay longer than any figure."""

    def keep(column: Column) -> int:
        tells = column.title in apart and len({column.cell(row) for row in rows}) > 1
        return column.keep + 100 if tells else column.keep

    found = list(columns)
    while limit is not None and len(found) > least and needed(found, rows) > limit:
        found.remove(min(found, key=keep))
    return tuple(found)


def needed(columns: Sequence[Column], rows: Sequence[Case]) -> int:
    """Characters of a line."""
    return sum(widest(column, rows) for column in columns) + GAP * (len(columns) - 1)


def widest(column: Column, cases: Sequence[Case]) -> int:
    cells = (len(column.cell(case)) for case in cases)
    return max(len(column.title), len(column.unit), *cells, 0)


def common(cases: Sequence[Case], columns: Sequence[Column]) -> list[str]:
    """What all cases share and no column says: for the line above the table."""
    shown = {column.title for column in columns}
    said = []
    for key in SETTINGS:
        values = {_said(BY_KEY[key], case) for case in cases}
        if BY_KEY[key].title not in shown and len(values) == 1:
            value = values.pop()
            said.append(value if key in ("variant", "device") else f"{key} {value}")
    return said
