"""What a person expects before a run, so that it can be scored afterwards.

    latency: mobilenet_v3_small < squeezenet1_1 < resnet18
    energy: resnet18 / mobilenet_v2 = 6

A measure, a colon, and an order of models or the ratio of two. It is part of the plan, and so of the recording.
"""

from __future__ import annotations

import math
import re

import msgspec

# Name: its unit, and whether less of it is what people want.
MEASURES = {
    "latency": "s",
    "first": "s",
    "throughput": "1/s",
    "params": "",
    "macs": "",
    "memory": "MiB",
    "energy": "J",
    "power": "W",
}
MOST, MOST_MODELS, MOST_LENGTH = 20, 20, 500
_RATIO = re.compile(r"(.+?)\s*/\s*(.+?)\s*=\s*([0-9.eE+-]+)\s*x?")


class Expectation(msgspec.Struct, frozen=True):
    """Either an order, the least first, or the ratio of the first model over the second one."""

    text: str
    measure: str
    models: tuple[str, ...]
    ratio: float | None = None


def parse(text: str) -> Expectation:
    """Raises ValueError with one line that says what is wrong."""
    said = " ".join(text.split())
    if len(said) > MOST_LENGTH:
        raise ValueError(f"an expectation is at most {MOST_LENGTH} characters long")
    measure, colon, rest = said.partition(":")
    measure = measure.strip().lower()
    if not colon or measure not in MEASURES:
        raise ValueError(f"{said!r}: begin with one of {', '.join(MEASURES)} and a colon")
    found = _RATIO.fullmatch(rest.strip()) if "=" in rest else None
    if found is not None:
        return Expectation(said, measure, (found[1], found[2]), _ratio(said, found[3]))
    models = tuple(part.strip() for part in rest.split("<"))
    if len(models) < 2 or not all(models) or "=" in rest:
        raise ValueError(f"{said!r}: write an order, {measure}: a < b < c, or a ratio, {measure}: a / b = 2")
    if len(set(models)) != len(models) or len(models) > MOST_MODELS:
        raise ValueError(f"{said!r}: each model once, and at most {MOST_MODELS} of them")
    return Expectation(said, measure, models)


def _ratio(said: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise ValueError(f"{said!r}: a ratio is a number above 0")
    return value
