"""Two ways of counting: when they differ, why, and what the figure leaves out."""

from __future__ import annotations

import pytest

from jetbench.analysis import counts
from jetbench.domain.events import Count, Model


def model(*ways: Count, method: str | None = None, **fields: object) -> Model:
    first = next((way for way in ways if way.macs), None)
    macs = first.macs if first else None
    chosen = method or (first.method if first else None)
    return Model(name="m", macs=macs, flops=2 * macs if macs else None, method=chosen, counts=ways, **fields)


def ours(macs: int, **fields: object) -> Count:
    return Count(method="dispatch", macs=macs, coverage=fields.pop("coverage", 1.0), **fields)


def theirs(macs: int, **fields: object) -> Count:
    return Count(method="ptflops (pytorch)", macs=macs, coverage=fields.pop("coverage", 1.0), **fields)


@pytest.mark.parametrize("second", [1_019_000_000, 981_000_000, 1_000_000_000])
def test_two_per_cent_are_no_disagreement(second):
    assert counts.disagreement(model(ours(10**9), theirs(second))) is None


@pytest.mark.parametrize(
    "first, second, said, reason",
    [
        (ours(10**9), theirs(1_080_000_000, elementwise=75_000_000), "8.0% more", "0.0750 of them are normalisation"),
        (ours(10**9), theirs(1_080_000_000, elementwise=30_000_000), "8.0% more", "the rest is not explained"),
        (ours(10**9), theirs(1_080_000_000), "8.0% more", "neither says why (it counts biases, too)"),
        (ours(10**9), theirs(700_000_000, unknown=("Attn",), coverage=0.7), "30.0% less", "nothing for Attn"),
        (ours(10**9), theirs(700_000_000, coverage=0.7), "30.0% less", "a part of the model (it covers 70%"),
        (ours(10**9), theirs(900_000_000), "10.0% less", "neither says why"),
        (ours(10**9, unknown=("aten.fft",)), theirs(2 * 10**9), "100.0% more", "dispatch gives nothing for aten.fft"),
    ],
)
def test_a_disagreement_and_its_reason(first, second, said, reason):
    found = counts.disagreement(model(first, second))
    assert found is not None
    assert f"{said} than 1.0000 by dispatch" in found.text
    assert reason in found.reason


def test_the_figure_that_is_shown_comes_first_whatever_was_tried_first():
    ways = (Count(method="dispatch", error="died"), theirs(1_200_000_000), Count(method="hooks", macs=10**9))
    found = counts.disagreement(model(*ways, method="hooks"))
    assert found.text.startswith("ptflops (pytorch) gives 1.2000 GMACs, 20.0% more than 1.0000 by hooks")


def test_one_way_alone_does_not_disagree():
    assert counts.disagreement(model(ours(10**9))) is None
    assert counts.disagreement(model(ours(10**9), Count(method="ptflops", error="no module"))) is None
    assert counts.disagreement(Model(name="m")) is None


def test_what_a_figure_leaves_out_is_said_once():
    missing = ours(10**9, unknown=("aten.fft x3",), coverage=0.9)
    assert counts.gap(model(missing)) == (
        "dispatch gives nothing for aten.fft x3 (it covers 90% of the weights): the true figure is higher"
    )
    assert counts.gap(model(missing, theirs(2 * 10**9))) is None  # the disagreement says it
    assert counts.gap(model(missing, theirs(500_000_000, coverage=0.5))) is not None
    assert counts.gap(model(ours(10**9))) is None
    assert counts.gap(Model(name="m")) is None


def test_intensity_between_its_bounds():
    fields = {"bytes": 40, "input_bytes": 6, "output_bytes": 4, "traffic_bytes": 200}
    assert counts.intensity(model(ours(100), **fields)) == counts.Intensity(unfused=1.0, ideal=4.0)
    assert counts.intensity(model(ours(100), traffic_bytes=200)) == counts.Intensity(1.0, None)
    assert counts.intensity(model()) == counts.Intensity(None, None)


@pytest.mark.parametrize(
    "number, shown", [(None, "N/A"), (0, "0"), (1920, "0.0000019"), (5_322_672, "0.0053"), (300_774_272, "0.3008")]
)
def test_what_is_small_is_not_shown_as_nothing(number, shown):
    assert counts.giga(number) == shown
