"""What was expected against what was measured: supported, not supported, or not decided, by how much and likely why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import msgspec

from jetbench.analysis.cold_start import sentence
from jetbench.domain.expectation import MOST, Expectation, parse
from jetbench.domain.results import CaseResult

SUPPORTED, NOT_SUPPORTED, UNDECIDED, UNTESTED = "supported", "not supported", "not decided", "not tested"
CLOSE = 1.25  # a ratio within this factor of the expected one is what was meant
Interval = tuple[float, float]


class Score(msgspec.Struct, frozen=True):
    """``tau``: Kendall's rank correlation of an order with the measured one, from -1 to 1."""

    expectation: Expectation
    verdict: str
    text: str  # one sentence: what was measured
    why: str | None = None  # likely, from other figures of the same cases
    tau: float | None = None


def of_plan(plan: Mapping[str, Any], results: Sequence[CaseResult]) -> tuple[Score, ...]:
    """The expectations of a recorded plan, which is data: what is none is left out."""
    told = plan.get("expect")
    texts = [text for text in told if isinstance(text, str)][:MOST] if isinstance(told, list | tuple) else []
    found = []
    for text in texts:
        try:
            found.append(score(parse(text), results))
        except ValueError:
            continue
    return tuple(found)


def score(expectation: Expectation, results: Sequence[CaseResult]) -> Score:
    """Against the first measured case of every model that is named."""
    cases = {name: _case(name, results) for name in expectation.models}
    missing = [name for name, case in cases.items() if case is None or value(case, expectation.measure) is None]
    if missing:
        text = f"{expectation.measure} of {', '.join(missing)} was not measured"
        return Score(expectation, UNTESTED, text)
    known = {name: case for name, case in cases.items() if case is not None}
    return _ratio(expectation, known) if expectation.ratio is not None else _order(expectation, known)


def value(case: CaseResult, measure: str) -> float | None:
    """A measure of a case, in the unit of ``expectation.MEASURES``."""
    model, latency = case.model, case.latency
    found: Mapping[str, float | None] = {
        "latency": latency.p50 if latency else None,
        "first": case.cold_start_s.get("first"),
        "throughput": case.throughput_ips,
        "params": model.params if model else None,
        "macs": model.macs if model else None,
        "memory": case.peak_memory_mib,
        "energy": case.power.energy_j,
        "power": case.power.power_w,
    }
    return found[measure]


def interval(case: CaseResult, measure: str) -> Interval:
    """95 % interval of a measure; a point where it has none."""
    middle = value(case, measure) or 0.0
    if measure == "latency" and case.latency is not None and case.latency.ci95 is not None:
        return case.latency.ci95
    u = {"energy": case.power.energy_u_j, "power": case.power.power_u_w}.get(measure) or 0.0
    return middle - u, middle + u


def _case(name: str, results: Sequence[CaseResult]) -> CaseResult | None:
    return next((case for case in results if case.case.model == name and case.latency is not None), None)


def _order(expectation: Expectation, cases: Mapping[str, CaseResult]) -> Score:
    agree = against = 0
    wrong: tuple[str, str] | None = None
    for less, more in combinations(expectation.models, 2):
        first, second = interval(cases[less], expectation.measure), interval(cases[more], expectation.measure)
        if first[1] < second[0]:
            agree += 1
        elif second[1] < first[0]:
            against += 1
            wrong = wrong or (less, more)
    pairs = len(expectation.models) * (len(expectation.models) - 1) // 2
    ranked = sorted(cases, key=lambda name: value(cases[name], expectation.measure) or 0.0)
    figures = ", ".join(f"{name} {_shown(cases[name], expectation.measure)}" for name in ranked)
    text = f"{agree} of {pairs} pairs as expected, {against} the other way round: {figures}"
    verdict = NOT_SUPPORTED if against else SUPPORTED if agree == pairs else UNDECIDED
    why = _why(expectation.measure, cases[wrong[0]], cases[wrong[1]]) if wrong else None
    if verdict == UNDECIDED:
        why = "the intervals of some overlap: more passes or rounds may tell them apart"
    return Score(expectation, verdict, text, why, (agree - against) / pairs)


def _ratio(expectation: Expectation, cases: Mapping[str, CaseResult]) -> Score:
    assert expectation.ratio is not None
    over, under = (cases[name] for name in expectation.models)
    (low_a, high_a), (low_b, high_b) = interval(over, expectation.measure), interval(under, expectation.measure)
    top, bottom = value(over, expectation.measure), value(under, expectation.measure)
    if not top or not bottom or low_b <= 0:
        return Score(
            expectation, UNTESTED, f"{expectation.measure} of {expectation.models[1]} is too small to divide by"
        )
    measured, low, high = top / bottom, low_a / high_b, high_a / low_b
    off = measured / expectation.ratio
    span = f" [{low:.3g}, {high:.3g}]" if high > low else ""
    text = f"{measured:.3g}{span} was measured: {_factor(off)}"
    if low <= expectation.ratio * CLOSE and high >= expectation.ratio / CLOSE:
        sure = low >= expectation.ratio / CLOSE and high <= expectation.ratio * CLOSE
        return Score(expectation, SUPPORTED if sure else UNDECIDED, text)
    slow, fast = (over, under) if off > 1 else (under, over)
    return Score(expectation, NOT_SUPPORTED, text, _why(expectation.measure, slow, fast))


def _why(measure: str, more: CaseResult, less: CaseResult) -> str | None:
    """Why ``more`` has more of a measure than was expected of it beside ``less``: only what the figures show."""
    if measure not in ("latency", "energy", "first"):
        return None
    if measure == "first":
        return sentence(more.ledger, more.latency.p50 if more.latency else None)
    if more.throttled:
        return f"the board throttled while {more.case.model} was measured"
    rates = [_rate(case) for case in (more, less)]
    if rates[0] is not None and rates[1] is not None and rates[1] > CLOSE * rates[0]:
        return (
            f"{more.case.model} does {rates[0]:.3g} GMACs a second and {less.case.model} {rates[1]:.3g}: "
            "fewer multiply-adds are not less time where the kernels or the memory cannot keep up"
        )
    return None


def _rate(case: CaseResult) -> float | None:
    if case.model is None or not case.model.macs or case.latency is None or not case.latency.p50:
        return None
    return case.model.macs / case.latency.p50 * 1e-9


def _factor(off: float) -> str:
    if 1 / 1.05 < off < 1.05:
        return "as expected"
    return f"{off:.3g} times what was expected" if off > 1 else f"{1 / off:.3g} times less than expected"


def _shown(case: CaseResult, measure: str) -> str:
    found = value(case, measure) or 0.0
    if measure in ("latency", "first"):
        return f"{found * 1e3:.4g} ms"
    unit = {"energy": " J", "power": " W", "memory": " MiB", "throughput": "/s"}.get(measure, "")
    return f"{found:.4g}{unit}" if measure not in ("params", "macs") else f"{found * 1e-6:.4g} M"
