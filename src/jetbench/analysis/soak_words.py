"""A soak in sentences, the most telling first: below a table, in the report, in the app."""

from __future__ import annotations

from collections.abc import Iterator

from jetbench.analysis import thresholds as limit
from jetbench.analysis.onset import LEAST_PASSES
from jetbench.domain.metrics import significant
from jetbench.domain.results import LatencySummary, Onset, Prediction, SoakResult

_WHY = {
    "too_few_passes": "too few passes",
    "throttled_from_the_start": "it throttled from the start",
    "no_sensor": "no sensor tells it",
    "no_fit": "the temperature does not rise like one heat capacity, or hardly rises",
}
_SIGNALS = {"state": "by the state the board tells", "trip": "by a passive trip", "clock": "by a clock"}


def sentences(soak: SoakResult) -> tuple[str, ...]:
    return tuple(_sentences(soak))


def _sentences(soak: SoakResult) -> Iterator[str]:
    yield _speed(soak)
    if soak.simulated is not None:
        fast = f", its heat runs {soak.simulated:g} times as fast" if soak.simulated != 1 else ""
        yield f"SIMULATED: temperature and throttling are made up{fast}; they do not slow these passes, which are real"
    if soak.disturbed > limit.MANY_FLAGS:
        yield (
            f"{soak.disturbed:.0%} of the passes were disturbed by something else (swap, another program): "
            "what is lost is not lost to heat alone"
        )
    yield _onset(soak)
    if soak.throttled is not None:
        yield f"apart: clean {_of(soak.clean)}, throttled {_of(soak.throttled)}"
    yield _heat(soak)
    told = f"{soak.n} of {soak.passes} passes told" if soak.passes is not None and soak.passes > soak.n else ""
    end = soak.text or "cut before its end"
    yield f"{end}; {told}" if told else end


def _speed(soak: SoakResult) -> str:
    if soak.retention is None:
        lacking = "burst" if soak.burst is None else "sustained"
        return (
            f"burst {_p50(soak.burst)}, sustained {_p50(soak.sustained)}, retention N/A: {_why(soak.reasons[lacking])}"
        )
    interval = ""
    if soak.retention_ci95 is not None:
        interval = f" [{soak.retention_ci95[0]:.3f}, {soak.retention_ci95[1]:.3f}]"
    return (
        f"burst {_p50(soak.burst)}, sustained {_p50(soak.sustained)}, retention {soak.retention:.3f}{interval}"
        " (1: nothing lost)"
    )


def _onset(soak: SoakResult) -> str:
    if soak.latency_onset is not None:
        by_latency = f"by the latencies alone it is slower after {_after(soak, soak.latency_onset)} (L)"
    elif soak.reasons.get("latency_onset") == "too_few_passes":
        by_latency = f"by the latencies alone N/A: {_why(soak.reasons['latency_onset'])}, {LEAST_PASSES} are needed"
    else:
        by_latency = "by the latencies alone it became no slower"
    if not soak.onsets:
        seen = "no throttling was seen" if soak.reasons.get("time_to_throttle") == "not_throttled" else _blind(soak)
        return f"{seen}; {by_latency}"
    first, *more = soak.onsets
    others = "".join(f", {_SIGNALS[other.signal]} after {_after(soak, other)}" for other in more)
    what = f" ({first.text})" if first.text else ""
    return f"throttled after {_after(soak, first)} {_SIGNALS[first.signal]}{what} (S){others}; {by_latency}"


def _blind(soak: SoakResult) -> str:
    return f"time to throttle N/A: {_why(soak.reasons.get('time_to_throttle', 'no_sensor'))}"


def _heat(soak: SoakResult) -> str:
    if soak.temperature is None:
        return f"temperature N/A: {_why(soak.reasons.get('temperature', 'no_sensor'))}"
    begin, highest, end = soak.temperature
    seen = f"{begin:.1f} C at its begin, {highest:.1f} at most, {end:.1f} at its end"
    if soak.prediction is None:
        return f"{seen}; final temperature N/A: {_why(soak.reasons.get('prediction', 'no_fit'))}"
    before = " without throttling" if soak.onsets else ""
    return f"{seen}; it would come to {soak.prediction.final_c:.0f} C{before} (R2 {soak.prediction.r2:.2f})"


def outlook(prediction: Prediction) -> str:
    """While it runs: ``towards 92 C in 3:10 min; throttling at 85 C in 40 s``."""
    eta = f" in {span(prediction.eta_s)}" if prediction.eta_s >= 1 else ", reached"
    text = f"towards {prediction.final_c:.0f} C{eta}"
    if prediction.limit_c is not None and prediction.limit_eta_s is not None:
        at = f"throttling at {prediction.limit_c:.0f} C"
        return f"{text}; {at} in {span(prediction.limit_eta_s)}" if prediction.limit_eta_s >= 1 else f"{text}; {at} now"
    return text


def span(seconds: float) -> str:
    """``4 s``, ``2:05 min``."""
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60}:{whole % 60:02d} min"


def _after(soak: SoakResult, onset: Onset) -> str:
    return span(soak.seconds_to(onset))


def _p50(summary: LatencySummary | None) -> str:
    return "N/A" if summary is None else f"{significant(summary.p50 * 1e3)} ms"


def _of(summary: LatencySummary | None) -> str:
    return "no pass" if summary is None else f"p50 {_p50(summary)} of {summary.n}"


def _why(code: str) -> str:
    return _WHY.get(code, code)
