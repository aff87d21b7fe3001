"""The soak: its rule with a clock of its own, what of its passes is told, and as a real agent ends it."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asking
from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.link.local import LocalLink
from jetbench_agent.bench import soak as passes
from jetbench_agent.headline import Headline
from jetbench_agent.soak import Soak, abort_at
from jetbench_agent.stopping import SETTLE_S, SoakRule
from outside import USER_MODELS

MS = 1_000_000


def ended(
    celsius: Any, duration: Any, abort: float | None = None, most: int = 1800
) -> tuple[int, dict[str, Any]] | None:
    """The second at which the rule has enough, and what it says; four looks a second."""
    rule = SoakRule(abort)
    for quarter in range(4 * most):
        told = rule.see(quarter / 4, celsius(quarter / 4), [int(duration(quarter / 4) * MS)] * 5)
        if told is not None:
            return quarter // 4, told
    return None


def heating_up(t: float) -> float:
    return 80 - 40 * math.exp(-t / 60)


def test_it_is_settled_when_it_gets_no_warmer_and_no_slower() -> None:
    found = ended(heating_up, lambda _: 20)
    assert found is not None
    second, told = found
    assert told["outcome"] == "settled"
    assert abs(told["value"]) < told["target"] == 0.5
    assert SETTLE_S + 100 < second < SETTLE_S + 300, "while it rose by half a degree a minute, it went on"


def test_a_board_that_still_gets_slower_has_not_settled() -> None:
    found = ended(lambda _: 80.0, lambda t: 20 if t < 300 else 25)
    assert found is not None and found[0] == SETTLE_S, "it was flat until then"
    assert ended(lambda _: 80.0, lambda t: 20 * (1 + t / 1000), most=900) is None


def test_without_a_temperature_only_time_ends_it() -> None:
    assert ended(lambda _: None, lambda _: 20) is None


def test_a_temperature_that_is_lost_begins_it_anew() -> None:
    found = ended(lambda t: None if 100 < t < 110 else 70.0, lambda _: 20)
    assert found is not None and found[0] >= 110 + SETTLE_S


def test_near_the_critical_trip_it_is_given_up() -> None:
    found = ended(lambda t: 40 + t, lambda _: 20, abort=100.0)
    assert found is not None
    second, told = found
    assert (second, told["outcome"], told["target"]) == (60, "abort", 100.0)
    assert "aborted at 100.0 C" in told["text"]


@pytest.mark.parametrize(
    ("channel", "at"),
    [
        ({"limit": 80.0, "critical": 105.0}, 100.0),
        ({"limit": 99.0, "critical": 104.0}, 101.5),
        ({"critical": 100.0}, 95.0),
        ({"limit": 100.0, "critical": 100.0}, 95.0),  # x86: one figure for both
        ({"limit": 80.0}, None),
    ],
)
def test_throttling_alone_is_no_danger(channel: dict[str, float], at: float | None) -> None:
    assert abort_at(channel) == at
    zone = dict(channel, id="temp.cpu", name="cpu", quantity="temperature")
    assert Headline([zone, {"id": "power.total", "name": "total", "quantity": "power"}]).abort_at == at


def test_the_word_of_a_child_that_was_ended_becomes_that_of_the_rule() -> None:
    """And the rule is asked only while the soak runs."""
    now, ends = [0.0], []

    class Hot:
        abort_at = 90.0

        def __call__(self) -> float:
            return 91.0

    soak = Soak(Hot(), lambda: now[0])
    lat = {"k": "lat", "d": [MS], "flags": "L"}
    assert soak.seen(lat, lambda: ends.append(1)) is lat and not ends, "none has begun"
    soak.seen({"k": "stage", "name": "soak"}, lambda: None)
    soak.seen(lat, lambda: ends.append(1))
    now[0] = 1.0
    soak.seen(lat, lambda: ends.append(1))
    assert ends == [1], "it is told once"
    rule = {"k": "rule", "name": "soak", "outcome": "told", "text": "", "passes": 7, "c": 0}
    assert soak.seen(rule, lambda: None)["outcome"] == "abort"
    assert soak.seen(dict(rule, outcome="time"), lambda: None)["outcome"] == "time", "its time was over just then"
    soak.seen({"k": "stage", "name": "soak", "ns": 1}, lambda: None)
    soak.seen({"k": "stage", "name": "soak"}, lambda: None)
    assert soak.seen(rule, lambda: None)["outcome"] == "told", "the next one is another"


@given(done=st.integers(1, 4096), seconds=st.floats(1e-6, 100))
def test_what_is_told_of_a_block_is_bounded_and_evenly_spread(done: int, seconds: float) -> None:
    kept = passes.spread(done, seconds)
    assert 1 <= len(kept) <= max(1, passes.RATE * seconds)
    assert kept == sorted(set(kept)) and kept[0] == 0 and kept[-1] < done
    gaps = {b - a for a, b in pairwise(kept)}
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_fields_stay_with_their_passes() -> None:
    more = {
        "faults": [(0, 3), (1, 1)],
        "waits": [(2, 1, 900), (3, 1, 100)],
        "gc": [2],
        "device": [10, 11, 12, 13],
        "parts": {"read": [1, 2, 3, 4]},
        "swap_in_kib": 4,
    }
    assert passes.thinned(more, [0, 2], 4) == {
        "faults": [[0, 3]], "waits": [[1, 1, 900]], "gc": [1], "device": [10, 12], "parts": {"read": [1, 3]},
        "swap_in_kib": 4,
    }  # fmt: skip
    assert passes.thinned(more, [0, 1, 2, 3], 4) is more


# -- a real agent


def soaked(link: LocalLink, seconds: float) -> list[ev.AnyEvent]:
    plan = Plan(models=(f"{USER_MODELS}:slow",), sizes=((16, 16),), k=2, cooldown=0, soak=seconds)
    return asking.run(link, plan)


@pytest.mark.torch
def test_an_agent_ends_it_by_time() -> None:
    with asking.agent() as link:
        events = soaked(link, 1.5)
    (rule,) = [event for event in events if isinstance(event, ev.Rule) and event.name == "soak"]
    assert rule.outcome == "time"
    assert rule.ns is not None and rule.ns >= 1.5e9
    told = [event for event in events if isinstance(event, ev.Latency) and event.flags == "L"]
    assert rule.passes == sum(len(event.d) for event in told), "at ten passes a second every one is told"
    end = next(event for event in events if isinstance(event, ev.CaseEnd))
    assert end.status == "measured"


@pytest.mark.torch
def test_an_agent_gives_it_up_near_the_critical_trip(tmp_path: Path) -> None:
    """A folder that plays a board at 101 C that shuts down at 105; the case is measured all the same."""
    zone = tmp_path / "sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    trips = {"trip_point_0_type": "critical", "trip_point_0_temp": "105000"}
    for name, text in {"type": "cpu-thermal", "temp": "101000", **trips}.items():
        (zone / name).write_text(text + "\n")
    link = LocalLink(None, root=tmp_path)
    try:
        events = soaked(link, 60)
    finally:
        link.close()
    (rule,) = [event for event in events if isinstance(event, ev.Rule) and event.name == "soak"]
    assert rule.outcome == "abort"
    assert "aborted at 101.0 C" in rule.text
    assert rule.ns is not None and rule.ns < 30e9
    assert next(event for event in events if isinstance(event, ev.CaseEnd)).status == "measured"
