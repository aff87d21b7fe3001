"""How far the figures of a case can be trusted: a letter, and every reason why it is no better.

| | |
|---|---|
| D | no interval (under 6 passes), an unsteady series, or over half of the passes disturbed |
| C | over 20 % disturbed, slower towards the end, throttled, rounds that differ by over 5 %, or a median known to no better than 5 % |
| B | over 5 % disturbed, a median known to no better than 2 %, under 30 independent passes, or a warm-up in the series |
| A | none of these |

The thresholds are in thresholds.py.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jetbench.analysis import thresholds as limit
from jetbench.analysis.flags import DISTURBED, WORDS
from jetbench.domain.results import Grade, LatencySummary, Trend

Finding = tuple[str, str]  # the best letter that is left, and why


def of_case(
    summary: LatencySummary | None,
    clean: LatencySummary | None,
    flags: Mapping[str, int],
    trend: Trend,
    throttled: bool,
    round_medians: Sequence[float],
    stop: str | None,
) -> Grade | None:
    """None where nothing was measured. ``round_medians`` in seconds.

    ``throttled``: while passes that count ran; ``stop``: the rule that ended measuring.
    """
    if summary is None:
        return None
    found = [
        *_interval(summary, stop),
        *_flags(summary, clean, flags),
        *_trend(trend),
        *_rounds(round_medians),
        *([("C", "the board throttled while it was measured")] if throttled else []),
    ]
    letter = max((finding[0] for finding in found), default="A")
    ordered = sorted(found, key=lambda finding: finding[0], reverse=True)
    return Grade(letter, tuple(text for _, text in ordered))


def relative_half_width(summary: LatencySummary) -> float | None:
    """Of the median's 95 % interval, the wider side over the median."""
    if summary.ci95 is None or summary.p50 <= 0:
        return None
    return max(summary.p50 - summary.ci95[0], summary.ci95[1] - summary.p50) / summary.p50


def percentiles_supported(summary: LatencySummary) -> tuple[int, ...]:
    """Of 90, 95 and 99, those that the number of passes can tell."""
    return tuple(percent for percent in (90, 95, 99) if summary.supports(percent / 100))


def _interval(summary: LatencySummary, stop: str | None) -> list[Finding]:
    width = relative_half_width(summary)
    if width is None:
        return [("D", f"{summary.n} passes: six are the least that an interval can be told from")]
    found = []
    percent = 100 * width
    said = f"the median is known to ±{percent:.2g} %" if percent < 99.5 else f"the median is known to ±{percent:.0f} %"
    if width > limit.WIDE:
        found.append(("C", said))
    elif width > limit.NARROW:
        found.append(("B", said))
    independent = summary.n_eff if summary.n_eff is not None else float(summary.n)
    if independent < limit.LEAST_INDEPENDENT:
        worth = "" if independent > 0.9 * summary.n else f", worth {independent:.0f} independent ones"
        found.append(("B", f"{summary.n} passes{worth}: {limit.LEAST_INDEPENDENT:.0f} are wanted"))
    if found and stop is not None and stop.startswith("time"):
        found.append((found[0][0], "stopped by time before the interval was as narrow as asked"))
    return found


def _flags(summary: LatencySummary, clean: LatencySummary | None, flags: Mapping[str, int]) -> list[Finding]:
    share = 1 - (clean.n if clean is not None else 0) / summary.n
    if share <= limit.FEW_FLAGS:
        return []
    letter = "D" if share > limit.MOST_FLAGS else "C" if share > limit.MANY_FLAGS else "B"
    each = ((flags[name] / summary.n, WORDS[name]) for name in DISTURBED if flags.get(name))
    named = ", ".join(f"{word} {100 * part:.0f} %" for part, word in sorted(each, reverse=True) if part >= 0.005)
    return [(letter, f"{100 * share:.0f} % of the passes were disturbed: {named}")]


def _trend(trend: Trend) -> list[Finding]:
    if trend.burst is None or trend.sustained is None:
        return []
    change = f"{_ms(trend.burst)} to {_ms(trend.sustained)} ms"
    if trend.kind == "unsteady":
        return [("D", f"the series has no steady level: {len(trend.levels)} levels, {change}")]
    if trend.kind == "slowdown":
        return [("C", f"it became slower: {change} from pass {trend.levels[-1][0]} on")]
    if trend.kind == "warm-up":
        return [("B", f"it was still warming up: {change} until pass {trend.levels[-1][0]}")]
    return []


def _rounds(medians: Sequence[float]) -> list[Finding]:
    if len(medians) < 2 or min(medians) <= 0:
        return []
    apart = max(medians) / min(medians) - 1
    return [("C", f"the medians of the rounds differ by {100 * apart:.0f} %")] if apart > limit.ROUNDS_DIFFER else []


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.4g}"
