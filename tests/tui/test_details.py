"""A case that is over, in full: everything that is known of it stands there, at every size."""

from __future__ import annotations

import fakes
import msgspec
import pytest
from driving import drive, lines, pane, settle, text, until
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from jetbench.domain import events as ev
from jetbench.domain.plan import Plan
from jetbench.domain.results import Trend
from jetbench.tui.draw.details import details
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import line, need
from jetbench.tui.draw.trust import trend_words
from jetbench.tui.glyphs import BRAILLE
from jetbench.tui.text import joules, percent, with_error

PLAN = Plan(models=("mine.py:net",), until=0.02, energy=True)
EVERYTHING = (
    "mine.py:net", "fp32", "median 23.3 ms", "(95 %)", "images/s",
    "grade C the median is known to ±", "worth 4 independent ones: 30 are wanted", "became slower",
    "clean 23.9 ms", "32 of 300 flagged, 11 %", "S swap or page faults 2", "P preempted 30",
    "p99 29.4?", "? told from too few passes", "lag-1 0.69", "far out", "26 % slower: burst 20.0, sustained 25.1 ms",
    "device 21.0 ms", "to the device 0.12 ms", "end to end", "decode 23.3 forward 23.3",
    "energy 0.32 ± 0.05 J an image", "net 0.25 ± 0.05 J", "block of 10.1 s", "at rest 3.00 ±", "images/J",
    "assumed", "438 MiB at its peak", "520 MiB predicted", "600 MiB available", "tight", "needs 640 MiB",
    "1.24 M params", "349 MMACs", "ptflops gives 0.3600 GMACs", "this is squeezenet1_1",
    "first pass 149 s, steady 23.3 ms: over 99.9 % of it is start-up", "12 400 major page faults",
    "890 MiB swapped in, 410 MiB read, 2 MiB of kernels", "load 3.10 s", "77 major faults", "second 20.6 ms", "third",
    "cool-down still 61.0 C after 30 s", "warm-up flat after 3 passes", "measure interval: median within 1.9 %",
)  # fmt: skip


def words(shown: str) -> str:
    """Without the frame and the breaks of lines."""
    return " ".join(shown.replace("│", " ").replace("━", " ").split())


def full() -> fakes.ScriptedSession:
    return fakes.ScriptedSession(*fakes.full(PLAN))


def badly() -> fakes.ScriptedSession:
    return fakes.ScriptedSession(*fakes.badly(Plan(models=("vgg16", "vgg19"), batches=(64,))))


def test_everything_that_is_known_stands_in_the_zoomed_pane():
    async def script(app, pilot):
        await pilot.press("3", "z")
        await settle(app, pilot)
        shown = words(pane(app, "latency"))
        assert [part for part in EVERYTHING if part not in shown] == []
        assert "below" not in shown

    drive(full(), script, plan=PLAN, size=(120, 70))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 16)])
def test_what_has_no_room_is_told_and_reached_by_scrolling(size):
    async def script(app, pilot):
        latency = app.bench.latency
        told = f"3 z shows {latency._below} more lines" if size[0] > 60 else f"3 z  {latency._below} more"
        assert latency._below > 9 and told in pane(app, "latency")
        await pilot.press("3")
        await pilot.pause()
        seen = [strip.text.strip("│ ") for strip in latency.strips[1:-1]]
        for _ in range(200):
            before = latency._below
            assert f"down  {before} below" in pane(app, "latency")
            await pilot.press("down")
            seen.append(latency.strips[-2].text.strip("│ "))
            if not latency._below:
                break
            assert latency._below == before - 1
        assert f"up  {latency._top} above" in pane(app, "latency")
        whole = words(" ".join(seen))
        # Groups that are merely nice, and signs beside bars, may be left out or broken where it is narrow.
        nice = ("lag-1", "block of", "890 MiB swapped in, 410", "77 major", *(["mine.py"] if size[0] == 60 else []))
        assert [part for part in EVERYTHING if part not in whole and not part.startswith(nice)] == []
        await pilot.press("home")
        assert latency._top == 0 and "py:n" in pane(app, "latency")

    drive(full(), script, plan=PLAN, size=size)


def test_the_two_keys_it_names_may_come_at_once():
    async def script(app, pilot):
        for key in ("3", "z"):
            event = events.Key(key, key)
            event.set_sender(app)
            app._driver.send_message(event)
        await until(lambda: app.bench.zoomed and app.bench.latency.size.width == 80, pilot)

    drive(full(), script, plan=PLAN, size=(80, 24))


def test_another_case_begins_at_its_top():
    async def script(app, pilot):
        await pilot.press("3", "end")
        assert app.bench.latency._top > 0
        await pilot.press("1", "down")  # a model that was not measured: the plan stands there
        assert "measures 1 case" in pane(app, "latency") and app.bench.latency._top == 0
        await pilot.press("up")
        assert app.bench.latency._top == 0 and "median" in pane(app, "latency")

    drive(full(), script, plan=PLAN, size=(80, 24))


def test_a_refused_case_tells_what_would_help_and_what_that_needs():
    async def script(app, pilot):
        shown = words(pane(app, "latency"))
        assert "⊘ refused" in shown and "it will need about 9000 MiB and 1200 MiB are there (cgroup)" in shown
        assert "refused: it will" not in shown + words(pane(app, "models"))
        assert "batch 1 instead of 64: -b 1 needs 640 MiB, which is there" in shown
        assert "swap on NVMe or USB, never on the SD card needs 8.8 GiB a smaller model" in shown
        assert "8.8 GiB predicted 1.2 GiB available (cgroup)" in shown and "more than there is" in shown

    drive(badly(), script)


def test_a_case_that_was_killed_tells_what_that_was_told_from():
    async def script(app, pilot):
        await pilot.press("down")
        shown = words(pane(app, "latency"))
        assert "✗ failed" in shown and "out of memory: the kernel killed it (SIGKILL, signal 9) in stage first" in shown
        assert "seen /proc/vmstat: oom_kill rose from 3 to 4 it had 1890 MiB at its end" in shown
        assert "try batch 1 instead of 64" in shown and "so far as it came" in shown

    drive(badly(), script)


def test_the_grade_stands_beside_the_median_in_the_list():
    for size in ((120, 40), (60, 20)):

        async def script(app, pilot):
            row = next(line for line in pane(app, "models").splitlines() if "mine.py:net" in line)
            assert "23.3 C ✓" in row

        drive(full(), script, plan=PLAN, size=size)


def test_a_board_without_a_sensor_has_no_joules_and_says_why():
    async def script(app, pilot):
        shown = words(pane(app, "latency"))
        assert f"power N/A {fakes.NO_POWER}" in shown and "energy" not in shown

    plan = Plan(models=("resnet18",))
    begin = fakes.start(plan)
    told = [
        *fakes.idle(fakes.nano()),
        begin,
        *fakes.measured(begin.cases[0], begin.t, 20, 68.0),
        ev.RunEnd(t=begin.t + 99 * fakes.S),
    ]
    drive(fakes.ScriptedSession(*told), script, plan=plan)


def test_joules_without_a_block_have_no_net_and_say_how_to_get_it():
    async def script(app, pilot):
        shown = words(pane(app, "latency"))
        assert "an image" in shown and "net N/A: no idle power was measured; j asks for it" in shown

    plan = Plan(models=("resnet18",))
    begin = fakes.start(plan)
    board = fakes.orin()
    told = [*fakes.measured(begin.cases[0], begin.t, 200, 68.0), *list(fakes.telemetry(board, 60))[31:]]
    ordered = sorted(told, key=lambda event: event.t)
    over = ev.RunEnd(t=ordered[-1].t)
    drive(fakes.ScriptedSession(*fakes.idle(board), begin, *ordered, over), script, plan=plan)


def test_a_name_that_tells_the_model_is_not_corrected():
    async def script(app, pilot):
        assert "this is" not in words(pane(app, "latency"))

    drive(fakes.ScriptedSession(*fakes.full(Plan(models=("squeezenet1_1",), energy=True))), script, size=(120, 140))


def test_rows_are_made_once_a_result_and_not_once_a_frame():
    measured = full()

    async def script(app, pilot):
        made = app.bench.latency._made
        for tick in range(5):
            measured.feed(ev.Log(t=fakes.T0, text=f"line {tick}"), ev.Throttle(t=fakes.T0, now=False))
            measured.state.touch("status", "cases")
            app.bench.show(measured.snapshot(), 1e9 + 10 * tick)
            await pilot.pause()
        assert made is not None and app.bench.latency._made is made

    drive(measured, script, plan=PLAN, fps=0.1)


@pytest.mark.parametrize("glyphs", ["braille", "block", "ascii"])
@pytest.mark.parametrize("size", [(200, 60), (80, 24), (50, 12), (20, 5), (8, 3)])
def test_every_size_is_drawn_whole(size, glyphs):
    for session in (full(), badly()):

        async def script(app, pilot):
            await pilot.press("3", "end", "z")
            await settle(app, pilot)
            assert len(lines(app)) == size[1] and all(len(row) == size[0] for row in lines(app))
            assert glyphs != "ascii" or text(app).isascii()

        drive(session, script, plan=PLAN, size=size, glyphs=glyphs)


def test_hostile_texts_of_rules_and_remedies_cannot_reach_the_terminal():
    hostile = "evil\x1b[31m\x1b]0;title\x07\u202ename\x00" + "x" * 3000
    told = [
        msgspec.structs.replace(event, text=hostile) if isinstance(event, ev.Rule | ev.Forecast)
        else msgspec.structs.replace(event, error=hostile, evidence=(hostile,), remedies=(ev.Remedy(text=hostile),))
        if isinstance(event, ev.CaseEnd) else event
        for event in fakes.badly(Plan(models=("vgg16", "vgg19")))
    ]  # fmt: skip

    async def script(app, pilot):
        await pilot.press("3", "z")
        await settle(app, pilot)
        assert all(len(row) == 120 for row in lines(app))
        assert not set(text(app)) & {"\x1b", "\x07", "\x00", "\u202e"}

    drive(fakes.ScriptedSession(*told), script)


# -- the pure parts


@given(st.lists(st.lists(st.text("abc ", min_size=1, max_size=30), min_size=1, max_size=3), max_size=6),
       st.integers(12, 90))  # fmt: skip
def test_a_needed_group_is_never_lost(groups, width):
    room = Room(width, 10, BRAILLE)
    rows = line("label", room, *(need(*((text, "text") for text in group)) for group in groups))
    assert all(row.used <= width for row in rows)
    wanted = "".join("".join(group) for group in groups).replace(" ", "")
    longest = max((len(word) for group in groups for text in group for word in text.split()), default=0)
    if longest <= width - 9:
        assert "".join(row.text for row in rows).removeprefix("label").replace(" ", "") == wanted


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.8412, 0.0523, "0.84 ± 0.05"),
        (0.8412, 0.0131, "0.841 ± 0.013"),
        (7.93, 0.21, "7.9 ± 0.2"),
        (412.4, 23.0, "412 ± 23"),
        (0.84, 0.0096, "0.84 ± 0.01"),
        (0.8412, None, "0.84"),
        (0.8412, 0.0, "0.84"),
    ],
)
def test_a_value_has_the_digits_its_error_leaves(value, error, text):
    assert with_error(value, error) == text


def test_small_joules_are_no_zero():
    assert joules(0.0412, 0.0031) == "41 ± 3 mJ" and joules(0.84, 0.05) == "0.84 ± 0.05 J"
    assert joules(0.000012, None) == "12.0 uJ"


def test_shares_are_neither_0_nor_100():
    assert [percent(share) for share in (0.2, 0.004, 0.0002, 0.9999, 1.0)] == [
        "20 %", "0.4 %", "under 0.1 %", "over 99 %", "100 %",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("trend", "says"),
    [
        (Trend(), None),
        (Trend("flat", ((0, 0.02),), 0.02, 0.02), None),
        (Trend("flat", ((0, 0.02),), 0.02, 0.02, onset=400), "slower from pass 400 on by the latencies alone"),
        (Trend("slowdown", ((0, 0.02), (1200, 0.025)), 0.02, 0.025),
         "25 % slower: burst 20.0, sustained 25.0 ms from pass 1 200 on"),
        (Trend("warm-up", ((0, 0.025), (60, 0.02)), 0.025, 0.02),
         "warming up: 25.0 to 20.0 ms until pass 60, 20 % faster"),
        (Trend("unsteady", ((0, 0.02), (60, 0.03), (90, 0.02)), 0.02, 0.02), "unsteady: 3 levels from 20.0 to 30.0 ms"),
    ],
)  # fmt: skip
def test_a_trend_is_told_in_words(trend, says):
    assert trend_words(trend) == says


@pytest.mark.parametrize("width", [40, 100])
def test_layers_are_told_where_a_profile_was_made(width):
    made = fakes.ScriptedSession(*fakes.full(PLAN))
    room = Room(width, 99, BRAILLE)
    said = lambda: "\n".join(row.text for row in details(made.snapshot().cases[0], room))  # noqa: E731
    assert "layers" in said() and "--why tells them" in said()
    table = [(f"features.{i}", "Conv2d", 10 - i, 1000) for i in range(6)]
    classes = (ev.OpClass(name="dense conv", ns=10**6, calls=6, macs=45),)
    made.feed(ev.Profile(c=0, plain=(10**6,), profiled=(2 * 10**6,), classes=classes, layers=tuple(table)))
    assert "5 of them have 89 % of the MACs" in " ".join(said().split()) and "--why" not in said()
    assert "features.0" in said() and "features.5" not in said()
    assert all(row.used <= width for row in details(made.snapshot().cases[0], room))
