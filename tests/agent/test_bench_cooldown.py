"""Waiting until a board is as cool as it was, with a thermometer, a probe and a clock that are played."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench_agent import cooldown
from jetbench_agent.cooldown import Cooldown
from jetbench_agent.headline import Headline


class Board:
    """What ``celsius`` and ``probe`` say at a time; sleeping is what lets time pass."""

    def __init__(
        self,
        celsius: Callable[[float], float | None] = lambda _: None,
        probe: Callable[[float], int | None] = lambda _: None,
    ) -> None:
        self.t = 0.0
        self.celsius, self.probe = celsius, probe
        self.slept: list[float] = []
        self.probed = 0
        self.stopped = False

    def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= 1
        self.slept.append(seconds)
        self.t += seconds

    def _probe(self) -> int | None:
        self.probed += 1
        return self.probe(self.t)

    def cooldown(self) -> Cooldown:
        waits = Cooldown(
            lambda: self.celsius(self.t), self._probe, lambda: self.stopped, clock=lambda: self.t, sleep=self.sleep
        )
        waits.begin()
        return waits


def warm(start: float, slope: float, floor: float) -> Callable[[float], float]:
    """``start`` at the beginning of the run; from 10 s on 60 C and ``slope`` C/s downwards to ``floor``."""
    return lambda t: start if t < 10 else max(floor, 60 - slope * (t - 10))


def test_cool_enough_is_not_waited_for() -> None:
    board = Board(lambda _: 45.0)
    told = board.cooldown().wait(180)
    assert (told["outcome"], board.slept) == ("cool", [])
    assert (told["value"], told["target"]) == (45.0, 47.0)
    assert board.probed == 0, "where there is a thermometer nothing is run to tell the speed"


@given(slope=st.floats(0.1, 5.0))
def test_it_waits_until_cool_and_no_longer(slope: float) -> None:
    board = Board(warm(40.0, slope, 30.0))
    waits = board.cooldown()
    board.t = 10.0
    told = waits.wait(1000)
    assert told["outcome"] == "cool"
    assert told["value"] <= 42.0 == told["target"]
    assert told["value"] > 42.0 - slope * 2 * cooldown.STEP_S
    assert told["ns"] == pytest.approx(sum(board.slept) * 1e9, abs=1e3)


def test_what_gets_no_cooler_is_not_waited_for() -> None:
    """The room got warmer: 50 C is where it stays."""
    board = Board(warm(40.0, 1.0, 50.0))
    waits = board.cooldown()
    board.t = 10.0
    told = waits.wait(180)
    assert told["outcome"] == "flat"
    assert 29 <= told["ns"] / 1e9 <= 35, "ten seconds of cooling, and twenty in which nothing happened"
    assert "50.0 C" in told["text"]


@given(cap=st.floats(0.5, 100))
def test_the_cap_holds(cap: float) -> None:
    board = Board(warm(20.0, 0.05, 20.0))
    waits = board.cooldown()
    board.t = 10.0
    told = waits.wait(cap)
    assert told["outcome"] == "cap"
    assert sum(board.slept) == pytest.approx(cap, abs=0.02)
    assert "measured all the same" in told["text"]


def test_a_stop_ends_the_waiting() -> None:
    board = Board(warm(20.0, 0.05, 20.0))
    waits = board.cooldown()
    board.t, board.stopped = 10.0, True
    assert waits.wait(180)["outcome"] == "cap"
    assert board.slept == []


def test_a_thermometer_that_vanishes_does_not_hold_the_run() -> None:
    board = Board(lambda t: 40.0 if t < 10 else 60.0 if t < 15 else None)
    waits = board.cooldown()
    board.t = 10.0
    told = waits.wait(180)
    assert told["outcome"] == "cap"
    assert "no longer be read" in told["text"]
    assert 4.5 <= board.t - 10 <= 5.5
    assert told["ns"] == pytest.approx((board.t - 10) * 1e9), "what was waited until then is told"


def test_without_a_thermometer_speed_is_waited_for() -> None:
    """Throttled to half of its speed for three seconds, but for a single good probe: it takes two in a row."""
    board = Board(probe=lambda t: 2_000_000 if 10 <= t < 13 and t != 11.5 else 1_000_000)
    waits = board.cooldown()
    assert waits.wait(180)["outcome"] == "probe"
    assert board.slept == [], "as fast as at the start: at once"
    board.t, probed = 10.0, board.probed
    told = waits.wait(180)
    assert told["outcome"] == "probe"
    assert told["value"] == 1.0
    assert 13.0 <= board.t <= 14.0
    assert board.probed - probed == len(board.slept) + 1


def test_a_probe_that_stays_slow_is_waited_for_ten_seconds() -> None:
    board = Board(probe=lambda t: 1_000_000 if t < 5 else 1_100_000)
    waits = board.cooldown()
    board.t = 5.0
    told = waits.wait(180)
    assert told["outcome"] == "cap"
    assert told["value"] == pytest.approx(1.1)
    assert board.t - 5 == pytest.approx(cooldown.PROBE_CAP_S, abs=0.02)


@pytest.mark.parametrize("later", [None, 0])
def test_without_anything_nothing_is_waited_for(later: int | None) -> None:
    board = Board(probe=lambda t: None if later is None else 1000 if t < 5 else None)
    waits = board.cooldown()
    board.t = 5.0
    told = waits.wait(180)
    assert told["outcome"] == "probe"
    assert "not waited" in told["text"]
    assert board.slept == []


def zone(name: str, **fields: object) -> dict[str, object]:
    return {"id": f"temp.{name}", "quantity": "temperature", "name": name, "scale": 0.001, **fields}


@pytest.mark.parametrize(
    "zones, degrees, headline",
    [
        (["CPU-therm", "GPU-therm", "tj-thermal", "PMIC-Die"], [50, 61, 62, 100], 62),
        (["CPU-therm", "GPU-therm", "PMIC-Die", "nvme"], [50, 61, 100, 70], 61),
        (["x86_pkg_temp", "iwlwifi_1", "acpitz"], [48, 75, 30], 48),
        (["cpu-thermal"], [55], 55),
        (["acpitz"], [31], 31),
        ([], [], None),
    ],
)
def test_the_headline_is_the_junction_or_the_hottest_processor(
    zones: list[str], degrees: list[int], headline: float | None
) -> None:
    power = {"id": "power.total", "quantity": "power", "name": "total", "scale": 1e-6}
    asked = Headline([power, *map(zone, zones), zone("tj-gone", reason="read_error")])
    assert asked() is None
    asked.tick([5_000_000, *[1000 * celsius for celsius in degrees], 99_000])
    assert asked() == (None if headline is None else pytest.approx(headline))
    asked.tick([None] * (len(zones) + 2))
    assert asked() is None, "a reading that is gone is not the last one"
