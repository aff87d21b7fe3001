"""A column of times is the list of times that it was told."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetbench.domain.times import Times

NEAR, FAR = st.integers(-5, 2**32 + 5), st.integers(-(2**40), 2**62)
BATCHES = st.lists(st.tuples(FAR | NEAR, st.lists(NEAR, max_size=5)), max_size=8)


@given(BATCHES, st.integers(-20, 20), st.integers(-20, 20), st.sampled_from([1, 2, -1]))
def test_like_a_list(batches, first, last, step):
    column, plain = Times(), []
    for base, offsets in batches:
        column.extend(base, offsets)
        plain += [base + offset for offset in offsets]
    assert list(column) == plain and len(column) == len(plain)
    assert list(column[first:last:step]) == plain[first:last:step]
    assert [column[at] for at in range(-len(plain), len(plain))] == [*plain, *plain]
    ordered = Times()
    ordered.extend(0, sorted(plain))
    assert [bisect_right(ordered, t) for t in plain] == [bisect_right(sorted(plain), t) for t in plain]
    del column[first:], plain[first:]
    column.extend(2**50, [1, 2])
    assert list(column) == [*plain, 2**50 + 1, 2**50 + 2]


def test_an_hour_takes_few_bases():
    column = Times()
    for batch in range(36_000):
        column.extend(10**15 + batch * 100_000_000, [0, 33_000_000, 66_000_000])
    assert len(column._bases) == pytest.approx(3600 / 4.29, rel=0.05)


def test_what_it_cannot():
    column = Times()
    column.extend(0, [1, 2, 3])
    with pytest.raises(ValueError, match="shortened"):
        del column[:1]
    with pytest.raises(IndexError):
        column[3]
