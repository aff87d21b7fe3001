"""When a case has enough, and when it is warm: the rules by themselves, and as a real run records them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asking
from jetbench.domain.events import AnyEvent, CaseEnd, Latency, Rule
from jetbench.domain.plan import Plan
from jetbench_agent import stopping
from jetbench_agent.bench import timing
from jetbench_agent.stopping import FlatRule, StopRule, relative_half_width
from outside import USER_MODELS

MS = 1_000_000


def play(
    rule: StopRule | FlatRule, draw: Callable[[int], float], block: int = 4096, most: int = 200_000
) -> tuple[list[int], int]:
    """Passes of ``draw(number)`` ns until the rule has enough, in blocks as the loop makes them: (passes, ns)."""
    durations: list[int] = []
    elapsed = 0
    while len(durations) < most:
        begun = elapsed
        for _ in range(min(block, rule.quota(len(durations)))):
            durations.append(int(draw(len(durations))))
            elapsed += durations[-1]
            if elapsed > begun + timing.SEND_INTERVAL_NS:
                break
        if rule.reason(durations, elapsed) is not None:
            return durations, elapsed
    raise AssertionError(f"no end after {most} passes")


@given(k=st.integers(1, 20_000), block=st.integers(1, 4096), warm=st.booleans())
def test_a_count_is_exact(k: int, block: int, warm: bool) -> None:
    rule = StopRule(k=k, until=None, max_time_s=1e6)
    durations, _ = play(rule, lambda _: 1000, block)
    assert len(durations) == k
    assert rule.applied == {"outcome": "count", "text": f"count: {k} passes", "passes": k, "target": k}


@given(
    until=st.floats(0.002, 0.2), spread=st.floats(0.0, 0.3), typical=st.integers(10 * MS, 200 * MS), seed=st.integers()
)
def test_until_goes_on_until_the_median_is_known_that_well(
    until: float, spread: float, typical: int, seed: int
) -> None:
    """Which of the limits ended it is what the durations say, and there is no other way out."""
    chance = random.Random(seed)
    limit_s = 60.0
    rule = StopRule(k=None, until=until, max_time_s=limit_s)
    durations, elapsed = play(rule, lambda _: typical * chance.lognormvariate(0, spread))
    width = relative_half_width(durations)
    applied = rule.applied
    assert applied["passes"] == len(durations)
    if applied["outcome"] == "interval":
        assert len(durations) >= stopping.LEAST
        assert elapsed >= stopping.LEAST_TIME_NS
        assert width <= until
        assert applied["value"] == width
    else:
        assert applied["outcome"] == "time"
        assert elapsed >= limit_s * 1e9
        assert elapsed - durations[-1] <= limit_s * 1e9 + timing.SEND_INTERVAL_NS, "not a block longer than needed"
    assert applied["target"] == until


def test_the_most_passes_end_what_never_gets_narrow() -> None:
    """Passes of two kinds in turn have no narrow median; MOST is looked at when it is reached, not later."""
    rule = StopRule(k=None, until=0.01, max_time_s=1e6)
    durations, _ = play(rule, lambda n: 2000 if n % 2 else 1000)
    assert len(durations) == stopping.MOST
    assert rule.applied["outcome"] == "passes"
    assert rule.applied["value"] > 0.3


def test_time_ends_a_count_and_one_pass_is_always_kept() -> None:
    rule = StopRule(k=100, until=None, max_time_s=2)
    assert rule.reason([], int(9e9)) is None
    assert rule.reason([1, 1, 1], int(1.9e9)) is None
    assert "2 s were over after 3 passes" in (rule.reason([1, 1, 1], int(2.1e9)) or "")
    assert rule.applied["outcome"] == "time"


@given(spread=st.floats(0, 0.1), typical=st.integers(MS, 300 * MS), seed=st.integers())
def test_what_is_flat_is_called_warm_soon(spread: float, typical: int, seed: int) -> None:
    chance = random.Random(seed)
    rule = FlatRule(max_time_s=60)
    durations, elapsed = play(rule, lambda _: typical * chance.lognormvariate(0, spread))
    assert rule.applied["outcome"] == "flat"
    assert elapsed >= stopping.WARM_TIME_NS
    assert len(durations) >= stopping.WARM_LEAST
    assert elapsed <= 10e9 + 4 * max(durations), "half a second, and at worst some looks more"


@given(above=st.floats(0.5, 5.0), seconds=st.floats(0.1, 1.5), typical=st.integers(2 * MS, 20 * MS), seed=st.integers())
def test_a_ramp_is_over_before_it_is_called_warm(above: float, seconds: float, typical: int, seed: int) -> None:
    """Passes get faster, as clocks rise and caches fill: no end while 5 % are to come. A ramp that is hardly steeper
    than its noise within half a second is left to the trend of the whole series."""
    chance = random.Random(seed)
    over = seconds * 1e9 / (typical * (1 + above / 2))

    def level(number: int) -> float:
        return typical * (1 + above * max(0.0, 1 - number / over))

    rule = FlatRule(max_time_s=600)
    durations, _ = play(rule, lambda n: level(n) * chance.lognormvariate(0, 0.005))
    assert rule.applied["outcome"] == "flat"
    assert level(len(durations)) <= 1.05 * typical


@given(max_time=st.floats(0.1, 200))
def test_what_never_is_flat_is_measured_all_the_same(max_time: float) -> None:
    """Each pass slower than the one before. At most half of the time that the case has, and 30 s."""
    rule = FlatRule(max_time_s=max_time)
    durations, elapsed = play(rule, lambda n: 5 * MS * 1.1 ** min(n, 60))
    assert rule.applied["outcome"] == "not_flat"
    assert elapsed - durations[-1] <= rule.limit_ns + timing.SEND_INTERVAL_NS
    assert rule.limit_ns <= 30e9
    assert rule.limit_ns <= max_time / 2 * 1e9 + 1
    assert rule.applied["passes"] == len(durations)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[AnyEvent]]]:
    """Three ways to end, with a real model of a tenth of a second a pass, or of next to nothing."""
    size = ((16, 16),)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        slow, quick = f"{USER_MODELS}:slow", f"{USER_MODELS}:honest"
        with asking.agent() as link:
            yield {
                "count": asking.run(link, Plan(models=(slow, quick), sizes=size, k=4, warmup=2)),
                "time": asking.run(link, Plan(models=(slow,), sizes=size, k=400, max_time=0.5, cooldown=0.0)),
                "interval": asking.run(link, Plan(models=(slow,), sizes=size, until=0.2, max_time=20, cooldown=0.0)),
            }


@pytest.mark.torch
@pytest.mark.parametrize("outcome", ["count", "time", "interval"])
def test_what_ended_a_case_is_recorded(recorded: dict[str, list[AnyEvent]], outcome: str) -> None:
    rules = [rule for rule in asking.of(recorded[outcome], Rule) if rule.name == "measure" and rule.c == 0]
    end = asking.of(recorded[outcome], CaseEnd)[0]
    passes = sum(len(b.d) for b in asking.of(recorded[outcome], Latency) if b.c == 0 and not b.flags)
    assert [(rule.outcome, rule.passes) for rule in rules] == [(outcome, passes)]
    assert end.stop == rules[0].text
    assert (rules[0].ns or 0) > 0
    if outcome == "interval":
        assert rules[0].value is not None
        assert rules[0].value <= 0.2 == rules[0].target


@pytest.mark.torch
def test_the_warm_up_is_recorded_and_its_passes_are_marked(recorded: dict[str, list[AnyEvent]]) -> None:
    for name, outcomes in (("count", {"count"}), ("interval", {"flat", "not_flat"})):
        events = recorded[name]
        rule = next(rule for rule in asking.of(events, Rule) if rule.name == "warmup")
        marked = sum(len(batch.d) for batch in asking.of(events, Latency) if batch.c == rule.c and batch.flags == "W")
        assert rule.outcome in outcomes
        assert rule.passes == marked >= 2
    assert not any(rule.name == "warmup" for rule in asking.of(recorded["time"], Rule))


@pytest.mark.torch
def test_a_cool_down_is_recorded_before_every_case_but_the_first(recorded: dict[str, list[AnyEvent]]) -> None:
    rules = [rule for rule in asking.of(recorded["count"], Rule) if rule.name == "cooldown"]
    assert [rule.c for rule in rules] == [1]
    assert rules[0].outcome in ("probe", "cool", "flat", "cap")
    assert rules[0].text
    assert not any(rule.name == "cooldown" for rule in asking.of(recorded["time"], Rule))
