"""The parts of a run that need no process: order, cores, the loop."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from jetbench_agent import conductor, cores
from jetbench_agent.bench import timing
from jetbench_agent.stopping import StopRule


@given(st.integers(1, 30), st.integers(1, 6), st.integers())
def test_every_round_holds_every_case_once_and_the_seed_fixes_the_order(count: int, rounds: int, seed: int) -> None:
    order = conductor._order(count, rounds, seed)
    assert rounds > 1 or order == [list(range(count))], "a single round is in the order of the plan"
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


def test_no_round_is_in_the_order_of_the_plan() -> None:
    """Each is shuffled by itself: what comes first in one is not always the coolest."""
    order = conductor._order(12, 5, 1)
    assert list(range(12)) not in order
    assert len({tuple(ids) for ids in order}) == 5
    assert order != conductor._order(12, 5, 2)


def test_the_loop_stops_between_passes_and_loses_none() -> None:
    seen: list[tuple[int, int]] = []
    calls = []

    def emit(index: int, starts: list[int], ends: list[int], more: dict[str, object]) -> None:
        assert index == len(seen)
        assert more == {}
        seen.extend(zip(starts, ends, strict=True))

    reason = timing.measure(lambda: calls.append(1), StopRule(10_000, None, 60), emit, lambda: False)
    assert "10000 passes" in reason
    assert len(calls) == len(seen) == 10_000
    assert all(start <= end for start, end in seen)
    assert all(seen[i][1] <= seen[i + 1][0] for i in range(len(seen) - 1))


def test_a_stop_is_heard_and_the_passes_so_far_are_kept() -> None:
    seen: list[int] = []
    reason = timing.measure(
        lambda: None, StopRule(10_000_000, None, 60), lambda i, s, e, more: seen.extend(s), lambda: len(seen) > 0
    )
    assert reason == "stopped"
    assert 0 < len(seen) < 10_000_000


def test_the_old_clock_gives_the_same_shape() -> None:
    starts, ends = [0] * 50, [0] * 50
    done = timing.timed_block(lambda: None, 50, 1 << 62, starts, ends, clock=time.perf_counter, whole=False)
    assert done == 50
    assert all(isinstance(value, int) and value > 0 for value in starts + ends)
    assert all(start <= end for start, end in zip(starts, ends, strict=True))
