"""What is made of a soak: a board that throttles half-way, one that does not, one that tells nothing."""

from __future__ import annotations

import math
import random

import pytest
from latencies import noisy

from jetbench.analysis import flags, heating, soak, soak_words
from jetbench.domain.events import Board, Case, Channel, Latency, Rule, Throttle
from jetbench.domain.observed import ObservedBoard, ObservedCase, Series

SECOND = 1_000_000_000
BOARD = Board(channels=(Channel(id="temp.cpu", quantity="temperature", name="cpu", unit="C", limit=97.0),))


def soaked(factor, n: int = 6000, seed: int = 5) -> ObservedCase:
    """Passes of 20 ms, one after the other from 10 s on; ``factor`` of the number of a pass."""
    observed = ObservedCase(Case(id=0, model="m"))
    durations = noisy(random.Random(seed), n, factor)
    t = 10 * SECOND
    for first in range(0, n, 100):
        batch, starts = durations[first : first + 100], []
        for duration in batch:
            starts.append(t)
            t += duration
        observed.add_passes(
            Latency(c=0, i=first, b=starts[0], s=tuple(s - starts[0] for s in starts), d=tuple(batch), flags="L")
        )
    observed.keep(Rule(c=0, name="soak", outcome="time", text="time: 120 s were over", passes=n, ns=t - 10 * SECOND))
    return observed


def heating_up(final: float, tau: float, until: float, cap: float = 1e9) -> Series:
    """From 10 s on, once a second, in half degrees as a sensor tells them."""
    made, chance = Series(), random.Random(3)
    for second in range(int(until)):
        celsius = min(cap, final - (final - 45) * math.exp(-second / tau)) + chance.gauss(0, 0.1)
        made.add((10 + second) * SECOND, round(celsius * 2) / 2)
    return made


def result(observed: ObservedCase, told: ObservedBoard, board: Board | None = BOARD):
    found = soak.of_case(observed, board, told, flags.of_passes(observed, told))
    assert found is not None
    return found


def test_a_board_that_throttles_half_way() -> None:
    observed = soaked(lambda i: 1.0 if i < 3000 else 1.25)
    begun, onset_t = observed.start[0], observed.start[3000]
    told = ObservedBoard()
    told.throttle = [Throttle(t=0, now=False), Throttle(t=onset_t, now=True, active=("cpu-throttle-alert",))]
    told.temperatures["temp.cpu"] = heating_up(120, 60, 140, cap=97)
    found = result(observed, told)
    assert found.burst is not None and found.burst.p50 == pytest.approx(0.020, rel=0.02)
    assert found.sustained is not None and found.sustained.p50 == pytest.approx(0.025, rel=0.02)
    assert found.retention == pytest.approx(0.8, rel=0.02)
    assert found.retention_ci95 is not None
    assert found.retention_ci95[0] < found.retention < found.retention_ci95[1]
    assert found.onset is not None and found.onset.signal == "state"
    assert found.seconds_to(found.onset) == pytest.approx((onset_t - begun) / SECOND)
    assert found.latency_onset is not None
    assert abs(found.latency_onset.t - onset_t) < 2 * SECOND, "told without a sensor, and at the same place"
    assert found.clean is not None and found.throttled is not None
    assert found.clean.p50 < 0.021 < 0.024 < found.throttled.p50
    assert found.clean.n + found.throttled.n == found.n == 6000
    assert found.prediction is not None, "from the time before it throttled"
    assert found.prediction.final_c == pytest.approx(120, abs=6)


def test_a_board_that_keeps_its_speed() -> None:
    told = ObservedBoard()
    told.throttle = [Throttle(t=0, now=False)]
    told.temperatures["temp.cpu"] = heating_up(80, 30, 130)
    found = result(soaked(lambda _: 1.0), told)
    assert found.retention == pytest.approx(1, abs=0.02)
    assert found.onsets == () and found.latency_onset is None and found.throttled is None
    assert found.reasons["time_to_throttle"] == "not_throttled"
    assert found.prediction is not None
    assert found.prediction.final_c == pytest.approx(80, abs=1)
    assert found.prediction.limit_eta_s is None, "it stays below its trip"


def test_without_sensors_the_latencies_tell_it_alone() -> None:
    told = ObservedBoard()
    told.throttle = [Throttle(t=0, now=None, reason="no_sensor")]
    observed = soaked(lambda i: 1.0 if i < 3000 else 1.25)
    found = result(observed, told, None)
    assert found.onsets == () and found.temperature is None and found.prediction is None
    assert found.reasons == {
        "time_to_throttle": "no_sensor", "temperature": "no_sensor", "prediction": "no_sensor",
    }  # fmt: skip
    assert found.onset is found.latency_onset is not None


def test_a_soak_counts_for_nothing_else() -> None:
    observed = soaked(lambda _: 1.0, n=500)
    assert observed.passes == 0
    assert flags.count(flags.of_passes(observed, ObservedBoard())) == {"L": 500}


def test_throttled_from_the_start_there_is_no_burst() -> None:
    told = ObservedBoard()
    told.throttle = [Throttle(t=0, now=True, active=("x",))]
    found = result(soaked(lambda _: 1.0), told)
    assert found.burst is None and found.retention is None
    assert found.reasons["burst"] == "throttled_from_the_start"
    assert found.sustained is not None


# -- the prediction


@pytest.mark.parametrize(("final", "tau"), [(70, 40), (95, 120), (60, 200)])
def test_the_final_temperature_is_told_from_part_of_the_way(final: float, tau: float) -> None:
    seen = heating_up(final, tau, tau * 1.2)
    points = [((t - seen.t[0]) / SECOND, value) for t, value in zip(seen.t, seen.value, strict=True)]
    found = heating.predicted(points, trip=90)
    assert found is not None
    assert found.final_c == pytest.approx(final, abs=0.12 * (final - 45) + 1)
    assert found.tau_s == pytest.approx(tau, rel=0.35)
    left = tau * math.log((final - 45) * math.exp(-1.2))
    assert found.eta_s == pytest.approx(left, rel=0.5, abs=10)
    assert (found.limit_eta_s is not None) == (found.final_c > 90)


@pytest.mark.parametrize(
    "celsius",
    [
        lambda _: 50.0,
        lambda t: 45 + 0.1 * t,  # no end is in sight
        lambda t: 70 - 0.2 * t,
        lambda t: 60 + 10 * math.sin(t),
    ],
)
def test_what_is_no_heating_up_is_not_predicted(celsius) -> None:
    assert heating.predicted([(float(t), celsius(t)) for t in range(100)]) is None


def test_what_another_program_took_is_not_blamed_on_heat() -> None:
    observed = soaked(lambda i: 1.0 if i < 3000 else 1.25)
    observed.waits.update((place, (1, 5_000_000)) for place in range(3000, 6000))
    found = result(observed, ObservedBoard(), None)
    assert found.disturbed == pytest.approx(0.5)
    assert any("50% of the passes were disturbed by something else" in said for said in soak_words.sentences(found))
    assert not any("disturbed" in said for said in soak_words.sentences(result(soaked(lambda _: 1.0), ObservedBoard())))
