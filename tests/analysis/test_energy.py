"""Energy: known powers give known joules; what cannot be told is a reason, never 0."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis.energy import counter_difference, energy_in, integrate, spent
from jetbench.domain.events import Board, Channel
from jetbench.domain.observed import PowerSeries

S = 1_000_000_000
TOTAL = Channel(id="power.total", quantity="power", name="VDD_IN", unit="W", scale=1e-6)


def series(readings: list[tuple[float, float]], counter: list[tuple[float, float]] = ()) -> PowerSeries:
    made = PowerSeries()
    for t, watts in readings:
        made.t.append(int(t * S))
        made.watts.append(watts)
    for t, joules in counter:
        made.counter_t.append(int(t * S))
        made.joules.append(joules)
    return made


def test_a_constant_power_is_power_times_time_whatever_the_edges() -> None:
    made = series([(t / 10, 5.0) for t in range(200)])
    for begin, end in ((1.0, 11.0), (1.03, 11.07), (0.999, 1.301)):
        joules, why = integrate(made.t, made.watts, int(begin * S), int(end * S))
        assert joules == pytest.approx(5.0 * (end - begin), rel=1e-9)
        assert why is None


def test_a_ramp_is_exact_with_interpolated_edges() -> None:
    made = series([(t / 10, t / 10) for t in range(200)])
    joules, _ = integrate(made.t, made.watts, int(2.05 * S), int(9.95 * S))
    assert joules == pytest.approx((9.95**2 - 2.05**2) / 2, rel=1e-9)


@given(st.lists(st.floats(0, 100), min_size=30, max_size=60), st.floats(0.2, 1.0), st.floats(1.7, 2.7))
def test_energy_lies_between_the_least_and_the_most_power(watts: list[float], begin: float, end: float) -> None:
    made = series([(i / 10, value) for i, value in enumerate(watts)])
    joules, _ = integrate(made.t, made.watts, int(begin * S), int(end * S))
    assert joules is not None
    assert min(watts) * (end - begin) - 1e-6 <= joules <= max(watts) * (end - begin) + 1e-6


def test_fewer_than_two_readings_are_no_energy() -> None:
    made = series([(0.0, 5.0), (1.0, 5.0), (2.0, 5.0)])
    assert integrate(made.t, made.watts, int(0.1 * S), int(0.9 * S)) == (None, "needs_two_samples")
    assert integrate(made.t, made.watts, int(0.9 * S), int(1.1 * S)) == (None, "needs_two_samples")


def test_a_long_hole_is_no_energy() -> None:
    made = series([(t / 10, 5.0) for t in range(100) if not 30 <= t < 70])
    assert integrate(made.t, made.watts, 0, int(9.9 * S)) == (None, "gap")


def test_a_counter_is_preferred_and_differences_of_it_are_exact() -> None:
    made = series([(t / 2, 99.0) for t in range(40)], [(t / 2, 7.0 * t / 2) for t in range(40)])
    joules, _ = energy_in(made, int(3.3 * S), int(8.8 * S))
    assert joules == pytest.approx(7.0 * 5.5)
    assert counter_difference(made.counter_t, made.joules, int(-1 * S), int(3 * S)) is None


def test_the_reason_stands_where_the_figure_would() -> None:
    dumb = Board(
        channels=(Channel(id="power.total", quantity="power", name="t", unit="W", reason="no_sensor", hint="x"),)
    )
    assert spent(dumb, PowerSeries(), [(0, S)]).reason == "no_sensor"
    short = spent(Board(channels=(TOTAL,)), series([(0.0, 5.0)]), [(0, S)])
    assert (short.watts, short.joules, short.reason) == (None, None, "needs_two_samples")
    told = spent(Board(channels=(TOTAL,)), series([(t / 10, 5.0) for t in range(30)]), [(0, 2 * S)])
    assert (told.watts, told.joules) == (pytest.approx(5.0), pytest.approx(10.0))


def test_less_than_two_updates_of_the_monitor_are_no_energy() -> None:
    """An INA3221 that averages 512 samples changes every few seconds, however often it is read."""
    slow = Board(channels=(TOTAL,), facts={"power": {"update_ms": 3000}})
    made = series([(t / 10, 5.0) for t in range(300)])
    assert spent(slow, made, [(0, 5 * S)]).reason == "too_short"
    assert spent(slow, made, [(0, 7 * S)]).watts == pytest.approx(5.0)
