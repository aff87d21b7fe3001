"""Readings over time: bounded whatever comes, exact in what is kept, and a moment is the row before it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jetbench.session.history import History, Scale


def filled(count: int, **how: object) -> History:
    made = History({"a": Scale(), "b": Scale(2, True)}, **how)  # type: ignore[arg-type]
    for t in range(count):
        made.add(10 * t, [t, None if t % 2 else -2 * t])
    return made


def test_what_was_added_comes_back() -> None:
    made = filled(5)
    assert made.series("a") == ((0, 0.0), (10, 1.0), (20, 2.0), (30, 3.0), (40, 4.0))
    assert made.series("b")[1] == (10, None)
    assert made.series("a", until=25) == ((0, 0.0), (10, 1.0), (20, 2.0))
    assert made.series("a", since=10, until=20) == ((10, 1.0), (20, 2.0))
    assert made.row(29) == {"a": 2.0, "b": -2.0}
    assert made.row() == {"a": 4.0, "b": -4.0}
    assert made.row(-1) == {}
    assert made.series("nothere") == ()


def test_short_rows_are_filled_with_none() -> None:
    made = History({"a": Scale(0.5), "b": Scale()})
    made.add(1, [5])
    made.add(2, [6, 7, 8])
    assert made.row(1) == {"a": 2.5, "b": None}
    assert made.row(2) == {"a": 3.0, "b": 7.0}


@given(st.lists(st.none() | st.integers(-(2**63) + 1, 2**63 - 1) | st.integers(-(2**31), 2**31), max_size=20))
def test_readings_of_any_width(readings: list[int | None]) -> None:
    made = History({"a": Scale()})
    for t, raw in enumerate(readings):
        made.add(t, [raw])
    assert made.series("a") == [(t, None if raw is None else float(raw)) for t, raw in enumerate(readings)]
    made.add(99, [-(2**31)])
    assert made.row() == {"a": -(2.0**31)}
    made.add(100, [1 << 70])
    assert made.row() == {"a": None}


@given(st.integers(0, 3000), st.integers(4, 200))
def test_live_keeps_the_newest_and_no_more(rows: int, limit: int) -> None:
    made = filled(rows, rows=limit)
    series = made.series("a")
    assert len(series) == min(rows, limit)
    assert [value for _, value in series] == [float(t) for t in range(max(0, rows - limit), rows)]
    assert len(made) <= limit * 1.25 + 1


@given(st.integers(0, 5000), st.integers(4, 200))
def test_a_whole_session_is_kept_more_coarsely_from_begin_to_end(rows: int, limit: int) -> None:
    made = filled(rows, rows=limit, whole=True)
    assert len(made) <= limit
    times = [t for t, _ in made.series("a")]
    assert times == sorted(set(times))
    if rows > limit:
        step = 10 * 4 * rows / limit
        assert times[0] <= step
        assert 10 * (rows - 1) - times[-1] <= step
        assert max(b - a for a, b in pairwise(times)) <= step
