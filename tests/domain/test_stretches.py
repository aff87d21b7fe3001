"""A column in stretches is the list that it stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.domain.stretches import Stretches

PIECES = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 5)), max_size=12)


def both(pieces: list[tuple[int, int]], step: int) -> tuple[Stretches, list[int]]:
    column, plain = Stretches(step), []
    for first, count in pieces:
        column.extend(first, count)
        plain += [first + step * n for n in range(count)]
    return column, plain


@given(PIECES, st.sampled_from([0, 1]), st.integers(-30, 30), st.integers(-30, 30))
def test_like_a_list(pieces, step, first, last):
    column, plain = both(pieces, step)
    assert list(column) == plain and len(column) == len(plain)
    assert list(column[first:last]) == plain[first:last]
    assert [column[at] for at in range(-len(plain), len(plain))] == [*plain, *plain]
    begin, end, _ = slice(first, last).indices(len(plain))
    spans = list(column.spans(begin, end))
    assert [first + step * n for begin, end, first in spans for n in range(end - begin)] == plain[begin:end]
    assert all(begin < end for begin, end, _ in spans)
    del column[first:], plain[first:]
    assert list(column) == plain
    column.extend(7, 2)
    assert list(column) == [*plain, 7, 7 + step]


@given(PIECES, st.integers(-3, 3), st.integers(0, 30), st.integers(0, 30))
def test_what_is_in_it(pieces, value, first, last):
    column, plain = both(pieces, 0)
    assert column.count(value) == plain.count(value)
    assert column.count(value, first, last) == plain[first:last].count(value)
    assert column.find(value) == (plain.index(value) if value in plain else -1)
    assert column.rfind(value) == (len(plain) - 1 - plain[::-1].index(value) if value in plain else -1)


def test_what_goes_on_is_one_stretch():
    column = Stretches(step=1)
    column.extend(0, 4)
    column.extend(4, 4)
    column.extend(0, 2)
    assert list(column.spans()) == [(0, 8, 0), (8, 10, 0)]


def test_what_it_cannot():
    column, _ = both([(1, 3)], 0)
    for wrong in (lambda: column[::2], lambda: column.__delitem__(slice(0, 1))):
        with pytest.raises(ValueError, match="stretches"):
            wrong()
    with pytest.raises(IndexError):
        column[3]
