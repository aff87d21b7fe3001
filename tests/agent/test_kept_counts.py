"""Counts that are kept from run to run: the same figures without a child, and nothing else is taken for them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import asking
from jetbench.domain.events import AnyEvent, Log, Model
from jetbench.domain.plan import Plan
from outside import USER_MODELS

MODEL = "squeezenet1_1"
PLAN = Plan(models=(MODEL,), sizes=((32, 32),), k=1, warmup=0)

pytestmark = pytest.mark.torch


def kept() -> list[Path]:
    return sorted(Path(os.environ["XDG_CACHE_HOME"], "jetbench-tui", "counts").glob("*.json"))


def run(plan: Plan = PLAN) -> tuple[Model, bool]:
    """The counts of a run's one case, and whether they were made in it."""
    with asking.agent() as link:
        events = asking.run(link, plan)
    counted = [model for model in asking.of(events, Model) if model.params is not None]
    return counted[-1], _made(events)


def _made(events: list[AnyEvent]) -> bool:
    return any(log.text.startswith("counted ") for log in asking.of(events, Log))


def figures(model: Model) -> dict[str, object]:
    return {name: getattr(model, name) for name in model.__struct_fields__ if name not in ("t", "n")}


def test_a_second_run_has_the_counts_of_the_first() -> None:
    first, made = run()
    assert made
    assert first.params == 1_235_496
    assert len(kept()) == 1
    second, made = run()
    assert not made
    assert figures(second) == figures(first)
    other, made = run(Plan(models=(MODEL,), sizes=((64, 64),), k=1, warmup=0))
    assert made, "another size is another count"
    assert other.macs != first.macs


SPOILED: dict[str, Callable[[dict[str, object]], bytes]] = {
    "empty": lambda kept: b"",
    "nested": lambda kept: b"[" * 60_000,
    "no number": lambda kept: json.dumps({**kept, "macs": "many"}).encode(),
    "another's": lambda kept: json.dumps({**kept, "name": "resnet18"}).encode(),
    "incomplete": lambda kept: json.dumps(
        {**kept, "counts": [{"method": "dispatch", "macs": None, "error": "?"}]}
    ).encode(),
    "large": lambda kept: json.dumps({**kept, "filler": "x" * 70_000}).encode(),
}


def test_what_was_not_written_so_is_counted_again() -> None:
    first, _ = run()
    (file,) = kept()
    whole = json.loads(file.read_bytes())
    for name, spoil in SPOILED.items():
        file.write_bytes(spoil(whole))
        again, made = run()
        assert made, name
        assert figures(again) == figures(first), name
        assert json.loads(file.read_bytes()) == whole, f"{name}: and kept as it should be"


def test_a_model_of_ones_own_and_the_command_count_are_counted_every_time() -> None:
    own = Plan(models=(f"{USER_MODELS}:honest",), sizes=((32, 32),), k=1, warmup=0)
    assert [run(own)[1], run(own)[1]] == [True, True]
    assert kept() == []
    with asking.agent() as link:
        assert _made(asking.ask(link, op="count", models=[MODEL], batch=1, sizes=[(32, 32)]))
    assert not run()[1], "what the command counted is kept for the run"
    with asking.agent() as link:
        assert _made(asking.ask(link, op="count", models=[MODEL], batch=1, sizes=[(32, 32)]))
