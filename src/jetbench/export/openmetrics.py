"""The figures of a session as OpenMetrics text 1.0, a gauge each; what is missing is absent, never 0.

Node exporters that read the older text format from a file read this one as well: there is no type in it that they do
not know. Time stamps are left out for them, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jetbench.domain import metrics
from jetbench.domain.metrics import METRICS, Metric
from jetbench.domain.text import printable
from jetbench.export.document import document, simulated
from jetbench.export.files import replacing
from jetbench.export.values import figure
from jetbench.session.state import SessionState

PREFIX = "jetbench_"
LABELS = ("model", "variant", "device", "batch", "input")
WORDS = ("status", "grade", "throttled", "trend", "cause")  # of a case, as labels of one gauge
# A unit of the registry: its name here, and the base unit's factor.
_UNITS = {
    "s": ("seconds", 1.0),
    "bytes": ("bytes", 1.0),
    "mib": ("bytes", 2.0**20),
    "w": ("watts", 1.0),
    "j": ("joules", 1.0),
    "js": ("joule_seconds", 1.0),
}
_MAX_LABEL = 200
Labels = Mapping[str, str]


def write(path: Path, state: SessionState) -> None:
    """Raises ExportError."""
    with replacing(path) as file:
        file.writelines(lines(state))


def write_all(path: Path, sessions: Sequence[tuple[Labels, SessionState]]) -> None:
    """Several sessions, each with labels of its own. Raises ExportError."""
    with replacing(path) as file:
        file.writelines(_families(sessions))


def lines(state: SessionState) -> Iterator[str]:
    """The exposition, family by family."""
    return _families([({}, state)])


def _families(sessions: Sequence[tuple[Labels, SessionState]]) -> Iterator[str]:
    cases, words = [], []
    for own, state in sessions:
        made = document(state)
        results = zip(state.case_results(), made["cases"], strict=True)
        found = [({**_labels(made, result.case.id, case), **own}, case) for result, case in results]
        about = {"jetbench": printable(made["software"]["jetbench"]), "simulated": _said(simulated(state.board))}
        cases += found
        words += _words(found, about)
    yield from _family("case", "", "1: a case, and what there is to say of it in words", words)
    for metric in METRICS:
        if not metric.text:
            yield from _figure(metric, cases)
    yield "# EOF\n"


def _figure(metric: Metric, cases: Sequence[tuple[Labels, Mapping[str, Any]]]) -> Iterator[str]:
    unit, factor = _UNITS.get(metric.unit, ("", 1.0))
    found = [(labels, metrics.value(case, metric)) for labels, case in cases]
    samples = [(labels, _scaled(value, factor)) for labels, value in found if value is not None]
    yield from _family(metric.key, unit, metric.meaning, samples)


def _scaled(value: float, factor: float) -> float | int:
    """Bytes are whole: a figure in MiB has enough digits to tell which."""
    return value if factor == 1.0 else round(value * factor)


def _words(cases: Sequence[tuple[Labels, Mapping[str, Any]]], about: Labels) -> list[tuple[Labels, float | int]]:
    found: list[tuple[Labels, float | int]] = []
    for labels, case in cases:
        said = {key: _said(metrics.value(case, metrics.BY_KEY[key])) for key in WORDS}
        reasons = {
            metric.reason: metrics.reason(case, metric)
            for metric in METRICS
            if metric.reason and metrics.value(case, metric) is None
        }
        found.append(({**labels, **said, **reasons, **about}, 1))
    return found


def _family(name: str, unit: str, meaning: str, samples: Sequence[tuple[Labels, float | int]]) -> Iterator[str]:
    if not samples:
        return
    full = f"{PREFIX}{name}_{unit}" if unit else f"{PREFIX}{name}"
    yield f"# TYPE {full} gauge\n"
    if unit:
        yield f"# UNIT {full} {unit}\n"
    yield f"# HELP {full} {_escaped(meaning)}\n"
    for labels, value in samples:
        pairs = ",".join(f'{key}="{_escaped(words)}"' for key, words in labels.items())
        yield f"{full}{{{pairs}}} {figure(value)!r}\n"


def _labels(made: Mapping[str, Any], case_id: int, case: Mapping[str, Any]) -> Labels:
    """The number of the case, too: only it tells two cases apart whose model was given twice."""
    board = made["board"] or {}
    found = {key: _said(metrics.value(case, metrics.BY_KEY[key])) for key in LABELS}
    return {"case": str(case_id), **found, "board": _said(board.get("model")), "host": _said(board.get("hostname"))}


def _said(value: Any) -> str:
    if value is None:
        return "N/A"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return printable("x".join(map(str, value)) if isinstance(value, list) else value, _MAX_LABEL)


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
