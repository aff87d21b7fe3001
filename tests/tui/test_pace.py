"""How often pictures go out when their answers are late, in made-up time."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from jetbench.tui import paced
from jetbench.tui.pace import LOST_S, Pace

WANTED = 0.5


def link(rate: float, size: int, seconds: float, way: float = 0.04) -> list[float]:
    """When pictures of ``size`` bytes went out over a link of ``rate`` bytes a second, pulled ten times a second."""
    pace, sent, arrives = Pace(answers=True, least=way), [float("-inf")], float("inf")
    for tick in range(int(seconds * 10)):
        now = tick / 10
        if arrives <= now:
            pace, arrives = pace.answered(arrives), float("inf")
        if pace.due(now, sent[-1], WANTED) and now - sent[-1] >= WANTED - 0.01:
            sent.append(now)
            pace, arrives = pace.ask(now), now + way + size / rate
    return sent[1:]


def test_a_good_link_gets_as_many_as_wanted() -> None:
    assert len(link(1e6, 5000, 60)) == 120


@pytest.mark.parametrize("rate", [20_000, 8_000, 2_000])
def test_a_thin_link_is_left_free_two_thirds_of_the_time(rate: int) -> None:
    sent = link(rate, 5000, 120)
    assert 0.2 < len(sent) * 5000 / rate / 120 < 0.4 + 0.1 * (rate == 20_000)


def test_the_period_grows_at_once_and_shrinks_back() -> None:
    pace = Pace().ask(0).answered(0.02)
    assert pace.period(WANTED) == WANTED
    pace = pace.ask(1).answered(2)
    slow = pace.period(WANTED)
    assert slow > 2
    for now in range(3, 12):
        pace = pace.ask(now).answered(now + 0.02)
        assert pace.period(WANTED) <= slow
        slow = pace.period(WANTED)
    assert slow == WANTED


def test_a_far_link_is_not_a_thin_one() -> None:
    pace = Pace().ask(0).answered(0.4)
    assert pace.ask(1).answered(1.42).period(WANTED) == WANTED


def test_nothing_follows_what_is_under_way_until_it_must_be_lost() -> None:
    pace = Pace().ask(0).answered(0.02).ask(10)
    assert not pace.due(12, 10, WANTED) and not pace.may_ask(12)
    assert pace.due(10 + LOST_S + 1, 10, WANTED) and pace.may_ask(10 + LOST_S + 1)


def test_a_terminal_that_never_answers_is_drawn_on_unless_it_takes_nothing() -> None:
    pace = Pace().ask(0)
    assert pace.due(100, 99.5, WANTED)
    assert not pace.due(100, 99.5, WANTED, queued=True)


@given(st.lists(st.tuples(st.sampled_from(("ask", "answer")), st.floats(0, 5)), max_size=50))
def test_whatever_comes_it_draws_again(steps: list[tuple[str, float]]) -> None:
    pace, now = Pace(), 0.0
    for what, seconds in steps:
        now += seconds
        pace = pace.answered(now) if what == "answer" else pace.ask(now)
        assert pace.period(WANTED) >= WANTED
    assert pace.due(now + LOST_S + pace.period(WANTED), now, WANTED)


def test_the_driver_asks_behind_a_picture_and_hears_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(paced.LinuxDriver, "__init__", lambda self, app: None)
    monkeypatch.setattr(paced.LinuxDriver, "_writer_thread", None, raising=False)
    monkeypatch.setattr(paced.LinuxDriver, "write", lambda self, data: written.append(data))
    monkeypatch.setattr(paced.time, "monotonic", lambda: clock.now)
    clock = SimpleNamespace(now=1.0)
    driver = paced.PacedDriver(None)
    driver._ask()
    clock.now = 1.1
    driver.process_message(events.CursorPosition(0, 0))
    assert driver.pace.answers and driver.pace.took == pytest.approx(0.1)
    driver.write("x" * 50)
    driver.flush()
    assert written[-1] != paced.WHERE, "a small change is not worth a question"
    driver.write("x" * 500)
    driver.flush()
    driver.write("y" * 500)
    driver.flush()
    assert written.count(paced.WHERE) == 2 and written[-1] != paced.WHERE, "one question is out"
    assert not driver.pace.due(clock.now + 3, clock.now, WANTED)
