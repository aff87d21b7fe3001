"""The playhead: it plays as fast as it says, never leaves the session, and goes where it is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.session import playhead as ph
from jetbench.session.playhead import SECOND, Playhead, Span

SPAN = Span(100 * SECOND, 200 * SECOND)


def test_it_follows_until_it_is_frozen_and_again_afterwards() -> None:
    head = Playhead()
    assert head.at(SPAN, 5.0) == SPAN.end
    frozen = ph.freeze(head, SPAN, 5.0)
    longer = Span(SPAN.begin, 300 * SECOND)
    assert frozen.at(longer, 50.0) == SPAN.end, "the run goes on, the view stands"
    assert ph.follow(frozen).at(longer, 50.0) == longer.end


@pytest.mark.parametrize("speed", ph.SPEEDS)
def test_playing_takes_its_time(speed: float) -> None:
    head = Playhead(position=SPAN.begin, playing=True, speed=speed, since=10.0)
    assert head.at(SPAN, 11.0) == SPAN.begin + round(speed * SECOND)
    assert head.at(SPAN, 1e6) == SPAN.end


def test_play_at_the_end_begins_anew_and_pause_keeps_the_place() -> None:
    head = ph.toggle(Playhead(position=SPAN.end), SPAN, 0.0)
    assert (head.at(SPAN, 0.0), head.playing) == (SPAN.begin, True)
    paused = ph.toggle(head, SPAN, 3.0)
    assert (paused.at(SPAN, 99.0), paused.playing) == (SPAN.begin + 3 * SECOND, False)


def test_a_change_of_speed_does_not_jump() -> None:
    head = Playhead(position=SPAN.begin, playing=True, since=0.0)
    quick = ph.faster(head, SPAN, 10.0, 2)
    assert quick.at(SPAN, 10.0) == head.at(SPAN, 10.0)
    assert quick.speed == 4.0
    assert ph.faster(quick, SPAN, 10.0, 99).speed == 64.0
    assert ph.faster(quick, SPAN, 10.0, -99).speed == 0.25


@given(st.lists(st.integers(-50, 50), max_size=20), st.floats(0, 1e4), st.booleans())
def test_it_never_leaves_the_session(moves: list[int], now: float, playing: bool) -> None:
    head = Playhead(position=150 * SECOND, playing=playing, speed=64.0)
    for seconds in moves:
        head = ph.move(head, SPAN, now, seconds)
        assert SPAN.begin <= head.at(SPAN, now + 1.0) <= SPAN.end


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("1:30", 90), ("0:01:30", 90), ("-10s", 40), ("+10", 60), ("50%", 50), ("7.5s", 7.5), ("9:00", 100)],
)
def test_times_a_person_writes(text: str, seconds: float) -> None:
    here = SPAN.begin + 50 * SECOND
    assert ph.parse_time(text, SPAN, here) == SPAN.begin + round(seconds * SECOND)


@given(st.text(max_size=12))
def test_anything_else_is_one_line(text: str) -> None:
    try:
        assert SPAN.begin <= ph.parse_time(text, SPAN, SPAN.begin) <= SPAN.end
    except ValueError as error:
        assert "\n" not in str(error)


def test_neighbours() -> None:
    times = [10, 20, 30]
    assert ph.neighbour(times, 20, forwards=True) == 30
    assert ph.neighbour(times, 20, forwards=False) == 10
    assert ph.neighbour(times, 30, forwards=True) is None
    assert ph.neighbour([], 5, forwards=False) is None
