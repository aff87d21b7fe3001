"""A soak as the results document tells it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict

from jetbench.analysis import soak_words
from jetbench.domain.results import Onset, SoakResult
from jetbench.domain.text import printable
from jetbench.export.values import figure, text


def soak(result: SoakResult | None, latency: Any) -> dict[str, Any] | None:
    """``latency`` makes a summary of latencies into plain values."""
    if result is None:
        return None
    heat = result.temperature
    return {
        "outcome": text(result.outcome),
        "text": text(result.text),
        "seconds": figure(result.seconds),
        "n": result.n,
        "passes": result.passes,
        "burst_s": latency(result.burst),
        "sustained_s": latency(result.sustained),
        "retention": figure(result.retention),
        "retention_ci95": [figure(edge) for edge in result.retention_ci95] if result.retention_ci95 else None,
        "clean_s": latency(result.clean),
        "throttled_s": latency(result.throttled),
        "time_to_throttle_s": figure(result.seconds_to(result.onsets[0])) if result.onsets else None,
        "onsets": [_onset(result, onset) for onset in result.onsets],
        "latency_onset_s": figure(result.seconds_to(result.latency_onset)) if result.latency_onset else None,
        "disturbed_share": figure(result.disturbed),
        "temperature_c": dict(zip(("begin", "highest", "end"), map(figure, heat), strict=True)) if heat else None,
        "predicted": {name: figure(value) for name, value in asdict(result.prediction).items()}
        if result.prediction
        else None,
        "reasons": {printable(name): printable(code) for name, code in result.reasons.items()},
        "sentences": [printable(sentence) for sentence in soak_words.sentences(result)],
    }


def _onset(result: SoakResult, onset: Onset) -> dict[str, Any]:
    return {
        "signal": printable(onset.signal),
        "seconds": figure(result.seconds_to(onset)),
        "text": printable(onset.text),
    }
