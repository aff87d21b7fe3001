"""Why a case is as fast as it is, for the results document and as plain lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jetbench.analysis import trials
from jetbench.domain.metrics import significant
from jetbench.domain.text import printable
from jetbench.domain.why import OpShare, Roofline, Trial, Verdict, Why
from jetbench.export.values import figure, text

_LINE = (
    "measured", "flops", "bytes_least", "bytes_most", "peak_flops", "bandwidth", "at_compute", "at_memory", "at_calls",
    "cached", "efficiency", "intensity", "spread",
)  # fmt: skip
_UNITS = {"measured": "_s", "peak_flops": "_per_s", "bandwidth": "_bytes_per_s", "at_compute": "_s", "at_memory": "_s",
          "at_calls": "_s"}  # fmt: skip


def entry(why: Why | None) -> dict[str, Any] | None:
    """Its keys are those of docs/results.schema.json."""
    if why is None:
        return None
    return {
        **_verdict(why.verdict),
        "roofline": _roofline(why.roofline),
        "classes": [_class(row) for row in why.classes],
        "between_s": figure(why.between),
        "trials": [_trial(trial) for trial in why.trials],
        "seed": why.seed,
        "onednn": why.onednn,
        "agrees": why.proof.agrees if why.proof is not None else None,
        "proof": text(why.proof.text) if why.proof is not None else None,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "kind": verdict.kind,
        "op_class": text(verdict.op_class),
        "sure": text(verdict.sure or None),
        "evidence": [printable(line) for line in verdict.evidence],
        "doubts": [printable(line) for line in verdict.doubts],
        "overturn": printable(verdict.overturn),
    }


def _roofline(line: Roofline | None) -> dict[str, Any] | None:
    return None if line is None else {name + _UNITS.get(name, ""): figure(getattr(line, name)) for name in _LINE}


def _class(row: OpShare) -> dict[str, Any]:
    return {
        "name": printable(row.name),
        "seconds": figure(row.seconds),
        "share": figure(row.share),
        "macs": row.macs,
        "macs_share": figure(row.macs_share),
        "calls": row.calls,
        "bytes": row.bytes,
        "roof_s": figure(row.roof),
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "name": printable(trial.name),
        "text": printable(trials.text(trial)),
        "change": figure(trial.change),
        "ci95": [figure(trial.low), figure(trial.high)] if trial.low is not None else None,
        "seconds": figure(trial.seconds),
        "rounds": trial.rounds,
        "reason": text(trial.reason),
    }


def lines(why: Why) -> Iterator[str]:
    """Verdict, evidence, table of classes, trials."""
    verdict = why.verdict
    yield verdict.sentence
    yield f"  how sure    {verdict.sure or 'not at all'}"
    for title, found in (("evidence", verdict.evidence), ("doubt", verdict.doubts)):
        for line in found:
            yield f"  {title:<11} {printable(line)}"
    if verdict.overturn:
        yield f"  overturn    {verdict.overturn}"
    if why.proof is not None:
        word = {True: "agree", False: "DISAGREE", None: "cannot tell"}[why.proof.agrees]
        yield f"  the trials  {word}: {why.proof.text}"
    if why.classes:
        yield from ("", *_table(why))
    if why.trials:
        yield ""
        yield f"trials, in turns, in random order (seed {why.seed}); items a second against the case as it is"
        width = max(len(trial.name) for trial in why.trials)
        for trial in why.trials:
            yield f"  {printable(trial.name):<{width}}  {printable(trials.text(trial))}"


def _table(why: Why) -> Iterator[str]:
    yield f"{'class of operators':<23} {'calls':>6} {'ms':>8} {'time':>6} {'MACs':>6} {'of its roof':>12}"
    for row in why.classes:
        roof = f"{row.efficiency:.0%}" if row.roof > 0 else ""
        share = f"{row.macs_share:.1%}" if row.macs else ""
        head = f"{printable(row.name):<23} {row.calls:>6} {significant(row.seconds * 1e3):>8}"
        yield f"{head} {row.share:>6.1%} {share:>6} {roof:>12}"
    if why.between:
        yield f"{'between operators':<23} {'':>6} {significant(why.between * 1e3):>8}"
