"""The parts of a run that need no process: order, cores, stopping, what a death means."""

from __future__ import annotations

import random
import signal
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench_agent import conductor, cores
from jetbench_agent.bench import timing
from jetbench_agent.children import death
from jetbench_agent.stopping import StopRule, relative_half_width


@given(st.integers(1, 30), st.integers(1, 6), st.integers())
def test_every_round_holds_every_case_once_and_the_seed_fixes_the_order(count: int, rounds: int, seed: int) -> None:
    order = conductor._order(count, rounds, seed)
    assert order[0] == list(range(count))
    assert [sorted(ids) for ids in order] == [list(range(count))] * rounds
    assert order == conductor._order(count, rounds, seed)


@given(st.sets(st.integers(0, 63), min_size=1), st.integers(0, 80), st.booleans())
def test_the_bench_child_never_loses_all_cores_and_the_screen_keeps_one(
    ids: set[int], threads: int, screen: bool
) -> None:
    have = sorted(ids)
    mine, bench, chosen, shared = cores.divide(have, threads, screen)
    assert mine
    assert set(mine) | set(bench) <= ids
    assert set(bench)
    assert chosen == (threads or max(1, len(have) - 1))
    if screen and not shared:
        assert not set(mine) & set(bench)
    if len(have) > 1 and chosen >= len(have):
        assert shared
        assert bench == have


def test_threads_are_the_same_with_and_without_a_screen() -> None:
    assert cores.divide([0, 1, 2, 3], 0, True)[2] == cores.divide([0, 1, 2, 3], 0, False)[2] == 3


def test_a_count_is_exact() -> None:
    rule = StopRule(k=7, until=None, max_time_s=60)
    done: list[int] = []
    while True:
        done += [1] * min(3, rule.quota(len(done)))
        reason = rule.reason(done, 0)
        if reason:
            break
    assert len(done) == 7
    assert "7 passes" in reason


def test_time_ends_a_count_and_says_so() -> None:
    rule = StopRule(k=100, until=None, max_time_s=2)
    assert rule.reason([1, 1, 1], int(1.9e9)) is None
    assert "2 s were over after 3 passes" in (rule.reason([1, 1, 1], int(2.1e9)) or "")
    assert rule.reason([], int(9e9)) is None, "one pass is always kept"


def test_until_stops_when_the_median_is_known_and_not_before() -> None:
    chance = random.Random(3)
    rule = StopRule(k=None, until=0.02, max_time_s=600)
    values: list[int] = []
    reason = None
    while reason is None:
        values += [int(chance.gauss(1e7, 1e6)) for _ in range(rule.quota(len(values)))]
        reason = rule.reason(values, 0)
    assert relative_half_width(values) <= 0.02
    assert 20 < len(values) < 2000
    assert "interval" in reason


@pytest.mark.parametrize(
    "code, words",
    [(-11, "SIGSEGV"), (-9, "out of memory"), (-4, "OPENBLAS_CORETYPE"), (-6, "SIGABRT"), (7, "status 7")],
)
def test_a_death_is_named(code: int, words: str) -> None:
    assert words in death(code, "first")
    assert "in stage first" in death(code, "first")


def test_every_signal_has_a_sentence() -> None:
    for number in range(1, 65):
        assert death(-number, None)
    assert signal.Signals(15).name in death(-15, None)


def test_the_loop_stops_between_passes_and_loses_none() -> None:
    seen: list[tuple[int, int]] = []
    calls = []

    def emit(index: int, starts: list[int], ends: list[int]) -> None:
        assert index == len(seen)
        seen.extend(zip(starts, ends, strict=True))

    reason = timing.measure(lambda: calls.append(1), StopRule(10_000, None, 60), emit, lambda: False)
    assert "10000 passes" in reason
    assert len(calls) == len(seen) == 10_000
    assert all(start <= end for start, end in seen)
    assert all(seen[i][1] <= seen[i + 1][0] for i in range(len(seen) - 1))


def test_a_stop_is_heard_and_the_passes_so_far_are_kept() -> None:
    seen: list[int] = []
    reason = timing.measure(
        lambda: None, StopRule(10_000_000, None, 60), lambda i, s, e: seen.extend(s), lambda: len(seen) > 0
    )
    assert reason == "stopped"
    assert 0 < len(seen) < 10_000_000


def test_the_old_clock_gives_the_same_shape() -> None:
    starts, ends = [0] * 50, [0] * 50
    done = timing.timed_block(lambda: None, 50, 1 << 62, starts, ends, clock=time.perf_counter, whole=False)
    assert done == 50
    assert all(isinstance(value, int) and value > 0 for value in starts + ends)
    assert all(start <= end for start, end in zip(starts, ends, strict=True))
