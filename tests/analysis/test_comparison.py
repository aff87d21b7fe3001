"""Two cases side by side: symmetry, scale, bounds, further figures with their uncertainties, and what is missing."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streams
from jetbench.analysis import bootstrap, effect_size
from jetbench.analysis.bootstrap import Interval, interval, sample
from jetbench.analysis.comparison import FASTER, OPPOSITE, SAME, SLOWER, UNCLEAR, Side, compare, side, verdict
from jetbench.analysis.effect_size import effect
from jetbench.analysis.latency import summarise
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedCase
from jetbench.domain.results import CaseResult, PowerResult

RESAMPLES = 100


def made(*rounds: Sequence[int], batch: int = 1, board: ev.Board | None = None, **result: object) -> Side:
    """A side of these durations, in ns, a sequence a round."""
    case = ev.Case(id=0, model="m", batch=batch, size=(8, 8))
    observed = ObservedCase(case)
    for number, durations in enumerate(rounds):
        starts = tuple(10**9 * i for i in range(len(durations)))
        observed.add_passes(ev.Latency(c=0, r=number, b=number * 10**15, s=starts, d=tuple(durations)))
    latency = summarise(observed.measured())
    return side(observed, CaseResult(case, "measured", latency=latency, **result), board)


PASSES = st.lists(st.integers(10**6, 10**8), min_size=6, max_size=40)
SIDES = st.lists(PASSES, min_size=1, max_size=4)


@settings(max_examples=60)
@given(SIDES, SIDES)
def test_swapping_the_sides_turns_everything_into_its_opposite(base, other):
    one = compare(made(*base), made(*other), resamples=RESAMPLES)
    two = compare(made(*other), made(*base), resamples=RESAMPLES)
    assert one.verdict is not None
    assert two.verdict == OPPOSITE[one.verdict]
    assert one.ratio * two.ratio == pytest.approx(1, rel=1e-12)
    assert one.interval.low * two.interval.high == pytest.approx(1, rel=1e-9)
    assert one.interval.high * two.interval.low == pytest.approx(1, rel=1e-9)
    assert one.effect.faster + two.effect.faster == pytest.approx(1, abs=1e-12)
    assert one.effect.p == pytest.approx(two.effect.p, abs=1e-12)
    for name, figure in one.figures.items():
        swapped = two.figures[name]
        assert (figure.value is None) == (swapped.value is None)
        assert (figure.differs, figure.reason) == (swapped.differs, swapped.reason)
        if figure.value is not None:
            assert figure.value * swapped.value == pytest.approx(1, rel=1e-12)


@settings(max_examples=60)
@given(SIDES, SIDES, st.integers(2, 1000))
def test_the_unit_of_time_does_not_matter(base, other, scale):
    plain = compare(made(*base), made(*other), resamples=RESAMPLES)
    larger = [[[value * scale for value in values] for values in rounds] for rounds in (base, other)]
    scaled = compare(made(*larger[0]), made(*larger[1]), resamples=RESAMPLES)
    assert scaled.ratio == pytest.approx(plain.ratio, rel=1e-12)
    assert scaled.interval.low == pytest.approx(plain.interval.low, rel=1e-9)
    assert scaled.interval.high == pytest.approx(plain.interval.high, rel=1e-9)
    assert scaled.effect == plain.effect


@settings(max_examples=40)
@given(SIDES)
def test_a_recording_beside_itself_is_no_different(rounds):
    found = compare(made(*rounds), made(*rounds), resamples=RESAMPLES)
    assert found.ratio == 1
    assert found.interval.low <= 1 <= found.interval.high
    assert found.verdict in (SAME, UNCLEAR)
    assert found.effect.faster == 0.5
    assert not any(figure.differs for figure in found.figures.values())


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (1.03, 1.08, SLOWER),
        (1.01, 1.08, UNCLEAR),
        (0.99, 1.01, SAME),
        (0.97, 1.01, UNCLEAR),
        (0.90, 1.10, UNCLEAR),
        (0.90, 0.97, FASTER),
    ],
)
def test_where_the_interval_lies_is_the_verdict(low, high, said):
    assert verdict(Interval(low, high, False), 0.02) == said
    assert verdict(Interval(low, high, False), 0.5) == SAME


# -- the cost is bounded


def test_what_is_kept_and_drawn_from_does_not_grow_with_the_number_of_passes():
    draw = random.Random(1)
    few = [round(20e6 * draw.lognormvariate(0, 0.1)) for _ in range(5000)]
    many = made([value for value in few for _ in range(40)])
    assert sum(many.rounds) == 200_000
    assert many.sample.size <= bootstrap.MOST
    assert many.sample.block % 2 == 1
    assert len(many.passes) == effect_size.MOST
    assert many.result.latency.n == 200_000
    notes = compare(many, many, resamples=RESAMPLES).notes
    assert "interval of A from medians of 201 passes each" in notes
    assert "effect of B from 20000 of its passes, evenly spaced" in notes


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=60))
def test_a_sample_is_small_however_the_rounds_are(sizes):
    taken = sample([range(1, size + 1) for size in sizes])
    assert taken.size <= bootstrap.MOST + len(sizes)
    assert len(taken.rounds) == len(sizes)
    assert all(taken.rounds)


def test_more_rounds_than_values_are_drawn_from():
    assert sample([[5, 6]] * 5000).size <= 2 * bootstrap.MOST


def test_durations_that_cannot_be_give_figures_all_the_same():
    """A recording is data: nanoseconds to a century in one series."""
    wild = [1 if i % 7 else 1 << 61 for i in range(40)]
    found = compare(made(wild), made(wild[::-1]), resamples=RESAMPLES)
    assert 0 < found.interval.low <= found.interval.high < math.inf
    nothing = compare(made([0] * 10), made([5] * 10))
    assert nothing.verdict is None
    assert "median of 0" in nothing.reason
    with_zeros = compare(made([0] * 4 + [5] * 10), made([5] * 14))
    assert (with_zeros.verdict, with_zeros.interval) == (UNCLEAR, None)


# -- what is missing is said


def test_too_few_passes_have_no_interval():
    found = compare(made([20] * 5), made([30] * 50))
    assert (found.verdict, found.interval) == (UNCLEAR, None)
    assert found.ratio == pytest.approx(1.5)
    assert "6 passes" in found.reason


def test_a_case_without_passes_is_not_compared():
    empty = made(error="out of memory")
    failed = msgspec.structs.replace(empty, result=msgspec.structs.replace(empty.result, status="failed"))
    found = compare(made([20] * 9), failed, names=("A", "C"))
    assert (found.verdict, found.ratio, found.figures) == (None, None, None)
    assert found.reason == "C is failed: out of memory"


def test_rounds_say_whether_other_runs_are_in_the_interval():
    draw = random.Random(4)
    rounds = [[round(20e6 * draw.lognormvariate(0, 0.03)) for _ in range(20)] for _ in range(6)]
    one = compare(made(rounds[0]), made(*rounds[1:4]), resamples=RESAMPLES)
    assert not one.between_runs
    assert any("variation between runs is unknown" in note for note in one.notes)
    three = compare(made(*rounds[:3]), made(*rounds[3:]), resamples=RESAMPLES)
    assert three.between_runs
    assert not any("between runs" in note for note in three.notes)


# -- effect


@settings(max_examples=80)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.lists(st.integers(0, 20), min_size=1, max_size=30))
def test_the_effect_is_the_share_of_all_pairs(base, other):
    wins = sum((y < x) + (y == x) / 2 for x, y in product(base, other))
    found = effect(base, other)
    assert found.faster == pytest.approx(wins / len(base) / len(other), abs=1e-12)
    assert 0 <= found.p <= 1


def test_mann_and_whitney_by_hand():
    """Ten all below ten others: U = 0, mean 50, variance 10 * 10 * 21 / 12, continuity 0.5; two-sided."""
    found = effect(range(10, 20), range(10))
    z = (50 - 0.5) / math.sqrt(10 * 10 * 21 / 12)
    assert found.faster == 1
    assert found.p == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-12)
    assert effect([7] * 9, [7] * 9) == effect_size.Effect(0.5, 1.0)
    # Ties leave 1 - sum(t^3 - t) / (N^3 - N) of the variance: six ones and fourteen twos among twenty.
    tied = effect([1] * 5 + [2] * 5, [1] + [2] * 9)
    variance = 21 / 12 / 100 * (1 - (6**3 - 6 + 14**3 - 14) / (20**3 - 20))
    assert tied.faster == pytest.approx(0.3)
    assert tied.p == pytest.approx(math.erfc((0.2 - 0.005) / math.sqrt(2 * variance)), rel=1e-12)


def test_passes_that_hang_together_make_a_p_larger():
    base, other = list(range(100)), list(range(10, 110))
    assert effect(base, other).p < 0.05 < effect(base, other, 20, 20).p


# -- further figures


def test_student_and_its_degrees():
    for freedom, known in ((1, 12.706), (4.9, 2.776), (30.5, 2.042), (40, 2.0211), (100, 1.9840), (10**6, 1.95996)):
        assert bootstrap._student(freedom) == pytest.approx(known, abs=1e-4)
    assert bootstrap._freedom(10, 10) == pytest.approx(18)
    assert bootstrap._freedom(3, 1000) == pytest.approx(2, abs=0.02)


def joules(value: float, u: float, method: str = "rail VDD_IN", host: str = "orin") -> Side:
    board = streams.board()
    power = ev.PowerRule(method=method)
    facts = {"power": {"accuracy": {"gain": 0.05, "offset_w": 0.1}}}
    told = msgspec.structs.replace(PowerResult(), power_w=5.0, energy_j=value, energy_u_j=u)
    of = ev.Board(model=board.model, soc=board.soc, cpu_model=board.cpu_model, hostname=host, power=power, facts=facts)
    return made([20] * 10, board=of, power=told)


def test_on_one_board_gain_and_offset_of_its_sensor_fall_out():
    """Gain 5 % / sqrt 3 and offset 0.1 W / sqrt 3 of 5 W are nearly all of u; 3 % more energy is more all the same."""
    systematic = math.sqrt((0.05 / math.sqrt(3)) ** 2 + (0.02 / math.sqrt(3)) ** 2)
    u = 2 * math.sqrt(systematic**2 + 0.005**2)
    same = compare(joules(1.0, u), joules(1.03, 1.03 * u)).figures["energy"]
    assert same.value == pytest.approx(1.03)
    assert same.u == pytest.approx(2 * math.sqrt(2) * 0.005, rel=1e-6)
    assert same.differs is True
    for other in (joules(1.03, 1.03 * u, host="orin-2"), joules(1.03, 1.03 * u, method="meter:tasmota")):
        apart = compare(joules(1.0, u), other).figures["energy"]
        assert apart.differs is False
        assert apart.u == pytest.approx(math.sqrt(2) * u, rel=1e-6)


def test_a_difference_is_one_beyond_twice_the_combined_uncertainty():
    one_sensor = {"method": "rail VDD_IN"}
    for apart, differs in ((0.27, False), (0.29, True)):
        # No gain and no offset are taken off where the boards differ: u = 0.1 each, 2 sqrt(0.1^2 + 0.1^2) = 0.283.
        pair = compare(joules(10.0, 0.2, **one_sensor), joules(10.0 + apart, 0.2, host="other"))
        assert pair.figures["energy"].differs is differs


def test_figures_that_are_missing_have_their_reason():
    silent = made([20, 21] * 20, power=PowerResult(reason="no_sensor"))
    found = compare(silent, joules(1.0, 0.1)).figures
    assert (found["energy"].value, found["energy"].reason) == (None, "no_sensor")
    assert (found["memory"].value, found["memory"].reason) == (None, "not_measured")
    assert (found["p99"].value, found["p99"].reason) == (None, "needs_299_passes")
    assert found["throughput"].value is not None


def test_p99_and_throughput_of_enough_passes():
    draw = random.Random(8)
    base = [round(20e6 * draw.lognormvariate(0, 0.05)) for _ in range(2000)]
    tail = [value * 2 if draw.random() < 0.03 else value for value in base]
    found = compare(made(base, peak_memory_mib=100.0), made(tail, peak_memory_mib=110.0), resamples=RESAMPLES)
    assert found.verdict == SAME
    assert found.figures["p99"].value > 1.5
    assert found.figures["p99"].differs is True
    assert found.figures["throughput"].value == pytest.approx(1 / 1.03, abs=0.01)
    assert found.figures["memory"] == msgspec.structs.replace(found.figures["memory"], value=1.1, u=None, differs=None)
    again = compare(made(base), made(base[::-1]), resamples=RESAMPLES)
    assert again.figures["p99"].differs is False


def test_the_interval_is_the_same_each_time_and_keeps_to_the_passes():
    draw = random.Random(2)
    values = [sample([[round(20e6 * draw.lognormvariate(0, 0.05)) for _ in range(50)]]) for _ in range(2)]
    bootstrap.interval.cache_clear()
    first = interval(*values, 1.0)
    bootstrap.interval.cache_clear()
    assert interval(*values, 1.0) == first
    assert interval(*values, 2.0).low == pytest.approx(2 * first.low)
