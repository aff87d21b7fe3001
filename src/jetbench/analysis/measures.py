"""What cases are compared by in a table or a plot: a value of a finished case, its interval, why it is missing.

Names, units and factors are those of ``domain.metrics``. Values are in the unit of the document, before its factor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import msgspec

from jetbench.domain.metrics import BY_KEY, Metric
from jetbench.domain.results import CaseResult, DataResult, LatencySummary, PowerResult, Share

Value = float | str | None
Interval = tuple[float, float]
# Cases that ended in some way. One that was skipped never began.
ENDED = ("measured", "interrupted", "failed", "refused", "skipped")


class Measure(msgspec.Struct, frozen=True):
    metric: Metric
    of: Callable[[CaseResult], Value]
    better: int = 0  # 1: more is better, -1: less is, 0: neither
    interval: Callable[[CaseResult], Interval | None] = lambda _: None  # about 95 %
    why: Callable[[CaseResult], str] = lambda _: "not recorded"  # it is missing
    order: Callable[[CaseResult], float | str | None] | None = None  # to sort by, where it is not the value

    @property
    def key(self) -> str:
        return self.metric.key

    @property
    def title(self) -> str:
        """With its unit: ``p50 ms``."""
        return f"{self.metric.title} {self.metric.heading_unit}".strip()

    def number(self, result: CaseResult) -> float | None:
        """The value in the unit that is shown. None where there is none, or where it is a word."""
        value = self.of(result)
        return value * self.metric.factor if isinstance(value, int | float) else None

    def span(self, result: CaseResult) -> Interval | None:
        """The interval in the unit that is shown."""
        found = self.interval(result)
        return None if found is None else (found[0] * self.metric.factor, found[1] * self.metric.factor)


def finished(cases: Iterable[CaseResult]) -> tuple[CaseResult, ...]:
    return tuple(result for result in cases if result.status in ENDED)


def ordered(results: Sequence[CaseResult], measure: Measure, descending: bool = False) -> list[CaseResult]:
    """By a measure; those that are alike in the order of the plan, those without it last in either direction."""
    order = measure.order or measure.of
    known = [(value, result) for result in results if (value := order(result)) is not None]
    missing = [result for result in results if order(result) is None]
    known.sort(key=lambda pair: _sortable(pair[0]), reverse=descending)
    return [*(result for _, result in known), *missing]


def _sortable(value: float | str) -> tuple[float, str]:
    return (0.0, value.casefold()) if isinstance(value, str) else (float(value), "")


def input_size(result: CaseResult) -> tuple[int, int] | None:
    """Height and width it ran with; None where the case left them to the model and that is not known."""
    if result.case.size is not None:
        return result.case.size
    shape = result.model.input if result.model is not None else ()
    return (shape[2], shape[3]) if len(shape) == 4 else None


def side(result: CaseResult) -> float | None:
    """Pixels a side of a square with as many of them."""
    size = input_size(result)
    return math.sqrt(size[0] * size[1]) if size is not None else None


def _input(result: CaseResult) -> str | None:
    size = input_size(result)
    return f"{size[0]}x{size[1]}" if size is not None else None


def _latency(pick: Callable[[LatencySummary], float | None]) -> Callable[[CaseResult], Value]:
    return lambda result: pick(result.latency) if result.latency is not None else None


def _not_timed(result: CaseResult) -> str:
    return result.error or f"no pass was timed ({result.status})"


def _power(pick: Callable[[PowerResult], float | None]) -> Callable[[CaseResult], Value]:
    return lambda result: pick(result.power)


def _give_or_take(value: float | None, u: float | None) -> Interval | None:
    return None if value is None or u is None else (value - u, value + u)


def _no_power(result: CaseResult) -> str:
    found = result.power
    if found.reason_text or found.reason:
        return found.reason_text or str(found.reason).replace("_", " ")
    return _not_timed(result) if result.latency is None else "not known"


def _no_net(result: CaseResult) -> str:
    reason = result.power.net_reason
    return reason.replace("_", " ") if reason and result.power.energy_j is not None else _no_power(result)


def _not_counted(result: CaseResult) -> str:
    return (result.model.error if result.model is not None else None) or "not counted"


def _top(pick: Callable[[DataResult], Share | None]) -> Callable[[CaseResult], Value]:
    def of(result: CaseResult) -> Value:
        found = pick(result.data) if result.data is not None else None
        return found.value if found is not None else None

    return of


def _top_interval(pick: Callable[[DataResult], Share | None]) -> Callable[[CaseResult], Interval | None]:
    def of(result: CaseResult) -> Interval | None:
        found = pick(result.data) if result.data is not None else None
        return found.ci95 if found is not None else None

    return of


def _not_judged(result: CaseResult) -> str:
    if result.data is None:
        return "no images were given (--data)"
    return result.data.reason or "the model has 5 outputs or fewer"


def _word(key: str, of: Callable[[CaseResult], Value]) -> Measure:
    return Measure(BY_KEY[key], of)


def _timed(
    key: str,
    pick: Callable[[LatencySummary], float | None],
    interval: Callable[[CaseResult], Interval | None] = lambda _: None,
) -> Measure:
    return Measure(BY_KEY[key], _latency(pick), -1, interval, _not_timed)


def _electric(
    key: str, pick: Callable[[PowerResult], float | None], u: Callable[[PowerResult], float | None], better: int = -1
) -> Measure:
    return Measure(
        BY_KEY[key], _power(pick), better, lambda result: _give_or_take(pick(result.power), u(result.power)), _no_power
    )


MEASURES: tuple[Measure, ...] = (
    _word("model", lambda result: result.case.model),
    Measure(BY_KEY["batch"], lambda result: result.case.batch),
    Measure(BY_KEY["input"], _input, order=side),
    Measure(BY_KEY["grade"], lambda r: r.grade.letter if r.grade is not None else None, why=_not_timed),
    _timed("latency_p50", lambda found: found.p50, lambda r: r.latency.ci95 if r.latency is not None else None),
    _timed("latency_p99", lambda found: found.p99),
    Measure(BY_KEY["throughput_ips"], lambda result: result.throughput_ips, 1, why=_not_timed),
    _electric("energy", lambda found: found.energy_j, lambda found: found.energy_u_j),
    Measure(BY_KEY["status"], lambda result: result.status, order=lambda result: ENDED.index(result.status)),
    _word("variant", lambda result: result.case.variant),
    _word("device", lambda result: result.case.device),
    Measure(BY_KEY["params"], lambda r: r.model.params if r.model is not None else None, -1, why=_not_counted),
    Measure(BY_KEY["macs"], lambda r: r.model.macs if r.model is not None else None, -1, why=_not_counted),
    Measure(BY_KEY["peak_memory"], lambda result: result.peak_memory_mib, -1),
    _electric("power", lambda found: found.power_w, lambda found: found.power_u_w),
    Measure(
        BY_KEY["energy_net"], _power(lambda found: found.energy_net_j), -1,
        lambda r: _give_or_take(r.power.energy_net_j, r.power.energy_net_u_j), _no_net,
    ),
    _electric("items_per_j", lambda found: found.items_per_j, lambda found: found.items_per_j_u, 1),
    Measure(BY_KEY["top1"], _top(lambda d: d.top1), 1, _top_interval(lambda d: d.top1), _not_judged),
    Measure(BY_KEY["top5"], _top(lambda d: d.top5), 1, _top_interval(lambda d: d.top5), _not_judged),
    Measure(
        BY_KEY["real_over_synthetic"], lambda r: r.data.ratio if r.data is not None else None, 0,
        lambda r: r.data.ratio_ci95 if r.data is not None else None, _not_judged,
    ),
    _timed("latency_mean", lambda found: found.mean),
    _timed("latency_p95", lambda found: found.p95),
    Measure(BY_KEY["cold_first"], lambda result: result.cold_start_s.get("first"), -1),
)  # fmt: skip
BY_NAME = {measure.key: measure for measure in MEASURES}
# Those that are numbers, for a plot: latency, throughput and energy come first.
PLOTTED: tuple[Measure, ...] = tuple(
    BY_NAME[key]
    for key in (
        "latency_p50", "throughput_ips", "energy", "latency_p99", "latency_p95", "latency_mean", "power", "energy_net",
        "items_per_j", "peak_memory", "params", "macs", "cold_first", "batch", "top1", "top5", "real_over_synthetic",
    )
)  # fmt: skip
