"""The run log: what a person is told of a run, and what not."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

import streams
from jetbench.domain import events as ev
from jetbench.session import narrative
from jetbench.session.state import SessionState

S = 1_000_000_000
BEGIN = ev.RunStart(
    cases=streams.cases(("resnet18", "mobilenet_v2")), order=((0, 1),), protocol=ev.Protocol(bench_cores=(1,))
)


def told(events: Iterable[ev.Event]) -> list[narrative.Line]:
    """What is said of each event, as the fold has it said."""
    state, found = SessionState(), []
    for event in events:
        state.apply(event)
        said = narrative.line(event, state.records, state.run, state.result)
        found += [said] if said is not None else []
    return found


def rule(name: str, outcome: str, text: str, seconds: float | None = None, case: int = 0, **more: object) -> ev.Rule:
    ns = None if seconds is None else int(seconds * S)
    return ev.Rule(c=case, name=name, outcome=outcome, text=text, ns=ns, **more)


def of_rules(*rules: ev.Rule) -> list[narrative.Line]:
    return told([BEGIN, *rules])[1:]


def test_the_end_of_a_case_tells_median_number_and_grade():
    lines = [text for _, text in told(streams.session(passes=200, models=("resnet18",)))]
    end = next(text for text in lines if "measured: p50" in text)
    state = SessionState()
    for event in streams.session(passes=200, models=("resnet18",)):
        state.apply(event)
    (result,) = state.case_results()
    assert result.grade is not None and result.latency is not None
    assert end == f"resnet18 measured: p50 {result.latency.p50 * 1e3:.4g} ms, n = 200, grade {result.grade.letter}"


def test_without_an_analysis_there_is_no_grade():
    state = SessionState()
    events = streams.session(models=("resnet18",))
    for event in events:
        state.apply(event)
    end = next(event for event in events if isinstance(event, ev.CaseEnd))
    line = narrative.line(end, state.records, state.run)
    assert line is not None and line[1].endswith("n = 10")


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (rule("cooldown", "cool", "48.1 C after 12 s", 12.2), ("info", "cool-down: 48.1 C after 12 s")),
        (
            rule("cooldown", "cap", "still 61.0 C after 30 s: measured all the same", 30.0),
            ("warning", "cool-down: still 61.0 C after 30 s: measured all the same"),
        ),
        (rule("warmup", "flat", "flat after 12 passes, 0.6 s"), ("info", "warm-up: flat after 12 passes, 0.6 s")),
        (rule("warmup", "count", "count: 5 passes"), ("info", "warm-up: 5 passes")),
        (
            rule("warmup", "not_flat", "not flat after 30.0 s (9 passes): measured all the same"),
            ("warning", "warm-up: not flat after 30.0 s (9 passes): measured all the same"),
        ),
        (
            rule("measure", "interval", "interval: median within 0.98 % after 340 passes"),
            ("info", "median within 0.98 % after 340 passes"),
        ),
        (
            rule("measure", "time", "time: 60 s were over after 12 passes"),
            ("warning", "60 s were over after 12 passes"),
        ),
        (rule("energy", "time", "59 passes in 4.1 s", passes=59), ("info", "joules: 59 passes in 4.1 s")),
    ],
)
def test_rules_and_what_they_came_to(event, line):
    assert of_rules(event) == [line]


@pytest.mark.parametrize(
    "event",
    [
        rule("cooldown", "cool", "44.0 C after 0 s", 0.0),  # it was cool
        rule("cooldown", "probe", "probe at 1.01 of its speed at the start, after 0.0 s", 0.02),
        rule("measure", "count", "count: 10 passes"),  # as asked
        rule("warmup", "stopped", "stopped by the user"),
    ],
)
def test_what_went_as_everybody_expects_is_not_told(event):
    assert of_rules(event) == []


def test_what_holds_for_the_board_is_told_once():
    text = "the board has no power to read: no block for energy"
    assert of_rules(*(rule("energy", "no_sensor", text, case=case) for case in (0, 1))) == [("warning", text)]
    waited = "neither a temperature nor a probe: not waited"
    lines = of_rules(*(rule("cooldown", "probe", waited, case=case) for case in (0, 1)))
    assert lines == [("info", f"cool-down: {waited}")]


def test_the_block_for_energy_has_a_begin_and_an_end():
    protocol = msgspec.structs.replace(BEGIN.protocol, energy=True, idle_s=15.0, energy_s=10.0)
    lines = told(
        [
            msgspec.structs.replace(BEGIN, protocol=protocol),
            ev.Stage(t=1 * S, c=0, name="idle"),
            ev.Stage(t=16 * S, c=0, name="idle", ns=15 * S),
            ev.Stage(t=16 * S, c=0, name="energy"),
            ev.Stage(t=26 * S, c=0, name="energy", ns=10 * S),
            rule("energy", "time", "222 passes in 10.0 s", 10.0, passes=222),
            ev.Stage(t=26 * S, c=0, name="idle"),
            ev.Stage(t=31 * S, c=0, name="idle", ns=5 * S),
        ]
    )
    assert [text for _, text in lines[1:]] == [
        "joules: 15 s at rest, then passes for 10 s or more",
        "joules: 222 passes in 10.0 s",
    ]


def test_only_a_forecast_that_worries_is_told():
    tight = ev.Forecast(c=0, verdict="tight", text="memory is tight: it will need about 900 MiB and 1000 MiB are there")
    green = ev.Forecast(c=0, verdict="green", text="memory: it will need about 90 MiB")
    refused = ev.Forecast(c=0, verdict="refused", text="it will need about 9 GiB: the kernel will kill it")
    forced = msgspec.structs.replace(refused, forced=True)
    assert told([BEGIN, green, ev.Forecast(c=0), refused])[1:] == []
    assert told([BEGIN, tight])[1:] == [("warning", tight.text)]
    assert told([BEGIN, forced])[1:] == [("warning", f"{refused.text}; tried all the same")]


def test_a_refused_and_a_failed_case_tell_why_and_what_helps():
    help_ = (ev.Remedy(text="batch 1 instead of 64: -b 1", need_kib=500_000), ev.Remedy(text="another board"))
    refused = ev.CaseEnd(
        c=0, status="refused", error="refused: it will need 9 GiB (--force measures it all the same)", remedies=help_
    )
    failed = ev.CaseEnd(c=1, status="failed", error="out of memory: the kernel killed it (SIGKILL, signal 9)")
    assert told([BEGIN, refused, failed])[1:] == [
        (
            "error",
            "resnet18 refused: it will need 9 GiB (--force measures it all the same); try batch 1 instead of 64: -b 1",
        ),
        ("error", "mobilenet_v2 failed: out of memory: the kernel killed it (SIGKILL, signal 9)"),
    ]


def test_a_rule_of_a_case_nobody_knows_is_no_reason_to_fail():
    assert told([rule("energy", "no_sensor", "no power", case=7), ev.Stage(c=7, name="idle")]) == [
        ("warning", "no power")
    ]
