"""The front of figures with intervals: an order that nothing on it breaks, and ties that go both ways."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jetbench.analysis.pareto import Span, dominates, front, tied, ties

NUMBERS = st.integers(0, 12).map(float)


@st.composite
def spans(draw):
    low, value, high = sorted(draw(st.tuples(NUMBERS, NUMBERS, NUMBERS)))
    exact = draw(st.booleans())
    return Span(value, value, value) if exact else Span(value, low, high)


PLACES = st.tuples(spans(), spans(), spans())


@given(st.lists(PLACES, min_size=1, max_size=12))
def test_nothing_on_the_front_is_beaten_and_the_rest_is_by_one_on_it(places):
    kept = front(places)
    assert kept
    for position, place in enumerate(places):
        beaten = any(dominates(other, place) for other in places)
        assert (position in kept) is not beaten
        assert position in kept or any(dominates(places[other], place) for other in kept)


@given(PLACES, PLACES, PLACES)
def test_it_is_an_order(one, two, three):
    assert not dominates(one, one)
    assert not (dominates(one, two) and dominates(two, one))
    assert not (dominates(one, two) and dominates(two, three)) or dominates(one, three)


@given(spans(), spans())
def test_ties_go_both_ways_and_beat_nothing(one, two):
    assert tied(one, two) == tied(two, one)
    assert tied(one, one)
    if tied(one, two) and one != two:
        assert not dominates((one,), (two,)) and not dominates((two,), (one,))


def test_exact_figures_have_the_usual_front():
    exact = [tuple(Span(float(v), float(v), float(v)) for v in row) for row in ((1, 9), (2, 5), (3, 6), (9, 1), (2, 5))]
    assert front(exact) == [0, 1, 3, 4]
    assert ties([exact[position] for position in front(exact)]) == [(1, 3)]


def test_an_overlap_keeps_both():
    near = [(Span(10.0, 9.0, 12.0), Span(1.0, 1.0, 1.0)), (Span(11.0, 10.0, 13.0), Span(2.0, 2.0, 2.0))]
    assert front(near) == [0, 1]
