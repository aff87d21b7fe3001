"""The memory a case will need, told beforehand: verdicts at their bounds, and what would help."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench_agent import preflight

MIB = 1 << 20
KIB = st.integers(0, 64 << 20)
BYTES = st.integers(0, 8 << 30)
VERDICTS = ("green", "tight", "refused")

models = st.fixed_dictionaries(
    {"bytes": BYTES, "input_bytes": BYTES, "peak_activation_bytes": BYTES, "input": st.just([4, 3, 224, 224])}
)
cases = st.fixed_dictionaries(
    {
        "batch": st.integers(1, 64),
        "variant": st.sampled_from(["fp32", "fp16", "bf16"]),
        "device": st.sampled_from(["cpu", "cuda"]),
        "size": st.sampled_from([None, [224, 224], [32, 48]]),
        "weights": st.sampled_from([None, "some.pt"]),
    }
)


def need(model: dict[str, Any], case: dict[str, Any], base: int, unified: bool) -> int:
    whole = preflight.need(model, case, base, unified)[1]
    assert isinstance(whole, int)
    return whole


def forecast(
    model: dict[str, Any],
    case: dict[str, Any],
    base: int | None,
    room: int | None,
    swap: int | None = 0,
    force: bool = False,
    unified: bool = False,
) -> dict[str, Any]:
    """With ``room`` KiB for the whole of a child: what is available, and what it begins with."""
    available = None if room is None else room - (base or 0)
    return preflight.forecast(model, case, base, available, "MemAvailable", swap, force, unified)


@given(models, cases, KIB, st.booleans())
def test_verdicts_at_their_bounds(model: dict[str, Any], case: dict[str, Any], base: int, unified: bool) -> None:
    needed = need(model, case, base, unified)
    enough = -(-10 * needed // 7)  # 70 % of it are needed
    for room, verdict in (
        (enough, "green"),
        (enough - 1, "tight"),
        (needed, "tight"),
        (needed - 1, "refused"),
        (0, "refused"),
    ):
        told = forecast(model, case, base, room, unified=unified)
        assert told["verdict"] == verdict, room
        assert (told["need_kib"], told["available_kib"]) == (needed, room)
        assert told["text"]
        assert ("remedies" in told) == (verdict != "green")


@given(models, cases, KIB, st.integers(0, 32 << 20), st.integers(0, 32 << 20), st.booleans())
def test_more_room_is_never_a_worse_verdict(
    model: dict[str, Any], case: dict[str, Any], base: int, room: int, more: int, force: bool
) -> None:
    less, much = (forecast(model, case, base, size, force=force)["verdict"] for size in (room, room + more))
    assert VERDICTS.index(much) <= VERDICTS.index(less)


@given(models, cases, KIB, BYTES)
def test_more_of_anything_is_never_less_need(model: dict[str, Any], case: dict[str, Any], base: int, more: int) -> None:
    needed = need(model, case, base, False)
    for part in ("bytes", "input_bytes", "peak_activation_bytes"):
        assert need({**model, part: model[part] + more}, case, base, False) >= needed
    assert need(model, {**case, "weights": "some.pt"}, base, False) >= needed
    assert need(model, case, base, True) >= needed, "the GPU's copy lies in the same memory"
    assert need(model, {**case, "variant": "fp32"}, base, False) >= needed


def test_the_formula() -> None:
    """base + max(loading, weights + input + 2 x activations) + slack, by hand, in KiB."""
    model = {"bytes": 100 * MIB, "input_bytes": 2 * MIB, "peak_activation_bytes": 10 * MIB}
    case = {"batch": 1, "variant": "fp32", "device": "cpu", "size": [224, 224], "weights": None}
    slack = preflight.SLACK_KIB
    assert need(model, case, 1000, False) == 1000 + (100 + 2 + 20) * 1024 + slack
    assert need(model, {**case, "weights": "some.pt"}, 1000, False) == 1000 + 200 * 1024 + slack
    assert need(model, {**case, "variant": "fp16"}, 1000, False) == 1000 + 100 * 1024 + slack
    assert need(model, case, 1000, True) == 1000 + (122 + 120) * 1024 + slack


@pytest.mark.parametrize(
    "missing, word",
    [
        ("bytes", "the weights"),
        ("peak_activation_bytes", "the activations"),
        ("base", "what torch takes"),
        ("room", "what is available"),
    ],
)
def test_what_is_not_known_is_not_foretold(missing: str, word: str) -> None:
    model = {"bytes": MIB, "input_bytes": MIB, "peak_activation_bytes": MIB}
    case = {"batch": 1, "variant": "fp32", "device": "cpu", "size": None}
    model = {name: value for name, value in model.items() if name != missing}
    told = forecast(model, case, None if missing == "base" else 1000, None if missing == "room" else 10**6)
    assert told["verdict"] == "unknown"
    assert word in told["text"]
    assert not {"need_kib", "available_kib", "remedies"} & set(told)


@given(models, cases, KIB, st.integers(0, 32 << 20), st.integers(0, 1 << 20))
def test_three_remedies_and_what_fits_comes_first(
    model: dict[str, Any], case: dict[str, Any], base: int, room: int, swap: int
) -> None:
    told = forecast(model, case, base, room, swap)
    if told["verdict"] == "green":
        return
    remedies = told["remedies"]
    assert len({remedy["text"] for remedy in remedies}) == 3
    fit = [remedy.get("need_kib", room + 1) <= room for remedy in remedies]
    changes = [remedy["text"].startswith(("batch", "half")) for remedy in remedies]
    helping = [fits for fits, change in zip(fit, changes, strict=True) if change]
    assert helping == sorted(helping, reverse=True)
    if told["verdict"] == "refused":
        killed = told["need_kib"] > room + swap
        assert ("the kernel will kill it" in told["text"]) == killed
        assert ("it will swap" in told["text"]) == (not killed)


def test_remedies_of_a_case_that_is_too_large_tell_what_each_would_need() -> None:
    model = {"bytes": 500 * MIB, "input_bytes": 40 * MIB, "peak_activation_bytes": 400 * MIB}
    case = {"batch": 64, "variant": "fp32", "device": "cpu", "size": [224, 336], "weights": None}
    told = forecast(model, case, 300 * 1024, 1200 * 1024)
    assert told["verdict"] == "refused"
    texts = [remedy["text"] for remedy in told["remedies"]]
    assert texts[0] == "batch 1 instead of 64: -b 1"
    assert "--dtype bf16" in texts[1]
    assert texts[2].endswith("-s 112x168")
    assert all(remedy["need_kib"] <= 1200 * 1024 < told["need_kib"] for remedy in told["remedies"])


def test_weights_alone_that_are_too_large_are_said_so() -> None:
    """No batch and no format helps VGG16 into what is left of 900 MiB: it has 528 MiB of weights and loads them."""
    model = {"bytes": 528 * MIB, "input_bytes": MIB, "peak_activation_bytes": 25 * MIB, "input": [1, 3, 224, 224]}
    case = {"batch": 1, "variant": "fp32", "device": "cpu", "size": None, "weights": None}
    told = forecast(model, case, 230 * 1024, 600 * 1024)
    *others, smaller = told["remedies"]
    assert all(remedy["need_kib"] == told["need_kib"] for remedy in others), "no less is needed, more must be there"
    assert smaller["need_kib"] == 600 * 1024
    largest = {**model, "bytes": int(smaller["text"].split("at most ")[1].split()[0]) * MIB}
    assert forecast(largest, case, 230 * 1024, 600 * 1024)["verdict"] == "tight"


def test_weights_alone_that_do_not_fit_are_refused_whatever_else_is_not_known() -> None:
    model, case = {"bytes": 8 << 30}, {"batch": 1, "variant": "fp32", "device": "cpu", "weights": None}
    base = 300 << 10
    fits, over = (forecast(model, case, base, base + room) for room in (8 << 20, (8 << 20) - 1))
    assert (fits["verdict"], over["verdict"], over["need_kib"]) == ("unknown", "refused", base + (8 << 20))
    assert "its weights alone need about 8492 MiB" in over["text"]
