"""What models of a plan are fed, where it is no batch of images of their own size: ``[[inputs]]`` of the plan.

The board side reads it from brackets behind the model's name (docs/models.md): ``net.py:build[ids=Nx128/int64<30522]``.
"""

from __future__ import annotations

import math
import re
from typing import Literal

import msgspec

BATCH = "N"
DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
MOST_SIDES = 8
MOST_SIDE = 1 << 24
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z")
_BRACKETS = re.compile(r"([^\[]+)\[([^\[\]]*)\]\Z")

DType = Literal["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]


class ModelInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One tensor of a pass: values from ``low`` to below ``high``, drawn at random."""

    shape: tuple[int | str, ...]  # "N" is the batch
    dtype: DType = "float32"
    name: str | None = None  # None: by position; "a.b": entry b of the dictionary a
    low: float = 0
    high: float | None = None  # None: 1 above low; whole numbers need it
    model: str | None = None  # the plan's model that takes it; None: every one


def brackets(inputs: tuple[ModelInput, ...]) -> str:
    """What stands in the brackets. Raises ValueError with one line."""
    names = [one.name for one in inputs if one.name is not None]
    if len(set(names)) < len(names):
        raise ValueError(f"two inputs are named {next(name for name in names if names.count(name) > 1)!r}")
    return "+".join(_written(one) for one in inputs)


def given(name: str) -> bool:
    """Whether a model's name says its inputs itself."""
    return _BRACKETS.match(name) is not None


def _written(one: ModelInput) -> str:
    _check(one)
    whole = "int" in one.dtype
    text = f"{one.name}=" if one.name else ""
    text += "x".join(str(side) for side in one.shape)
    text += "" if one.dtype == "float32" else f"/{one.dtype}"
    text += f">={_number(one.low, whole)}" if one.low else ""
    return text + (f"<{_number(one.high, whole)}" if one.high is not None else "")


def _check(one: ModelInput) -> None:
    where = f"input {one.name!r}: " if one.name else "input: "
    sides = [side for side in one.shape if side != BATCH]
    high = one.high if one.high is not None else one.low + 1
    rules = (
        (1 <= len(one.shape) <= MOST_SIDES, f"a shape has 1 to {MOST_SIDES} sides"),
        (all(isinstance(side, int) for side in sides), 'a side is a whole number, or "N" for the batch'),
        (all(1 <= side <= MOST_SIDE for side in sides if isinstance(side, int)), "a side is 1 to 16777216"),
        (BATCH not in one.shape[1:], '"N" is the first side'),
        (one.name is None or bool(_NAME.match(one.name)), "a name is a parameter of the model, or parameter.key"),
        (math.isfinite(one.low) and math.isfinite(high) and one.low < high, "low lies below high"),
        ("int" not in one.dtype or one.high is not None, "whole numbers need high, the first that does not occur"),
        ("int" not in one.dtype or one.low % 1 == high % 1 == 0, "bounds of whole numbers are whole"),
    )
    for holds, text in rules:
        if not holds:
            raise ValueError(where + text)


def _number(value: float, whole: bool) -> str:
    return str(int(value)) if whole else repr(float(value)).replace("e+", "e")
