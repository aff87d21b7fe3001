"""Energy of one inference against powers that are known beforehand: gross, net, how well they are known."""

from __future__ import annotations

import math
import random

import pytest
from msgspec.structs import replace

from jetbench.analysis import duty
from jetbench.analysis.duty import DutyCycle
from jetbench.analysis.inference_energy import at_rest, of_case
from jetbench.analysis.latency import summarise
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedCase, PowerSeries
from jetbench.domain.results import CaseResult, LatencySummary, PowerResult

S = 1_000_000_000
PASS_NS = 20_000_000
TOTAL = ev.Channel(id="power.total", quantity="power", name="VDD_IN", unit="W", scale=1e-6)
IDLE_W, BUSY_W = 2.0, 5.0
BLOCK_S = 30.0


def board(gain: float = 0.0, offset_w: float = 0.0, assumed: bool = False, update_ms: int = 0) -> ev.Board:
    accuracy = {"gain": gain, "offset_w": offset_w, "assumed": assumed}
    return ev.Board(channels=(TOTAL,), facts={"power": {"accuracy": accuracy, "update_ms": update_ms}})


def observed(batch: int = 1, block: bool = True) -> ObservedCase:
    """Ten passes that count, 15 s idle, a block of 30 s, 5 s idle: back to back from t = 0."""
    case = ObservedCase(ev.Case(id=0, model="m", batch=batch))
    case.add_passes(ev.Latency(c=0, i=0, b=0, s=tuple(i * PASS_NS for i in range(10)), d=(PASS_NS,) * 10))
    if block:
        case.add_stage(ev.Stage(c=0, t=16 * S, name="idle", ns=15 * S))
        count = int(BLOCK_S * S / PASS_NS)
        starts = tuple(i * PASS_NS for i in range(count))
        case.add_passes(ev.Latency(c=0, i=0, b=16 * S, s=starts, d=(PASS_NS,) * count, flags="E"))
        case.add_stage(ev.Stage(c=0, t=46 * S, name="energy", ns=int(BLOCK_S * S)))
        case.add_stage(ev.Stage(c=0, t=51 * S, name="idle", ns=5 * S))
    return case


def power(noise_w: float = 0.0, seed: int = 1, offset_w: float = 0.0, later_idle_w: float = IDLE_W) -> PowerSeries:
    chance, made = random.Random(seed), PowerSeries()
    for tick in range(530):
        t = tick / 10
        watts = BUSY_W if t < 0.5 or 16 <= t < 46 else IDLE_W if t < 46 else later_idle_w
        made.t.append(int(t * S))
        made.watts.append(watts + offset_w + chance.gauss(0, noise_w))
    return made


def latency(case: ObservedCase) -> LatencySummary:
    found = summarise(case.measured())
    assert found is not None
    return found


def result(of: ev.Board, series: PowerSeries, **how: bool) -> PowerResult:
    case = observed(**how)
    return of_case(case, of, series, latency(case))


def test_gross_and_net_of_a_known_power() -> None:
    found = result(board(), power())
    assert found.block
    assert found.power_w == pytest.approx(BUSY_W, rel=0.01)
    assert found.energy_j == pytest.approx(BUSY_W * 0.02, rel=0.01)
    assert found.idle_w == pytest.approx(IDLE_W, rel=0.01)
    assert found.energy_net_j == pytest.approx((BUSY_W - IDLE_W) * 0.02, rel=0.02)
    assert found.items_per_j == pytest.approx(1 / (BUSY_W * 0.02), rel=0.01)
    assert found.edp_js == pytest.approx(BUSY_W * 0.02 * 0.02, rel=0.01)
    assert found.net_reason is None
    assert found.notes == ()


def test_energy_is_of_an_item_not_of_a_batch() -> None:
    case = observed(batch=4)
    found = of_case(case, board(), power(), latency(case))
    assert found.energy_j == pytest.approx(BUSY_W * 0.02 / 4, rel=0.01)


def test_the_uncertainty_covers_the_truth() -> None:
    """Of 200 noisy sensors about 95 % and at least 90 % have the true energy inside, gross and net."""
    inside_gross = inside_net = 0
    for seed in range(200):
        chance = random.Random(1000 + seed)
        gain, offset = chance.uniform(-0.01, 0.01), chance.uniform(-0.08, 0.08)
        series = power(noise_w=0.8, seed=seed, offset_w=offset)
        for place, watts in enumerate(series.watts):
            series.watts[place] = watts * (1 + gain)
        found = result(board(gain=0.01, offset_w=0.08), series)
        assert found.energy_j is not None and found.energy_u_j is not None
        assert found.energy_net_j is not None and found.energy_net_u_j is not None
        inside_gross += abs(found.energy_j - BUSY_W * 0.02) <= found.energy_u_j
        inside_net += abs(found.energy_net_j - (BUSY_W - IDLE_W) * 0.02) <= found.energy_net_u_j
        assert found.energy_u_j < 0.1 * found.energy_j, "it says something"
    assert inside_gross >= 180
    assert inside_net >= 180


def test_the_offset_of_the_sensor_does_not_touch_the_net_energy() -> None:
    exact, off = result(board(offset_w=0.5), power()), result(board(offset_w=0.5), power(offset_w=0.5))
    assert exact.energy_net_j == pytest.approx(off.energy_net_j)
    assert exact.energy_u_j is not None and exact.energy_net_u_j is not None
    assert exact.energy_net_u_j < exact.energy_u_j / 5


def test_what_is_not_known_is_said() -> None:
    plain = result(board(), power(), block=False)
    assert (plain.block, plain.energy_net_j, plain.net_reason) == (False, None, "no_idle")
    assert plain.energy_j == pytest.approx(BUSY_W * 0.02, rel=0.1)
    assumed = result(ev.Board(channels=(TOTAL,)), power())
    assert "the accuracy of the sensor is assumed: 5%" in assumed.notes
    drift = result(board(), power(later_idle_w=2.4))
    assert any("idle power drifted by +20 %" in note for note in drift.notes)
    slow = result(board(update_ms=100), power(), block=False)
    assert any("under 10 updates" in note for note in slow.notes)
    silent = result(ev.Board(), PowerSeries())
    assert (silent.energy_j, silent.energy_u_j, silent.reason) == (None, None, "no_sensor")


def test_a_net_energy_below_its_uncertainty_is_not_told() -> None:
    case, flat = observed(), PowerSeries()
    chance = random.Random(5)
    for tick in range(530):
        flat.t.append(tick * S // 10)
        flat.watts.append(IDLE_W + chance.gauss(0, 0.3))
    found = of_case(case, board(gain=0.01), flat, latency(case))
    assert found.energy_j is not None
    assert (found.energy_net_j, found.net_reason) == (None, "not_resolved")
    assert found.energy_net_u_j is not None


@pytest.mark.parametrize("told", [{"gain": -1}, {"gain": "x"}, {"gain": math.inf}, [], None, {"gain": True}, 7])
def test_accuracy_of_a_strange_recording_is_assumed(told: object) -> None:
    strange = ev.Board(channels=(TOTAL,), facts={"power": {"accuracy": told}})
    found = result(strange, power())
    assert found.energy_u_j is not None and math.isfinite(found.energy_u_j)


def test_the_first_second_of_idle_is_left_out() -> None:
    case, series = observed(), power()
    for place, t in enumerate(series.t):
        if S <= t < 1.9 * S or 46 * S <= t < 46.9 * S:
            series.watts[place] = 50.0
    found = at_rest(board(), series, case.idle)
    assert found is not None
    assert found.watts == pytest.approx(IDLE_W)


def test_duty_cycle_and_battery() -> None:
    case = observed()
    measured = CaseResult(
        case.case, "measured", latency=latency(case), power=of_case(case, board(), power(), latency(case))
    )
    told = duty.at_rate(measured, DutyCycle(10.0, 20.0))
    watts = IDLE_W + 10 * (BUSY_W - IDLE_W) * 0.02
    assert told.power_w == pytest.approx(watts, rel=0.02)
    assert told.hours == pytest.approx(20.0 / watts, rel=0.02)
    assert told.power_u_w is not None
    assert "at most 50 a second" in (duty.at_rate(measured, DutyCycle(51.0)).reason or "")
    without = replace(measured, power=result(board(), power(), block=False))
    assert "--energy" in (duty.at_rate(without, DutyCycle(10.0)).reason or "")
