"""Which published model has exactly so many parameters.

The table, published.csv, is torchvision 0.29's: for every model with weights, ``num_params`` and ``_ops`` of the
weights' metadata, at their crop size. ``_ops`` is called GFLOPS there and is 1e9 multiply-adds of one item. Rows
without weights are the same models with or without the heads that only training uses, counted by us.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

import msgspec


class Published(msgspec.Struct, frozen=True):
    model: str
    family: str
    size: int | None  # input height = width; None: it takes any
    params: int
    gmacs: float | None  # 1e9 multiply-adds of one item at that size
    weights: str  # whose metadata say so; empty: counted by us
    note: str  # how it differs from the model as it is published

    @property
    def title(self) -> str:
        return f"{self.model} {self.note}" if self.note else self.model


@cache
def table() -> tuple[Published, ...]:
    text = resources.files("jetbench.analysis").joinpath("published.csv").read_text("utf-8")
    return tuple(
        Published(
            model=row["model"],
            family=row["family"],
            size=int(row["size"]) if row["size"] else None,
            params=int(row["params"]),
            gmacs=float(row["gmacs"]) if row["gmacs"] else None,
            weights=row["weights"],
            note=row["note"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def with_params(params: int | None) -> tuple[str, ...]:
    """Titles of the published models that have exactly so many parameters, each once."""
    return tuple(dict.fromkeys(entry.title for entry in table() if entry.params == params))


def identified(params: int | None) -> str | None:
    """The one published model with so many parameters. None: there is none, or there are several."""
    found = with_params(params)
    return found[0] if len(found) == 1 else None


def sentence(params: int | None) -> str | None:
    """What the number of parameters says, or None when it says nothing."""
    found = with_params(params)
    if not found:
        return None
    if len(found) == 1:
        return f"this is {found[0]}"
    return f"this is one of {_listed(found)}, which have equally many parameters"


def news(model: str, params: int | None) -> str | None:
    """``sentence`` where it says more than the model's name does."""
    if any(entry.params == params for name in (model, model.rpartition(":")[2]) for entry in named(name)):
        return None
    return sentence(params)


def named(model: str) -> tuple[Published, ...]:
    """Every row of a published model, by its name as people write it: "MobileNetV3-small", "SqueezeNet 1.1"."""
    return _by_name().get(plain(model), ())


@cache
def near(model: str) -> tuple[str, ...]:
    """Names of published models that are written much like this one, the nearest first."""
    known = _by_name()
    return tuple(known[key][0].model for key in difflib.get_close_matches(plain(model)[:100], known, 3, 0.75))


@cache
def _by_name() -> dict[str, tuple[Published, ...]]:
    found: dict[str, tuple[Published, ...]] = {}
    for entry in table():
        key = plain(entry.model)
        found[key] = (*found.get(key, ()), entry)
    return found


def plain(name: str) -> str:
    """Letters and digits of a name. What parts two digits stays, for 1.6 and 16 are two models."""
    words = re.sub(r"(?<=\d)[^a-z0-9]+(?=\d)", "_", name.lower())
    return re.sub(r"[^a-z0-9_]|(?<!\d)_|_(?!\d)", "", words)


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
