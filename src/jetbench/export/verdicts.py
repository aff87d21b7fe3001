"""What there is to say of figures that somebody else wrote down: as lines, and in a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from jetbench.analysis.judge import FINE, Verdict
from jetbench.domain.text import printable
from jetbench.export.values import figure, text

_COUNTED = {
    "right": "right",
    "identified": "identified by parameters",
    "missing": "not given",
    "unit": "in another unit",
    "model": "of another model",
    "different": "different",
    "unknown": "unknown",
    "unreadable": "no number",
}
_STYLES = {"right": "green", "identified": "green", "missing": "", "unknown": "yellow"}


def entry(verdict: Verdict) -> dict[str, Any]:
    """A verdict as in docs/counts.schema.json; its reference is of one item."""
    known = verdict.reference
    return {
        "line": verdict.line,
        "model": text(verdict.model),
        "column": printable(verdict.column),
        "raw": printable(verdict.raw),
        "kind": verdict.kind,
        "right": verdict.kind in FINE,
        "text": printable(verdict.text),
        "reference": {
            "title": printable(known.title),
            "params": known.params,
            "macs": figure(known.macs),
            "flops": figure(2 * known.macs),
            "source": known.source,
        }
        if known is not None
        else None,
    }


def lines(verdicts: Sequence[Verdict], notes: Sequence[str]) -> list[Text]:
    """A line a figure, then how many there are of each kind, then what they could not be compared with."""
    found = [
        Text(f"line {verdict.line}: {printable(verdict.text)}", _STYLES.get(verdict.kind, "red"))
        for verdict in verdicts
    ]
    count = Counter(verdict.kind for verdict in verdicts)
    kinds = ", ".join(f"{count[kind]} {words}" for kind, words in _COUNTED.items() if count[kind])
    many = f"{len(verdicts)} figure{'s' if len(verdicts) != 1 else ''}"
    return [*found, Text(f"{many}: {kinds}" if kinds else many), *(Text(printable(note), "yellow") for note in notes)]
