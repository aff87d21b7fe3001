"""The JSON schema of plan files (docs/plan.schema.json): for editors that complete TOML, for programs that write it."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from jetbench.domain import plan_file
from jetbench.domain.plan import DURATIONS, MAX_CASES, Plan

_DURATION = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?[smhSMH]?$"}
_PERCENT = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? *%$"}
_SIZE = {
    "anyOf": [
        {"type": "integer", "minimum": 1},
        {"type": "string", "pattern": r"^[0-9]+([xX][0-9]+)?$"},
    ]
}


def document() -> str:
    """The file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """What a plan's settings are, and beside that what a file may write as text: ``"15m"``, ``"1%"``, ``"240x320"``.

    What only the whole plan tells (k and until exclude each other) is no part of it: ``run`` says so.
    """
    _, parts = msgspec.json.schema_components([Plan], ref_template="#/$defs/{name}")
    parts = {name: _without_null(part) for name, part in parts.items()}
    plan = parts.pop("Plan")
    properties = plan["properties"]
    for key in DURATIONS:
        properties[key] = _either(properties[key], _DURATION)
    properties["until"] = _either(properties["until"], _PERCENT)
    properties["sizes"]["items"] = _SIZE
    properties["boards"]["items"] = {"anyOf": [{"type": "string"}, properties["boards"]["items"]]}
    for key in ("models", "variants", "batches"):
        properties[key].update(minItems=1, maxItems=MAX_CASES)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A plan of jetbench-tui",
        "type": "object",
        "properties": {key: {"description": plan_file.meaning(key), **told} for key, told in properties.items()},
        "additionalProperties": False,
        "$defs": parts,
    }


def _either(told: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """A number, or the same as text."""
    default = {"default": told["default"]} if "default" in told else {}
    return {"anyOf": [{key: value for key, value in told.items() if key != "default"}, written], **default}


def _without_null(told: Any) -> Any:
    """TOML has no null: what is not set is left out."""
    if isinstance(told, list):
        return [_without_null(each) for each in told]
    if not isinstance(told, dict):
        return told
    kept = {key: _without_null(value) for key, value in told.items() if not (key == "default" and value is None)}
    kinds = [kind for kind in kept.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        return kept | kinds[0]
    return kept | ({"anyOf": kinds} if kinds else {})
