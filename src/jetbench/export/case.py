"""One case of the results document: its keys are those of docs/results.schema.json."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import asdict

from jetbench.analysis import cold_start, counts, duty, identify
from jetbench.analysis.grade import percentiles_supported
from jetbench.domain.events import Model, Remedy, Rule
from jetbench.domain.results import CaseResult, LatencySummary, LedgerEntry, OutputError, PowerResult, Trend
from jetbench.domain.text import printable
from jetbench.export import why
from jetbench.export.data import data
from jetbench.export.soak import soak
from jetbench.export.values import figure, plain, text

NOT_MEASURED = "not_measured"
_MOST = 20  # of what a recording lists and a table prints
_LATENCY = ("n", "mean", "std", "min", "p50", "p90", "p95", "p99", "max")
_COUNTED = (
    "flops", "params_trainable", "params_shared", "buffers", "bytes", "activation_bytes", "peak_activation_bytes",
    "traffic_bytes", "method", "coverage",
)  # fmt: skip


def case(result: CaseResult, cycle: duty.DutyCycle | None = None) -> dict[str, Any]:
    found = {
        "model": printable(result.case.model),
        "variant": printable(result.case.variant),
        "device": printable(result.case.device),
        "batch": result.case.batch,
        "input": _input(result),
        "status": printable(result.status),
        "error": text(result.error),
        "params": result.model.params if result.model else None,
        "macs": result.model.macs if result.model else None,
        "cold_start_s": {printable(name): figure(value) for name, value in result.cold_start_s.items()},
        "latency_s": latency(result.latency),
        "throughput_ips": figure(result.throughput_ips) if result.latency and result.latency.mean > 0 else None,
        "peak_memory_mib": figure(result.peak_memory_mib),
        **_power(result.power),
        "throttled": result.throttled,
        "flags": dict(result.flags),
        "grade": result.grade.letter if result.grade else None,
        "verdict": text(result.why.verdict.sentence) if result.why is not None else None,
        "grade_reasons": [printable(reason) for reason in result.grade.reasons] if result.grade else [],
        "clean_latency_s": latency(result.clean),
        "flagged_share": figure(result.flagged_share),
        "outliers": _outliers(result),
        "trend": _trend(result.trend) if result.latency else None,
        "cold_start": [_ledger(entry) for entry in result.ledger],
        "cold_start_text": text(cold_start.sentence(result.ledger, result.latency.p50 if result.latency else None)),
        "rules": [_rule(rule) for rule in result.rules],
        "memory": _memory(result),
        "cause": text(result.cause),
        "evidence": [printable(line) for line in result.evidence[:_MOST]],
        "remedies": [_remedy(remedy) for remedy in result.remedies[:_MOST]],
        "counted": _counted(result.model),
        "device_latency_s": latency(result.device_latency),
        "transfers_s": {printable(name): latency(summary) for name, summary in result.transfers.items()},
        "end_to_end_s": latency(result.end_to_end),
        "parts_s": {printable(name): latency(summary) for name, summary in result.parts.items()},
        "soak": soak(result.soak, latency),
        "why": why.entry(result.why),
        "output": _output(result.output),
        "data": data(result.data, latency),
    }
    if cycle is not None:
        found["duty"] = _duty(duty.at_rate(result, cycle))
    return found


def latency(summary: LatencySummary | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    found: dict[str, Any] = {name: figure(getattr(summary, name)) for name in _LATENCY}
    found["ci95"] = [figure(edge) for edge in summary.ci95] if summary.ci95 is not None else None
    found["lag1"], found["n_eff"] = figure(summary.lag1), figure(summary.n_eff)
    found["supported"] = [f"p{percent}" for percent in percentiles_supported(summary)]
    return found


def _input(result: CaseResult) -> list[int] | None:
    if result.model is not None and result.model.input:
        return list(result.model.input)
    size = result.case.size
    return [result.case.batch, 3, *size] if size is not None else None


def _power(power: PowerResult) -> dict[str, Any]:
    told = power.energy_j is not None
    return {
        "power_w": figure(power.power_w),
        "energy_j": figure(power.energy_j),
        "energy_u_j": figure(power.energy_u_j),
        "energy_reason": None if told else printable(power.reason or NOT_MEASURED),
        "power_u_w": figure(power.power_u_w),
        "idle_w": figure(power.idle_w),
        "idle_u_w": figure(power.idle_u_w),
        "energy_net_j": figure(power.energy_net_j),
        "energy_net_u_j": figure(power.energy_net_u_j),
        "energy_net_reason": None
        if power.energy_net_j is not None
        else printable(power.net_reason or power.reason or NOT_MEASURED),
        "items_per_j": figure(power.items_per_j),
        "items_per_j_u": figure(power.items_per_j_u),
        "edp_js": figure(power.edp_js),
        "energy_from": None if not told else "block" if power.block else "passes",
        "energy_notes": [printable(note) for note in power.notes],
    }


def _outliers(result: CaseResult) -> dict[str, Any] | None:
    return {name: figure(value) for name, value in asdict(result.outliers).items()} if result.latency else None


def _trend(trend: Trend) -> dict[str, Any]:
    return {
        "kind": printable(trend.kind),
        "burst_s": figure(trend.burst),
        "sustained_s": figure(trend.sustained),
        "onset": trend.onset,
        "levels": [[first, figure(median)] for first, median in trend.levels],
    }


def _ledger(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "stage": printable(entry.stage),
        "seconds": figure(entry.seconds),
        "major_faults": entry.major_faults,
        "swap_in_kib": entry.swap_in_kib,
        "read_kib": entry.read_kib,
        "cache_kib": entry.cache_kib,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": printable(rule.name),
        "outcome": printable(rule.outcome),
        "text": printable(rule.text),
        "round": rule.r,
        "passes": rule.passes,
        "seconds": figure(rule.ns * 1e-9) if rule.ns is not None else None,
        "value": figure(rule.value),
        "target": figure(rule.target),
    }


def _memory(result: CaseResult) -> dict[str, Any]:
    """Predicted before the case began, and its actual peak."""
    forecast = result.forecast
    return {
        "verdict": printable(forecast.verdict) if forecast else None,
        "text": text(forecast.text) if forecast else None,
        "predicted_mib": _mib(forecast.need_kib if forecast else None),
        "available_mib": _mib(forecast.available_kib if forecast else None),
        "peak_rss_mib": figure(result.peak_memory_mib),
        "peak_cuda_mib": figure(result.peak_cuda_mib),
    }


def _remedy(remedy: Remedy) -> dict[str, Any]:
    return {"text": printable(remedy.text), "need_mib": _mib(remedy.need_kib)}


def _mib(kib: int | None) -> float | int | None:
    return None if kib is None else figure(kib / 1024)


def _counted(model: Model | None) -> dict[str, Any] | None:
    """How the model was counted; null where it was not, or where counting failed."""
    if model is None or model.params is None:
        return None
    bounds, differ = counts.intensity(model), counts.disagreement(model)
    return {
        **{name: plain(getattr(model, name)) for name in _COUNTED},
        "intensity": {"unfused": figure(bounds.unfused), "ideal": figure(bounds.ideal)},
        "ways": [plain(msgspec.to_builtins(count)) for count in model.counts],
        "disagreement": printable(differ.text) if differ else None,
        "disagreement_share": figure(differ.share) if differ else None,
        "identified": text(identify.identified(model.params)),
    }


def _duty(told: duty.Duty) -> dict[str, Any]:
    found = {name: figure(getattr(told, name)) for name in ("rate_hz", "battery_wh", "power_w", "power_u_w")}
    return {**found, "hours": figure(told.hours), "hours_u": figure(told.hours_u), "reason": text(told.reason)}


def _output(output: OutputError | None) -> dict[str, Any] | None:
    if output is None:
        return None
    reason = printable(output.reason, 300) if output.reason is not None else None
    return {"error": figure(output.error), "reason": reason, "limit": output.limit, "wrong": output.wrong}
