"""What is wrong in a plan file, in one line: where it stands, and what was to stand there."""

from __future__ import annotations

import re
import typing
from collections.abc import Mapping
from typing import Any

import msgspec

_PLACE = r"(?: - at `(?P<path>[^`]+)`)?\Z"
_MISFIT = re.compile(r"Expected `(?P<wanted>[^`]+)`(?:, got `(?P<given>[^`]+)`)?(?P<rest>.*?)" + _PLACE)
_ENUM = re.compile(r"Invalid enum value (?P<value>.+?)" + _PLACE)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>[^`]+)`" + _PLACE)
_MISSING = re.compile(r"Object missing required field `(?P<key>[^`]+)`" + _PLACE)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]|\[\.\.\.\]")
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": 'text in quotes, "..."',
    "bool": "true or false",
    "array": "a list, [...]",
    "object": "a table, { key = value }",
    "null": "",
}


def misfit(error: msgspec.ValidationError, kind: type, text: str) -> str:
    """``line 2: k: a whole number belongs here, not text``. ``kind``: the struct that ``text`` was to become."""
    said = str(error)
    if found := _ENUM.match(said):
        steps = _steps(found["path"] or "$")
        choices = ", ".join(_choices(kind, steps))
        return placed(text, steps, f"no {found['value']}; there are: {choices}")
    if found := _UNKNOWN.match(said):
        steps = _steps(found["path"] or "$")
        return placed(text, (*steps, found["key"]), "unknown key")
    if found := _MISSING.match(said):
        steps = _steps(found["path"] or "$")
        return placed(text, steps, f"{found['key']!r} is missing")
    if found := _MISFIT.match(said):
        wanted = " or ".join(word for part in found["wanted"].split(" | ") if (word := _WORDS.get(part, part)))
        given = f", not {_given(found['given'])}" if found["given"] else ""
        return placed(text, _steps(found["path"] or "$"), f"{wanted} belongs here{given}{found['rest']}")
    return said


def rule(said: str, table: Mapping[str, Any], text: str) -> str:
    """A rule that a value breaks, with its line where its first words name the value."""
    words = [word.rstrip(":").replace("-", "_") for word in said.split()[:3]]
    named = (word + ending for word in words if word != "input" for ending in ("", "s", "es"))
    key = next((key for key in named if key in table), None)
    number = line(text, (key,)) if key is not None else None
    return said if number is None else f"line {number}: {said}"


def line(text: str, steps: tuple[str | int, ...]) -> int | None:
    """Number of the line where a key is given a value, from 1; of a table's where its own cannot be told."""
    found, begin = None, 0
    lines = text.splitlines()
    for at, step in enumerate(steps):
        if isinstance(step, int):
            continue
        nth = steps[at + 1] if at + 1 < len(steps) else 0
        key = re.escape(step)
        places = [number for number in range(begin, len(lines)) if re.match(rf"\s*\[\[\s*{key}\s*\]\]", lines[number])]
        if not places:
            wanted = rf"\s*\[?\s*[\"']?{key}[\"']?\s*[=\]]"
            places = [number for number in range(begin, len(lines)) if re.match(wanted, lines[number])][:1]
            nth = 0
        if not isinstance(nth, int) or nth >= len(places):
            return found
        begin = places[nth]
        found = begin + 1
    return found


def _steps(path: str) -> tuple[str | int, ...]:
    """``$.inputs[0].shape`` as ("inputs", 0, "shape")."""
    return tuple(key or (int(index) if index else 0) for key, index in _STEP.findall(path))


def placed(text: str, steps: tuple[str | int, ...], said: str) -> str:
    """``said`` of the value at ``steps``, behind its line and name."""
    number = line(text, steps)
    where = "" if number is None else f"line {number}: "
    name = "".join(f" {step + 1}" if isinstance(step, int) else f", {step}" for step in steps).lstrip(", ")
    return f"{where}{name}: {said}" if name else f"{where}{said}"


def _given(kind: str) -> str:
    return {"str": "text", "int": "a number", "bool": "true or false", "array": "a list", "object": "a table"}.get(
        kind, kind
    )


def _choices(kind: Any, steps: tuple[str | int, ...]) -> list[str]:
    """What a field may be, of those that are one of some words."""
    found: Any = kind
    for step in steps:
        if isinstance(step, str):
            structs = [part for part in _parts(found) if isinstance(part, type) and issubclass(part, msgspec.Struct)]
            found = typing.get_type_hints(structs[0]).get(step) if structs else None
    parts = _parts(found)
    return sorted(part for part in parts if isinstance(part, str)) + ["a whole number"] * (int in parts)


def _parts(hint: Any) -> list[Any]:
    """A type, or all that it is made of."""
    inside = typing.get_args(hint)
    return [part for each in inside for part in _parts(each)] if inside else [hint]
