"""samples.csv, made by the block, is byte for byte what a row at a time would be."""

from __future__ import annotations

import csv
import io
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams
from jetbench.analysis.flags import LETTERS, of_passes
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedCase
from jetbench.domain.stretches import Stretches
from jetbench.domain.times import Times
from jetbench.export import passes
from jetbench.export.cells import seconds
from jetbench.session.state import SessionState

T0 = 10**12


def one_by_one(state: SessionState) -> str:
    """The plain way to write the same rows."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    begin = state.run.t if state.run else 0
    for case_id, record in state.records.items():
        flags = of_passes(record, state.observed)
        for r, index, start, lasted, text in zip(
            record.round, record.index, record.start, record.duration, flags, strict=True
        ):
            writer.writerow([case_id, r, index, seconds(start - begin), seconds(lasted), text])
    return file.getvalue()


def folded(*events: ev.Event) -> SessionState:
    state = SessionState()
    for event in events:
        state.apply(event)
    return state


def test_a_session_with_every_flag_and_several_rounds():
    state = folded(*streams.session(passes=3000, rounds=3, warmup=50, models=("mobilenet_v2", "resnet18", "x")))
    record = state.records[1]
    record.gc.update(range(100, 4000, 7))
    record.faults.update((at, 3) for at in range(2000, 2100))
    text = b"".join(passes.rows(state)).decode()
    assert text == one_by_one(state)
    assert text.count("\r\n") == 3 * 3 * 3050
    assert {row[-1] for row in csv.reader(text.splitlines())} >= {"", "W", "G", "S", "SG"}


def test_the_widths_of_all_cells_change():
    """Indices and seconds gain digits, passes of more than a second, and some in the first second of the run."""
    lasts = [10**9 * (n % 400 == 0) + 999_999_000 + n for n in range(1500)]
    starts = [10**8 + n * 2 * 10**9 for n in range(1500)]
    run = ev.RunStart(t=T0, cases=(ev.Case(id=7, model="m"),))
    state = folded(run, ev.Latency(t=T0, c=7, i=9_000, b=T0, s=tuple(starts), d=tuple(lasts)))
    assert b"".join(passes.rows(state)).decode() == one_by_one(state)


# What a recording may hold: figures of any size below 2^62, in any order. Most of them are such that rows line up.
_MOST = 2**62 - 1
_SIZES = st.integers(0, 10**7) | st.integers(0, 12 * 10**9) | st.integers(0, _MOST)
_BATCH = st.fixed_dictionaries(
    {
        "r": st.sampled_from((0, 0, 0, 1, 12)),
        "i": st.sampled_from((0, 1000, 9_950)) | st.integers(0, _MOST),
        "b": st.just(T0 + 5 * 10**9) | st.integers(T0 - 10**9, T0 + 12 * 10**9) | st.integers(0, _MOST),
        "step": st.integers(1, 10**8) | _SIZES,
        "lasted": st.integers(0, 10**9 + 10**6) | _SIZES,
        "count": st.integers(1, 300),
        "flags": st.sampled_from(("", "", "W")),
        "gc": st.sets(st.integers(0, 299), max_size=9),
    }
)


@given(st.lists(_BATCH, max_size=5), st.just(T0) | st.integers(0, _MOST), st.randoms(use_true_random=False))
def test_anything_that_a_recording_may_hold(batches, begin, draw):
    cases = (ev.Case(id=0, model="a"), ev.Case(id=2**61, model="b"))
    state = folded(ev.RunStart(t=begin, cases=cases))
    for made in batches:
        count, step = made["count"], made["step"]
        starts = [min(n * step, _MOST) for n in range(count)]
        if draw.random() < 0.2:
            draw.shuffle(starts)
        lasts = tuple(min(made["lasted"] + draw.choice((0, 1000, 10**9)), _MOST) for _ in range(count))
        told = {key: made[key] for key in ("r", "b", "flags")} | {"i": min(made["i"], _MOST - count)}
        gc = tuple(at for at in made["gc"] if at < count)
        state.apply(ev.Latency(c=draw.choice(cases).id, s=tuple(starts), d=lasts, gc=gc, **told))
    assert b"".join(passes.rows(state)).decode() == one_by_one(state)


def alike(**column: object) -> SessionState:
    """200 passes whose rows are equally long, but for one column."""
    count = 200
    told = {
        "i": 1000,
        "b": T0 + 15 * 10**9,
        "s": [n * 10**7 for n in range(count)],
        "d": [10**7 - n for n in range(count)],
    }
    told |= column
    run = ev.RunStart(t=T0, cases=(ev.Case(id=0, model="m"),))
    return folded(run, ev.Latency(c=0, i=told["i"], b=told["b"], s=tuple(told["s"]), d=tuple(told["d"])))


def put(record: ObservedCase, column: str, wrong: int) -> None:
    """Another figure in the middle of a column."""
    numbers = list(getattr(record, column))
    numbers[100] = wrong
    if column == "duration":
        record.duration = array("q", numbers)
        return
    if column == "start":
        record.start = Times()
        record.start.extend(0, numbers)
        return
    made = Stretches(step=int(column == "index"))
    for number in numbers:
        made.extend(number, 1)
    setattr(record, column, made)


@pytest.mark.parametrize("column", ["round", "start", "duration", "index"])
def test_one_row_that_is_not_like_its_neighbours(column):
    """In each column in turn, figures that would be misread if the rows were taken to be alike."""
    for wrong in (0, 3, 10**9, 10**10, 95 * 10**9, T0 + 1, *(T0 + k * 10**9 + 7 for k in range(3, 40))):
        if column == "round" and wrong >= 1 << 31:
            continue  # nothing of that kind is taken
        state = alike()
        put(state.records[0], column, wrong)
        assert b"".join(passes.rows(state)).decode() == one_by_one(state), wrong


@pytest.mark.parametrize(
    "column",
    [
        {"b": T0}, {"b": T0 + 5 * 10**8, "s": range(200)}, {"b": T0 - 10**10}, {"b": 0}, {"b": T0 + 5 * 10**18},
        {"d": [95 * 10**9] * 200}, {"d": [10**9] * 200}, {"d": [0] * 200}, {"d": [2**62 - 1] * 200}, {"i": 2**62 - 201},
        {"i": 9_900}, {"b": T0 + 99 * 10**8},
    ],
    ids=str,
)  # fmt: skip
def test_rows_that_are_alike_and_not_as_usual(column):
    state = alike(**column)
    assert b"".join(passes.rows(state)).decode() == one_by_one(state)


def test_an_index_loses_a_digit_where_the_start_gains_one():
    """The rows stay equally long."""
    state = alike(b=T0 + 9 * 10**9)
    del state.records[0].index[100:]
    state.records[0].index.extend(100, 100)
    assert b"".join(passes.rows(state)).decode() == one_by_one(state)


def test_the_filler_is_no_flag():
    assert passes._FILL.decode() not in LETTERS
