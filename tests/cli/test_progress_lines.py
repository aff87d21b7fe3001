"""The lines of a run without a screen."""

from __future__ import annotations

import io

import msgspec
import pytest

import streams
from jetbench.cli.fleet_progress import FleetPrinter, summary
from jetbench.cli.progress import Printer, case_line
from jetbench.domain import events as ev
from jetbench.domain.fleet import Member
from jetbench.session.fleet_snapshot import BoardState, FleetSnapshot
from jetbench.session.picture import picture
from jetbench.session.state import SessionState


def folded(*events: ev.Event) -> SessionState:
    state = SessionState()
    for event in events:
        state.apply(event)
    return state


def test_a_line_a_case_with_its_grade():
    out = io.StringIO()
    printer = Printer(out, quiet=False)
    snapshot = picture(folded(*streams.session(passes=100, fail=(1,))))
    printer.update(snapshot)
    printer.finish(snapshot)
    grade = snapshot.cases[0].grade
    assert grade is not None
    first, second = out.getvalue().splitlines()
    p50 = (snapshot.cases[0].latency or pytest.fail("not measured")).p50 * 1e3
    assert first == f"[1/2] mobilenet_v2 fp32 b1 224x224 cpu: p50 {p50:.4g} ms, n = 100, grade {grade.letter}"
    assert second.startswith("[2/2] resnet18 fp32 b1 224x224 cpu: failed: killed for memory (SIGKILL)")


def test_a_refused_case_says_so_once_and_what_would_help():
    begin = ev.RunStart(cases=streams.cases(("vgg16",), batch=64), order=((0,),))
    end = ev.CaseEnd(
        c=0,
        status="refused",
        error="refused: it will need about 9000 MiB (--force measures it all the same)",
        remedies=(ev.Remedy(text="batch 1 instead of 64: -b 1", need_kib=900_000), ev.Remedy(text="another")),
    )
    (case,) = folded(begin, end).case_results()
    assert case_line(case) == (
        "vgg16 fp32 b64 224x224 cpu: refused: it will need about 9000 MiB (--force measures it all the same); "
        "try batch 1 instead of 64: -b 1"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stage", "case", "says"),
    [
        (ev.Stage(t=10_000_000_000, c=1, name="cooldown"), False, "case 2/2: cooling down 12 s"),
        (ev.Stage(t=10_000_000_000, c=1, name="idle"), True, "case 2/2 resnet18 b1: at rest, for joules 12 s"),
    ],
)
def test_waiting_is_told_with_how_long_it_takes(stage, case, says, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    begin = ev.RunStart(t=1, cases=streams.cases(("mobilenet_v2", "resnet18")), order=((0, 1),))
    events = [begin, ev.CaseStart(t=2, c=0), ev.CaseEnd(t=3, c=0, status="failed", error="no")]
    events += [ev.CaseStart(t=4, c=1)] if case else []
    snapshot = msgspec.structs.replace(picture(folded(*events, stage)), t=22_000_000_000)
    out = Terminal()
    Printer(out, quiet=False).update(snapshot)
    assert out.getvalue().endswith(says)


def test_no_time_left_is_never_zero_seconds(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    snapshot = picture(
        folded(ev.RunStart(t=1, cases=streams.cases(("resnet18",)), order=((0,),)), ev.CaseStart(t=2, c=0))
    )
    for seconds, says in ((0.0, ", about to end"), (0.4, ", about to end"), (1.2, ", 1 s left"), (None, "begins 0")):
        now = msgspec.structs.replace(snapshot.progress, seconds_left=seconds, target=None)
        out = Terminal()
        Printer(out, quiet=False).update(msgspec.structs.replace(snapshot, progress=now))
        assert out.getvalue().endswith(says)


def test_a_fleet_says_each_thing_once_with_its_board():
    out = io.StringIO()
    printer = FleetPrinter(out, 2, quiet=False)
    whole = picture(folded(*streams.session(passes=100)))
    anna, ben = Member(name="anna"), Member(name="ben\x1b[31m")
    looks = (
        (BoardState(anna, "connecting"), BoardState(ben, "connecting")),
        (BoardState(anna, "running"), BoardState(ben, "waiting", "anna runs on the same supply, left")),
        (BoardState(anna, "running", "the connection was cut", whole), BoardState(ben, "waiting", "anna runs ...")),
        (BoardState(anna, "done", None, whole), BoardState(ben, "lost", "no route to it")),
    )
    for boards in looks:
        for _ in range(2):
            printer.update(FleetSnapshot(boards, "running"))
    printer.finish(FleetSnapshot(looks[-1], "done"))
    said = out.getvalue().splitlines()
    assert [line for line in said if line.startswith("anna [")] == [line for line in said if ": p50 " in line]
    assert [line for line in said if ": p50 " not in line] == [
        "anna running",
        "ben waiting: anna runs on the same supply, left",
        "anna running: the connection was cut",
        "ben waiting: anna runs ...",
        "anna done",
        "ben lost: no route to it",
    ]
    assert summary(FleetSnapshot(looks[1]), 2) == "1 running, 1 waiting; 0 of 4 cases"
    assert summary(FleetSnapshot(looks[3]), 2) == "1 done, 1 lost; 2 of 2 cases"
