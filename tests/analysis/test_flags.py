"""Flags of passes and the grade of a case, from what was observed of a board."""

from __future__ import annotations

import msgspec
import pytest

from jetbench.analysis import flags, grade
from jetbench.analysis.latency import summarise
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedBoard, ObservedCase, Series
from jetbench.domain.results import Trend

MS = 1_000_000


def case(passes: int = 100, ms: float = 10.0, device: str = "cpu", **more) -> ObservedCase:
    """Back-to-back passes of 10 ms from t = 0 on; ``more`` are fields of the batch."""
    made = ObservedCase(ev.Case(id=0, model="m", device=device))
    length = int(ms * MS)
    made.add_passes(ev.Latency(c=0, b=0, s=tuple(i * length for i in range(passes)), d=(length,) * passes, **more))
    return made


def board(**told) -> ObservedBoard:
    made = ObservedBoard()
    for t in range(0, 2001, 100):
        made.power.t.append(t * MS)
        made.power.watts.append(5.0)
    for name, value in told.items():
        setattr(made, name, value)
    return made


def test_warm_up_and_the_energy_block_come_first():
    made = case(3, flags="W")
    made.add_passes(ev.Latency(c=0, b=30 * MS, s=(0,), d=(10 * MS,), faults=((0, 2),)))
    made.add_passes(ev.Latency(c=0, b=40 * MS, s=(0,), d=(10 * MS,), flags="E", gc=(0,)))
    assert list(flags.of_passes(made, board())) == ["W", "W", "W", "S", "EG"]
    assert flags.count(flags.of_passes(made, board())) == {"W": 3, "E": 1, "S": 1}


def test_faults_and_collections_mark_their_pass_alone():
    marked = flags.of_passes(case(6, faults=((2, 1),), gc=(4,)), board())
    assert list(marked) == ["", "", "S", "", "G", ""]


@pytest.mark.parametrize(
    ("wait_ns", "flag"), [(50_000, ""), (100_001, "P"), (-1, "P")], ids=["half a percent", "a percent", "not known"]
)
def test_preempted_is_what_waited_for_a_core(wait_ns, flag):
    assert list(flags.of_passes(case(2, waits=((1, 3, wait_ns),)), board())) == ["", flag]


def test_swap_and_steal_mark_their_batch():
    assert set(flags.of_passes(case(10, swap_in_kib=4), board())) == {"S"}
    assert set(flags.of_passes(case(10, steal_ms=4), board())) == {""}, "4 % of 100 ms"
    assert set(flags.of_passes(case(10, steal_ms=5), board())) == {"P"}


@pytest.mark.parametrize(
    ("cause", "letter"),
    [
        ("cpu-throttle-alert", "T"),
        ("thermal slowdown by hardware (NVML)", "T"),
        ("soft temperature limit", "T"),
        ("under-voltage oc1", "V"),
        ("over-current oc3", "V"),
        ("power cap (NVML)", "V"),
        ("something no table knows", "T"),
    ],
)
def test_throttling_marks_the_passes_it_overlaps(cause, letter):
    states = [
        ev.Throttle(t=-1, now=False),
        ev.Throttle(t=500 * MS, now=True, active=(cause,)),
        ev.Throttle(t=700 * MS, now=False),
    ]
    marked = flags.of_passes(case(), board(throttle=states))
    first, last = marked.index(letter), len(marked) - 1 - list(reversed(marked)).index(letter)
    assert (first, last) == (39, 80), "a reading of 100 ms before and after: it is told late"
    assert set(marked) == {"", letter}


def test_a_clock_that_falls_marks_its_passes():
    clock = Series()
    for t in range(0, 2001, 100):
        clock.add(t * MS, 1500.0 if t < 600 else 1200.0)
    marked = flags.of_passes(case(), board(clocks={"clock.cpu.policy0": clock}))
    assert set(marked[:54]) == {""}
    assert set(marked[56:]) == {"F"}
    assert set(flags.of_passes(case(device="cuda"), board(clocks={"clock.cpu.policy0": clock}))) == {""}


def test_a_cluster_that_idles_is_no_clock_drop():
    busy, idle = Series(), Series()
    for t in range(0, 2001, 100):
        busy.add(t * MS, 1500.0)
        idle.add(t * MS, 2000.0 if t < 300 else 400.0)
    told = board(clocks={"clock.cpu.policy0": busy, "clock.cpu.policy4": idle})
    assert set(flags.of_passes(case(), told)) == {""}


def test_an_idle_gpu_may_lower_its_clock():
    clock, load = Series(), Series()
    for t in range(0, 2001, 100):
        clock.add(t * MS, 900.0 if t < 300 else 300.0)
        load.add(t * MS, 99.0 if t < 600 else 5.0)
    marked = flags.of_passes(case(device="cuda"), board(clocks={"clock.gpu": clock}, loads={"load.gpu": load}))
    assert set(marked[26:54]) == {"F"}
    assert set(marked[66:]) == {""}


# -- the grade


def graded(durations, clean=None, marked=None, trend=None, throttled=False, medians=(), stop="count"):
    summary = msgspec.structs.replace(summarise(durations), n_eff=float(len(durations)))
    rest = summarise(durations if clean is None else durations[:clean])
    return grade.of_case(summary, rest, marked or {}, trend or Trend("flat"), throttled, medians, stop)


STEADY = [20_000_000 + 1000 * (i * 7919 % 100) for i in range(200)]
STEP = Trend("slowdown", ((0, 0.04), (210, 0.052)), 0.04, 0.052)


@pytest.mark.parametrize(
    ("found", "letter", "words"),
    [
        (graded(STEADY), "A", ""),
        (graded(STEADY[:10]), "B", "10 passes: 30 are wanted"),
        (graded(STEADY[:5]), "D", "six are the least"),
        (graded(STEADY, clean=180, marked={"P": 20}), "B", "10 % of the passes were disturbed: preempted 10 %"),
        (graded(STEADY, clean=150, marked={"T": 40, "S": 10}), "C", "thermal throttling 20 %, swap or page faults 5 %"),
        (graded(STEADY, clean=80, marked={"S": 120}), "D", "60 % of the passes"),
        (graded(STEADY, trend=STEP), "C", "it became slower: 40 to 52 ms from pass 210 on"),
        (graded(STEADY, trend=Trend("unsteady", ((0, 0.04), (9, 0.05)), 0.04, 0.05)), "D", "no steady level"),
        (graded(STEADY, trend=Trend("warm-up", ((0, 0.05), (9, 0.04)), 0.05, 0.04)), "B", "warming up"),
        (graded(STEADY, throttled=True), "C", "the board throttled"),
        (graded(STEADY, medians=(0.020, 0.0215)), "C", "the medians of the rounds differ by 7 %"),
        (graded([20_000_000 + 400_000 * (i * 7 % 20) for i in range(40)]), "C", "known to"),
    ],
)
def test_grades(found, letter, words):
    assert found.letter == letter
    assert (words in found.reasons[0]) if words else not found.reasons


def test_nothing_measured_has_no_grade():
    assert grade.of_case(None, None, {}, Trend(), None, (), None) is None
