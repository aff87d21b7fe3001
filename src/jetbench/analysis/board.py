"""The board's channels as one document: what `sensors --json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jetbench.analysis.telemetry import TOTAL_POWER, scaled
from jetbench.domain.events import Board, Channel, Telemetry, Throttle


def sensors_document(board: Board, row: Telemetry, throttle: Throttle) -> dict[str, Any]:
    """Every channel with its newest value; null always has its reason beside it."""
    raw = {c.id: value for c, value in zip(board.channels, row.v, strict=False)}
    value = {c.id: scaled(c, raw.get(c.id)) for c in board.channels}
    total = next((c for c in board.channels if c.id == TOTAL_POWER), None)
    reason = None if value.get(TOTAL_POWER) is not None else _reason(total, row)
    zones = [c for c in board.channels if c.quantity == "temperature"]
    return {
        "board": {"model": board.model, "kind": board.kind, "soc": board.soc},
        "power": {
            "total_w": value.get(TOTAL_POWER),
            "reason": reason,
            "reason_text": board.power.reason_text if reason else None,
            "method": board.power.method,
            "scope": board.power.scope,
            "rails": _rails(board, value),
        },
        "temperatures_c": {c.name: value[c.id] for c in zones},
        "temperature_reasons": {c.name: _reason(c, row) for c in zones if value[c.id] is None},
        "throttle": {
            "now": throttle.now,
            "reason": throttle.reason,
            "active": list(throttle.active),
            "notices": list(throttle.notices),
            "counters": {c.name: raw.get(c.id) for c in board.channels if c.quantity == "counter"},
        },
        "cpu": _cpu(board, raw, value),
        "gpu": _gpu(board, raw, value),
        "fan": _fan(value),
        "memory_mib": {c.name: value[c.id] for c in board.channels if c.quantity == "memory"},
        "problems": list(board.problems),
    }


def _reason(channel: Channel | None, row: Telemetry) -> str:
    if channel is None:
        return "no_sensor"
    return channel.reason or row.why.get(channel.id) or "read_error"


def _rails(board: Board, value: Mapping[str, float | None]) -> dict[str, dict[str, float | None]]:
    rails = [c for c in board.channels if c.quantity == "power" and c.id != TOTAL_POWER]
    return {
        c.name: {"v": value.get(f"voltage.{c.name}"), "a": value.get(f"current.{c.name}"), "w": value[c.id]}
        for c in rails
    }


def _cpu(board: Board, raw: Mapping[str, int | None], value: Mapping[str, float | None]) -> dict[str, Any]:
    facts = board.facts.get("cpu") or {}
    policies = facts.get("policies") or {}
    return {
        "online": facts.get("online", board.cpus),
        "model": board.cpu_model,
        "cur_khz": {name: raw.get(f"clock.cpu.{name}") for name in policies},
        "max_khz": {name: policy.get("max_khz") for name, policy in policies.items()},
        "governor": facts.get("governor"),
        "load_pct": value.get("load.cpu"),
    }


def _gpu(board: Board, raw: Mapping[str, int | None], value: Mapping[str, float | None]) -> dict[str, Any] | None:
    facts = board.facts.get("gpu")
    if not facts:
        return None
    return {
        "name": facts.get("name"),
        "cur_hz": raw.get("clock.gpu"),
        "min_hz": facts.get("min_hz"),
        "max_hz": facts.get("max_hz"),
        "load_pct": value.get("load.gpu"),
    }


def _fan(value: Mapping[str, float | None]) -> dict[str, float | None] | None:
    if "fan.pwm" not in value and "fan.rpm" not in value:
        return None
    return {"pwm_pct": value.get("fan.pwm"), "rpm": value.get("fan.rpm")}
