"""The board side of `why` without torch: when a board is too hot, what is left out, what is kept, what a class is."""

from __future__ import annotations

import pytest

from jetbench_agent import explaining, kept_calibrations
from jetbench_agent.bench import calibrate, profile
from jetbench_agent.headline import Headline

ZONE = {"id": "temp.cpu", "quantity": "temperature", "name": "cpu-thermal", "scale": 1e-3, "limit": 97.0}
SOFTWARE = {"python": "3.11", "torch": "2.14"}
JOB = {"device": "cpu", "dtype": "fp32", "threads": 1, "cores": [0, 1]}


def event(spread: float = 0.01) -> dict[str, object]:
    told: dict[str, object] = {"k": "calibration", "device": "cpu", "t": 7, "n": 3}
    for name in kept_calibrations.ROOFS:
        told.update({name: 1e9, name + "_spread": spread})
    return told


@pytest.mark.parametrize(("celsius", "throttled", "said"), [
    (91.9, False, None), (92.0, False, "92 C, and its clocks are lowered from 97 C on"), (50.0, True, "throttled"),
])  # fmt: skip
def test_a_hot_board_is_not_calibrated(celsius: float, throttled: bool, said: str | None) -> None:
    headline = Headline([ZONE])
    headline.tick([celsius * 1000])
    headline.throttled = throttled
    told = explaining.hot([ZONE], headline)()
    assert told is None if said is None else said in told


def test_a_board_that_tells_no_temperature_is() -> None:
    assert explaining.hot([], Headline([]))() is None


def test_a_calibration_is_kept_for_the_same_board_mode_and_job_and_for_no_other() -> None:
    kept_calibrations.save(SOFTWARE, ["nano", "MAXN"], JOB, event())
    kept = kept_calibrations.load(SOFTWARE, ["nano", "MAXN"], JOB)
    assert kept is not None
    assert kept["kept"] is True
    assert kept["peak_flops"] == 1e9
    assert "t" not in kept
    for software, machine, job in (
        ({**SOFTWARE, "torch": "1.10"}, ["nano", "MAXN"], JOB),
        (SOFTWARE, ["nano", "5W"], JOB),
        (SOFTWARE, ["nano", "MAXN"], {**JOB, "threads": 2}),
        (SOFTWARE, ["nano", "MAXN"], {**JOB, "dtype": "bf16"}),
    ):
        assert kept_calibrations.load(software, machine, job) is None


@pytest.mark.parametrize("told", [
    event(0.06), {**event(), "refused": "hot"}, {**event(), "calls": None}, {}, {**event(), "bandwidth": 0.0},
    {**event(), "bandwidth_spread": float("nan")}, {**event(), "peak_flops": float("inf")},
])  # fmt: skip
def test_one_that_was_disturbed_or_refused_is_not_kept(told: dict[str, object]) -> None:
    kept_calibrations.save(SOFTWARE, [], JOB, told)
    assert kept_calibrations.load(SOFTWARE, [], JOB) is None


def test_the_spread_is_of_the_best_rounds_alone() -> None:
    assert calibrate.spread([100.0, 99.0, 98.0, 50.0, 20.0]) == pytest.approx(0.02)
    assert calibrate.spread([100.0, 60.0, 50.0]) == pytest.approx(0.5)
    told = calibrate.roofs({"flops.a": [9.0, 10.0, 9.9], "flops.b": [8.0, 8.0, 8.0], "calls.relu": [5.0, 5.0, 5.0]})
    assert told["peak_flops"] == 9.0, "what three rounds reached"
    assert told["peak_flops_by"] == "a"
    assert "bandwidth" not in told


def test_arrays_are_larger_than_the_caches_and_smaller_than_the_room() -> None:
    assert calibrate.array_mib(32 * 1024, None) == 128
    assert calibrate.array_mib(2 * 1024, None) == 64
    assert calibrate.array_mib(256 * 1024, 1024 * 1024) == 128
    assert calibrate.array_mib(None, 100 * 1024) == 12


@pytest.mark.parametrize(("weight", "channels", "kind"), [
    ([32, 1, 3, 3], 32, "depthwise conv"), ([64, 1, 3, 3], 32, "depthwise conv"),
    ([64, 32, 1, 1], 32, "pointwise conv"), ([64, 32, 3, 3], 32, "dense conv"),
    ([64, 8, 3, 3], 32, "grouped conv"), ([8, 1, 3, 3], 1, "dense conv"),
])  # fmt: skip
def test_shapes_tell_convolutions_apart(weight: list[int], channels: int, kind: str) -> None:
    assert profile.conv_class(weight, channels) == kind
    assert profile.op_class("aten::conv2d", [[1, channels, 8, 8], weight]) == kind


@pytest.mark.parametrize(("name", "kind"), [
    ("aten::batch_norm", "normalisation"), ("aten::layer_norm", "normalisation"), ("aten::addmm", "linear/matmul"),
    ("aten::scaled_dot_product_attention", "linear/matmul"), ("aten::relu_", "activation/elementwise"),
    ("aten::add_", "activation/elementwise"), ("aten::adaptive_avg_pool2d", "pooling"),
    ("aten::cat", "memory movement"), ("aten::upsample_bilinear2d", "memory movement"),
    ("aten::mean", "activation/elementwise"), ("aten::flatten", "memory movement"), ("aten::lstm", "other"),
])  # fmt: skip
def test_names_tell_the_other_classes(name: str, kind: str) -> None:
    assert profile.op_class(name, []) == kind


def test_what_is_left_out_is_every_class_that_takes_a_tenth_of_the_time() -> None:
    rows = [
        {"name": "pointwise conv", "ns": 50, "macs": 90}, {"name": "depthwise conv", "ns": 45, "macs": 7},
        {"name": "memory movement", "ns": 60, "macs": 0}, {"name": "pooling", "ns": 15, "macs": 0},
    ]  # fmt: skip
    assert explaining.worth_leaving_out(rows) == ["depthwise conv", "pointwise conv"]
    assert explaining.worth_leaving_out([]) == []
