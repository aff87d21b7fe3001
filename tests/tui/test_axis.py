"""One time axis: the same moment stands in the same column of every chart."""

from __future__ import annotations

import sys
from itertools import pairwise

import fakes
import pytest
from driving import drive, pane, settle
from hypothesis import given, settings
from hypothesis import strategies as st

from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.session.history import History, Points, Scale
from jetbench.session.lane import BUCKET_NS, Buckets, Lane
from jetbench.session.snapshot import Reading, Snapshot
from jetbench.session.timeline import Moment
from jetbench.tui import glyphs
from jetbench.tui.draw import board, happened, histogram, readings, stack, timeaxis
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.over_time import passes

S = fakes.S
T = fakes.T0 + 700 * S
SETS = (glyphs.BRAILLE, glyphs.BLOCK, glyphs.ASCII)


def readings_of(pairs) -> Points:
    """(t, value) of one channel; None: no reading."""
    made = History({"it": Scale(1000, True)})
    for t, value in pairs:
        made.add(t, [None if value is None else round(1000 * value)])
    return made.series("it")


def lane_of(*batches) -> Buckets:
    """(t, durations in ns) of batches of passes."""
    made = Lane()
    for t, durations in batches:
        made.add(t, durations)
    return made.between(0, 1 << 62)


def snapshot(history=(), lane=(), moments=(), **more) -> Snapshot:
    """A board with power and one temperature, whose trip is at 85 C."""
    zone = fakes.channel("temp.tj-thermal", "temperature", "C", 85.0)
    total = fakes.channel("power.total", "power", "W", name="VDD_IN")
    clock = fakes.channel("clock.cpu.policy0", "clock", "MHz", 1510.0)
    more.setdefault("t", T)
    return Snapshot(
        status="running", t_start=fakes.T0, board=ev.Board(t=fakes.T0, channels=(total, zone, clock)),
        readings={c.id: Reading(c, v, None) for c, v in ((total, 9.0), (zone, 73.0), (clock, 1510.0))},
        history={name: readings_of(history) for name in ("power.total", "temp.tj-thermal", "clock.cpu.policy0")},
        lane=lane_of(*lane), moments=tuple(moments), **more,
    )  # fmt: skip


def columns_of(extents, axis):
    return {place // axis.dots for place, extent in enumerate(extents) if extent is not None}


@settings(deadline=None)
@given(
    window=st.sampled_from(timeaxis.WINDOWS), width=st.integers(20, 200), kind=st.sampled_from(SETS),
    t=st.integers(T // S, T // S + 10).map(lambda second: second * S), ago=st.integers(0, 59 * S),
)  # fmt: skip
def test_a_moment_has_one_column_in_every_chart(window, width, kind, t, ago):
    at = (t - ago) // BUCKET_NS * BUCKET_NS
    told = snapshot(
        [(at, 50.0), (at + 1, None)], [(at, [10**6])],
        [Moment(at, "mark"), Moment(at, "throttle", text="thermal"), Moment(at + 1, "throttle")], t=t,
    )  # fmt: skip
    axis = timeaxis.time_axis(told, width, kind, window)
    assert t - timeaxis.STEP < axis.end <= t and axis.column(axis.end) == axis.cells - 1
    runs = happened.happened(told, axis)
    here = {axis.column(at)} & set(range(axis.cells)) if at <= axis.now else set()
    assert columns_of(timeaxis.of_readings(told.history["power.total"], axis), axis) == here
    assert set(runs.letters) == set(runs.lines) == here
    lasted = columns_of(timeaxis.of_passes(told.lane, axis), axis)
    assert here <= lasted and lasted <= set(range(axis.column(at), axis.column(at + BUCKET_NS) + 1))


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("width", [40, 72, 119])
def test_spans_and_marks_stand_below_each_other_in_all_charts(kind, width):
    told = snapshot(
        [(T - s * S, 60.0) for s in range(60, 0, -1)], [(T - 30 * S, [10**7, 2 * 10**7])],
        [Moment(T - 40 * S, "throttle", text="thermal: tj"), Moment(T - 20 * S, "mark"),
         Moment(T - 10 * S, "throttle"), Moment(T - 5 * S, "fault")],
    )  # fmt: skip
    room = Room(width, 30, kind)
    axis = timeaxis.time_axis(told, width, kind)
    rows = board.draw(told, room)
    tinted = []
    for row in rows:
        found, column = set(), 0
        for text, role in row.spans:
            if role.endswith("@throttled"):
                found |= set(range(column, column + len(text)))
            column += len(text)
        if found:
            tinted.append(found)
    first, last = (timeaxis.GUTTER + axis.column(T - s * S) for s in (40, 10))
    assert len(tinted) >= 8 and all(found == set(range(first, last + 1)) for found in tinted)
    line = happened.line(happened.happened(told, axis), axis, room).text
    mark, fault = (timeaxis.GUTTER + axis.column(T - s * S) for s in (20, 5))
    assert line[mark] == "m" and line[fault] == "x" and set(line[first : last + 1]) == {"T", "m"}
    assert sum(row.text[mark] == kind.mark for row in rows if len(row.text) > mark) >= 4
    assert [row.text for row in rows].count(line) == 1  # one axis below all of them


def test_the_axis_moves_in_steps_and_stands_exactly_at_a_moment_that_is_looked_at():
    begin = T // timeaxis.STEP * timeaxis.STEP
    axes = [timeaxis.time_axis(snapshot(t=begin + s), 66, glyphs.BRAILLE) for s in (0, 2 * S - 1, 2 * S)]
    assert axes[0].first == axes[1].first < axes[2].first
    frozen = timeaxis.time_axis(snapshot(revisions={"telemetry": T + S}, t=T + S), 66, glyphs.BRAILLE)
    assert frozen.end == T + S and frozen.column(T + S) == frozen.cells - 1


def test_a_gap_is_a_gap_however_short_and_slow_readings_are_no_gaps():
    axis = timeaxis.time_axis(snapshot(), 66, glyphs.BLOCK)  # a column a second
    slow = [(T - s * S, 5.0) for s in range(50, -1, -2)]
    whole = columns_of(timeaxis.of_readings(readings_of(slow), axis), axis)
    assert set(range(10, axis.column(T) + 1)) <= whole
    none = readings_of((t, None if t == T - 20 * S else v) for t, v in slow)
    failed = columns_of(timeaxis.of_readings(none, axis), axis)
    assert whole - failed == {axis.column(T - 20 * S), axis.column(T - 19 * S)}
    fewer = readings_of((t, v) for t, v in slow if not T - 30 * S < t < T - 20 * S)
    lost = columns_of(timeaxis.of_readings(fewer, axis), axis)
    assert {axis.column(T - s * S) for s in range(29, 20, -1)} & lost == set()


def test_a_long_pass_reaches_over_all_the_time_it_took():
    axis = timeaxis.time_axis(snapshot(), 66, glyphs.BLOCK)
    begin = (T - 30 * S) // BUCKET_NS * BUCKET_NS
    drawn = columns_of(timeaxis.of_passes(lane_of((begin, [9 * S])), axis), axis)
    assert drawn == set(range(axis.column(begin), axis.column(begin + 9 * S - 1) + 1))


def steps(function) -> int:
    """Instructions of Python that it takes: what costs time, counted."""
    count, before = 0, sys.gettrace()

    def trace(frame, event, _):
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return count


def test_ten_minutes_cost_no_more_to_draw_than_one():
    def cost(seconds: int, window: int) -> int:
        begin = T - seconds * S
        history = [(begin + i * S // 10, 50.0 + i % 7) for i in range(10 * seconds + 1)]
        lane = [(begin + i * S // 4, [10**6, 10**6 * (1 + i % 5)]) for i in range(4 * seconds + 1)]
        told = snapshot(history, lane)
        return steps(lambda: board.draw(told, Room(60, 30, glyphs.BRAILLE), window))

    minute = cost(60, 60)
    assert all(cost(600, window) < 1.3 * minute for window in timeaxis.WINDOWS)


def test_the_trip_is_a_line_with_its_value_and_the_headroom_in_words():
    told = snapshot([(T - s * S, 73.0) for s in range(60, 0, -1)])
    shown = "\n".join(row.text for row in board.draw(told, Room(72, 20, glyphs.ASCII)))
    assert "12 C below the trip" in shown and "- trip 85 C -" in shown
    assert readings.headroom(85.2, 85.0, "C") == "at the trip of 85 C"
    assert readings.headroom(88.0, 85.0, "C") == "3 C above the trip"
    assert readings.headroom(None, 85.0, "C") == readings.headroom(85.0, None, "C") == ""


def test_a_slow_case_and_a_quick_one_both_show():
    told = snapshot(lane=[(T - s * S, [10**6 * (300 if s < 20 else 3), 10**6 * 310]) for s in (40, 10)])
    room = Room(72, 9, glyphs.BLOCK)
    chart = passes(told, timeaxis.time_axis(told, 72, glyphs.BLOCK), room, log=False)
    assert chart.log and "log scale" in chart.head.text


@pytest.mark.parametrize("height", range(1, 40))
def test_the_stack_fills_its_room_and_no_more(height):
    told = snapshot([(T - s * S, 60.0) for s in range(60, 0, -1)], [(T - S, [10**6])])
    axis = timeaxis.time_axis(told, 60, glyphs.BRAILLE)
    chart = passes(told, axis, Room(60, height, glyphs.BRAILLE), log=False)
    for count in (1, 2, 5):
        rows = stack.draw([chart] * count, axis, happened.happened(told, axis), Room(60, height, glyphs.BRAILLE))
        assert len(rows) <= height and all(row.used <= 60 for row in rows)
        if height > count * 3 + stack.FOOT:
            assert len(rows) == height and sum("over time" in row.text for row in rows) == count


def test_each_kind_of_cause_has_its_letter():
    causes = (
        "under-voltage",
        "power cap (NVML)",
        "thermal: tj-thermal",
        "frequency capped",
        "gpu-throttle-alert",
        "so",
    )
    assert [happened.letter(cause) for cause in causes] == ["V", "P", "T", "C", "T", "!"]


# -- the histogram

TWO_PEAKS = tuple([20_000_000 + 1000 * i for i in range(300)] + [40_000_000 + 1000 * i for i in range(300)])


@pytest.mark.parametrize("mode", ["linear", "log"])
def test_two_peaks_look_like_two(mode):
    rows, _ = histogram.draw(histogram.Sample.of(TWO_PEAKS), Room(80, 12, glyphs.BLOCK), mode=mode)
    foot = rows[-4].text[histogram.GUTTER :]
    high = [column for column, cell in enumerate(foot) if cell not in " :"]
    assert len(high) >= 2 and max(b - a for a, b in pairwise(high)) > 20


def test_the_ecdf_only_rises_and_ends_at_all_of_them():
    rows, scale = histogram.draw(histogram.Sample.of(TWO_PEAKS), Room(70, 13, glyphs.BLOCK), mode="ecdf")
    assert "100 %" in rows[0].text
    heights = [
        sum(cell not in " :" for cell in column)
        for column in zip(*(row.text.ljust(70)[histogram.GUTTER :] for row in rows[:-3]), strict=True)
    ]
    assert heights == sorted(heights) and scale.high >= 40.2 and heights[-1] == len(rows) - 3


@pytest.mark.parametrize("mode", histogram.MODES)
@pytest.mark.parametrize(
    "sample", [(5_000_000,), (5_000_000, 5_000_000), (1, 10**12), (3_000_000, 4_000_000, 9_000_000)]
)
def test_few_passes_are_drawn_in_every_mode(mode, sample):
    rows, scale = histogram.draw(histogram.Sample.of(sample), Room(50, 9, glyphs.ASCII), mode=mode)
    assert len(rows) == 9 and all(row.used <= 50 for row in rows) and scale.low < scale.high
    assert "p50" in rows[-1].text and any("#" in row.text for row in rows)


def test_the_keys_choose_mode_and_window_for_all_charts():
    async def script(app, pilot):
        assert "h linear  w 60 s" in pane(app, "latency") and "w 60 s" in pane(app, "power")
        await pilot.press("h", "w")
        await settle(app, pilot)
        assert "h log  w 5 min" in pane(app, "latency") and "w 5 min" in pane(app, "power")
        await pilot.press("h", "w", "w")
        await settle(app, pilot)
        assert "100 %" in pane(app, "latency") and "h ecdf  w all" in pane(app, "latency")
        latency, power = (pane(app, name).splitlines() for name in ("latency", "power"))
        axis = [next(line for line in lines if "┊" in line and "───" in line[8:]) for lines in (latency[-4:], power)]
        assert axis[0] == axis[1]  # the same column in both panes
        await pilot.press("h", "w")
        await settle(app, pilot)
        assert "h linear  w 60 s" in pane(app, "latency")

    drive(fakes.ScriptedSession(*fakes.running(Plan(k=2000))), script, plan=Plan(k=2000))
