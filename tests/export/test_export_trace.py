"""Chrome trace events: each has the keys its phase needs, slices of a track do not overlap, every pass is there."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import goldens
import msgspec
import pytest

import streams
from jetbench.domain import events as ev
from jetbench.export import trace
from jetbench.session.load import load

LAB = goldens.SIMULATED.with_name("lab-x86-2cores.jsonl")
# Of the trace event format: what an event of a phase must have, beside ph and name.
REQUIRED = {
    "X": {"cat": str, "ts": (int, float), "dur": (int, float), "pid": int, "tid": int, "args": dict},
    "C": {"cat": str, "ts": (int, float), "pid": int, "args": dict},
    "i": {"cat": str, "ts": (int, float), "pid": int, "tid": int, "s": str, "args": dict},
    "M": {"pid": int, "args": dict},
}


def made(path: Path, recording: Path) -> list[dict]:
    state, _ = load(recording)
    trace.write(path, state, recording)
    document = json.loads(path.read_bytes())
    assert set(document) == {"displayTimeUnit", "otherData", "traceEvents"}
    assert document["displayTimeUnit"] == "ms"
    valid(document["traceEvents"])
    return document["traceEvents"]


def valid(events: list[dict]) -> None:
    tracks = defaultdict(list)
    for event in events:
        assert isinstance(event["name"], str)
        for key, kind in REQUIRED[event["ph"]].items():
            assert isinstance(event[key], kind), (key, event)
        assert event.get("ts", 0) >= 0  # Perfetto drops what is below
        assert event.get("dur", 0) >= 0
        if event["ph"] == "C":
            assert all(type(value) in (int, float) for value in event["args"].values())
            assert event["args"]
        if event["ph"] == "i":
            assert event["s"] == "t"
        if event["ph"] == "M":
            assert event["name"] in ("process_name", "thread_name")
            assert isinstance(event["args"]["name"], str)
        if event["ph"] == "X":
            tracks[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    named = {(event["pid"], event.get("tid")) for event in events if event["ph"] == "M"}
    assert len(named) == sum(event["ph"] == "M" for event in events)
    assert {(event["pid"], event.get("tid")) for event in events} <= named | {(trace.BOARD, None)}
    for slices in tracks.values():
        slices.sort()
        for (_, end), (begin, _) in pairwise(slices):
            assert begin >= end - 0.0005


def of(events: list[dict], **wanted: object) -> list[dict]:
    return [event for event in events if all(event.get(key) == value for key, value in wanted.items())]


def test_golden(tmp_path):
    made(tmp_path / "a.json", goldens.SESSION)
    goldens.check("session.trace.json", (tmp_path / "a.json").read_bytes())


@pytest.mark.parametrize("recording", [goldens.SIMULATED, LAB], ids=lambda path: path.stem)
def test_what_was_really_recorded(tmp_path, recording):
    events = made(tmp_path / "a.json", recording)
    state, _ = load(recording)
    assert len(of(events, cat="pass")) == sum(len(record.duration) for record in state.records.values())
    assert {event["args"]["case"] for event in of(events, cat="case")} == set(state.records)


def test_every_pass_to_the_nanosecond_with_its_flags(tmp_path):
    events = streams.session(passes=40, rounds=2, warmup=3)
    found = made(tmp_path / "a.json", streams.write(tmp_path / "a.jsonl", events))
    begin = next(event.t for event in events if isinstance(event, ev.RunStart))
    expected = set()
    for event in events:
        if isinstance(event, ev.Latency):
            for offset, (start, lasted) in enumerate(zip(event.s, event.d, strict=True)):
                at = event.b + start - begin
                expected.add((trace.PASSES + 10 * event.r, event.c, event.i + offset, at, lasted, event.flags))
    told = {
        (
            *(event["tid"], event["args"]["case"], event["args"]["index"]),
            *(round(event["ts"] * 1000), round(event["dur"] * 1000), event["args"]["flags"]),
        )
        for event in of(found, cat="pass")
    }
    assert told == expected
    assert {event["name"] for event in of(found, cat="pass")} == {"pass", "pass [W]"}


def test_a_stage_that_killed_its_case_is_there_and_unfinished(tmp_path):
    events = made(tmp_path / "a.json", goldens.SESSION)
    (one, two) = [event for event in of(events, cat="stage") if event["args"].get("unfinished")]
    assert (one["name"], one["args"]["case"], one["tid"], two["tid"]) == ("load", 2, 11, 21)
    failed = [event for event in of(events, cat="case") if event["args"]["status"] == "failed"]
    assert [event["args"]["cause"] for event in failed] == ["oom", "oom"]


def test_throttled_spells_and_missing_readings(tmp_path):
    events = made(tmp_path / "a.json", goldens.SESSION)
    (spell,) = of(events, cat="throttled")
    assert spell["name"] == "throttled: sw thermal slowdown"
    assert spell["args"]["notices"] == ["under-voltage seen"]
    (missing,) = of(events, ph="i", tid=trace.MISSING)
    assert missing["name"] == "temp.cpu-thermal N/A: gated"
    counted = of(events, ph="C", name="temp.cpu-thermal")
    assert len(counted) == len(of(events, ph="C", name="temp.tj-thermal")) - 3
    assert all(list(event["args"]) == ["C"] for event in counted)


def test_a_session_that_was_cut(tmp_path):
    events = streams.session(passes=40)
    last = next(at for at, event in enumerate(events) if isinstance(event, ev.CaseEnd)) - 4
    cut = [*events[:last], ev.Throttle(t=events[last].t, now=True)]
    found = made(tmp_path / "a.json", streams.write(tmp_path / "a.jsonl", cut))
    (case,) = of(found, cat="case")
    assert case["args"]["status"] == "interrupted"
    assert case["dur"] > 0
    assert [event["name"] for event in of(found, cat="stage") if event["args"].get("unfinished")] == ["measure"]
    assert [event["name"] for event in of(found, cat="throttled")] == ["throttled"]


def test_a_session_that_was_resumed_on_a_clock_that_began_anew(tmp_path):
    """What was going on ends with its part; an hour later by the wall clock the second part goes on."""
    events = streams.session(passes=40, seed=3)
    first = next(event for event in events if isinstance(event, ev.CaseStart)).c
    cut = next(at for at, event in enumerate(events) if isinstance(event, ev.CaseEnd)) - 4
    before = [*events[:cut], ev.Throttle(t=events[cut - 1].t, now=True, active=("heat",))]
    wall = 1_764_000_000_000_000_000
    part = ev.Part(t=10**9, number=1, after=before[-1].t, wall_ns=wall + 3600 * 10**9, board=streams.board(), boot="b")
    again = msgspec.structs.replace(streams.cases(("mobilenet_v2", "resnet18"))[first], size=(224, 224))
    rest = streams.case_events(again, 0, 2 * 10**9, 40, 2, random.Random(5))
    resume = ev.Resume(t=10**9 + 5, left=((first, 1 - first),))
    found = made(tmp_path / "a.json", streams.write(tmp_path / "a.jsonl", [*before, part, resume, *rest]))
    state, _ = load(tmp_path / "a.jsonl")
    one, two = sorted(of(found, cat="case"), key=lambda event: event["ts"])
    begin = state.run.t
    assert (one["args"]["status"], two["args"]["status"]) == ("interrupted", "measured")
    assert round((one["ts"] + one["dur"]) * 1000) == before[-1].t - begin
    assert two["ts"] > 3590e6
    (spell,) = of(found, cat="throttled")
    assert spell["ts"] + spell["dur"] == one["ts"] + one["dur"]
    assert [event["name"] for event in of(found, cat="log", tid=trace.LOG)][-1] == "resumed: part 2 of the session"
    assert len(of(found, cat="pass")) == 42
    assert min(event["ts"] for event in of(found, cat="pass")) > two["ts"]


def test_what_reaches_into_the_run_is_cut_at_its_begin(tmp_path):
    events = streams.session()
    throttle = next(at for at, event in enumerate(events) if isinstance(event, ev.Throttle))
    events[throttle] = msgspec.structs.replace(events[throttle], now=True, active=("heat",))
    stage = next(at for at, event in enumerate(events) if isinstance(event, ev.Stage) and event.ns is not None)
    events[stage] = msgspec.structs.replace(events[stage], ns=60 * 10**9)
    found = made(tmp_path / "a.json", streams.write(tmp_path / "a.jsonl", events))
    (shared,) = of(found, tid=trace.SHARED, ph="X")
    (spell,) = of(found, cat="throttled")
    assert (shared["ts"], shared["dur"], spell["ts"]) == (0, 2_000_000, 0)


def test_simulated_is_said_where_people_look(tmp_path):
    events = made(tmp_path / "a.json", goldens.SIMULATED)
    (board,) = of(events, name="process_name", pid=trace.BOARD)
    assert board["args"]["name"].startswith("board: SIMULATED")
    assert b'"simulated": "yes"' in (tmp_path / "a.json").read_bytes().splitlines()[0]


def test_names_are_data(tmp_path):
    text = (tmp_path / "a.json", goldens.SESSION)
    made(*text)
    data = text[0].read_bytes()
    assert b"\x1b" not in data
    assert b"\\u001b" not in data
    long = streams.session(models=("x" * 100_000, "b"))
    made(tmp_path / "b.json", streams.write(tmp_path / "b.jsonl", long))
    assert max(map(len, (tmp_path / "b.json").read_bytes().splitlines())) < 2000


def test_packed_it_is_the_same_and_always_the_same(tmp_path):
    state = goldens.session()
    for name in ("a.json", "a.json.gz", "b.json.GZ"):
        trace.write(tmp_path / name, state, goldens.SESSION)
    packed = (tmp_path / "a.json.gz").read_bytes()
    assert gzip.decompress(packed) == (tmp_path / "a.json").read_bytes()
    assert packed == (tmp_path / "b.json.GZ").read_bytes()


def test_an_empty_session(tmp_path):
    events = made(tmp_path / "a.json", streams.write(tmp_path / "a.jsonl", []))
    assert {event["ph"] for event in events} == {"M"}
