"""A session that is gone on with: what is left, one axis, nothing counted twice, live as from the file."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_worker import ScriptedLink

import streams
from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.recording import reader
from jetbench.recording.format import RecordingError, header
from jetbench.recording.format import part as new_part
from jetbench.recording.writer import RecordingWriter
from jetbench.session.load import load
from jetbench.session.resumption import left_of, other, rest_of
from jetbench.session.state import SessionState
from jetbench.session.worker import SessionWorker

quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
BOOTED_T = 40_000_000_000  # CLOCK_MONOTONIC of an agent that was started soon after a reboot
S = 1_000_000_000


def cut_file(path: Path, session: list[ev.Event], count: int) -> Path:
    """A recording of the first events of a session, as a killed program leaves it."""
    board = next(event for event in session if isinstance(event, ev.Board))
    head = header(board=board, t=streams.T0, wall_ns=1_764_000_000 * S, command=("jetbench-tui", "run"))
    kept = [event for event in session if not isinstance(event, ev.Board | ev.Ready)][:count]
    path.write_bytes(streams.lines([head, *kept]))
    return path


def going_on(left: tuple[tuple[int, ...], ...], run: ev.RunStart, t: int, passes: int) -> list[ev.Event]:
    """What an agent sends of the rest, on a clock of its own."""
    draw = random.Random(t)
    found: list[ev.Event] = [ev.Throttle(t=t, now=False), streams.software(t + S)]
    t += 2 * S
    found.append(ev.Resume(t=t, left=left, protocol=run.protocol))
    for r, row in enumerate(left):
        for name in row:
            found += streams.case_events(run.cases[name], r, t + S, passes, 0, draw)
            t = found[-1].t
    found += [streams.telemetry(streams.board(), t0, 0) for t0 in range(found[0].t, t, streams.TICK)]
    found.append(ev.RunEnd(t=t + S, measured=sum(map(len, left))))
    found.sort(key=lambda event: event.t)
    return [msgspec.structs.replace(event, n=number) for number, event in enumerate(found, 1)]


def gone_on_with(path: Path, passes: int, t: int = BOOTED_T, count: int | None = None) -> None:
    """Append a part, or its first ``count`` events."""
    rest = rest_of(path)
    assert rest.left is not None
    assert rest.state.run is not None
    board = streams.board(t=t)
    parts = len(rest.state.parts) + 1
    writer = RecordingWriter(path, new_part(number=parts, after=rest.state.t, board=board))
    for event in going_on(rest.left, rest.state.run, t, passes)[:count]:
        writer.event(event)
    writer.close()


def pairs(path: Path) -> Counter[tuple[int, int]]:
    ends = (event for _, event in reader.events(path) if isinstance(event, ev.CaseEnd))
    return Counter((event.c, event.r) for event in ends if event.status == "measured")


def check_whole(path: Path, cases: int, rounds: int, passes: int) -> None:
    state, damage = load(path)
    assert not damage
    assert state.status == "done"
    assert left_of(state) == ((),) * rounds
    assert pairs(path) == {(c, r): 1 for c in range(cases) for r in range(rounds)}
    for record in state.records.values():
        assert Counter(record.round[i] for i in record.positions()) == dict.fromkeys(range(rounds), passes)
        assert list(record.start) == sorted(record.start)
        assert len(record.windows) == rounds
    for case in document(state)["cases"]:
        assert (case["status"], case["error"], case["latency_s"]["n"]) == ("measured", None, passes * rounds)


@quick
@given(cuts=st.lists(st.floats(0, 1), min_size=1, max_size=3), rounds=st.integers(1, 3), seed=st.integers(0, 99))
def test_cut_anywhere_and_gone_on_with(tmp_path_factory, cuts, rounds, seed):
    """However often it is cut: every case in every round counts once, with all its passes."""
    path = tmp_path_factory.mktemp("a") / "a.jsonl"
    session = streams.session(models=sorted(streams.MODELS)[:3], passes=12, rounds=rounds, seed=seed, warmup=3)
    begun = next(place for place, event in enumerate(session) if isinstance(event, ev.RunStart))
    last = len(session) - 3  # before the end of the run
    cut_file(path, session, begun + round(cuts[0] * (last - begun)))
    for number, cut in enumerate(cuts[1:]):
        rest = rest_of(path)
        assert rest.left is not None
        assert rest.state.run is not None
        whole = going_on(rest.left, rest.state.run, BOOTED_T + number, 12)
        gone_on_with(path, 12, BOOTED_T + number, count=round(cut * (len(whole) - 1)))
    gone_on_with(path, 12, BOOTED_T * 3)
    check_whole(path, 3, rounds, 12)
    times = [event.t for _, event in reader.events(path) if not isinstance(event, ev.Checkpoint)]
    assert max(a - b for a, b in itertools.pairwise(times)) < 10 * S, "one axis, and in order"
    assert rest_of(path).complete


def test_what_was_measured_before_the_cut_stays_as_it_was(tmp_path):
    """Figures of a case that had ended come out the same, whatever was measured after it, and by what parent."""
    session = streams.session(models=("mobilenet_v2", "resnet18"), passes=20)
    ended = next(place for place, event in enumerate(session) if isinstance(event, ev.CaseEnd))
    first = session[ended].c
    path = cut_file(tmp_path / "a.jsonl", session, ended + 10)
    before = next(result for result in load(path)[0].case_results() if result.case.id == first)
    gone_on_with(path, 20)
    after = next(result for result in load(path)[0].case_results() if result.case.id == first)
    assert after.latency == before.latency
    assert after.cold_start_s == before.cold_start_s
    assert after.cold_start_s["import"] == 2.0
    assert after.power.energy_j == pytest.approx(before.power.energy_j)


def test_a_case_that_was_cut_is_measured_as_if_it_had_never_begun(tmp_path):
    session = streams.session(models=("resnet18",), passes=20, warmup=4)
    batches = [place for place, event in enumerate(session) if isinstance(event, ev.Latency)]
    path = cut_file(tmp_path / "a.jsonl", session, batches[-2])
    torn = load(path)[0].records[0]
    assert torn.status == "interrupted"
    assert torn.passes
    gone_on_with(path, 20)
    whole = tmp_path / "b.jsonl"
    rest = ((0,),)
    alone = [ev.RunStart(t=1, cases=(torn.case,), order=rest, protocol=session_protocol(session))]
    later = [event for event in going_on(rest, alone[0], BOOTED_T, 20) if not isinstance(event, ev.Resume)]
    whole.write_bytes(streams.lines([header(board=streams.board(), t=1, wall_ns=S), *alone, *later]))
    resumed, never_cut = (load(file)[0].case_results()[0] for file in (path, whole))
    assert resumed.latency == never_cut.latency
    assert resumed.flags == never_cut.flags
    assert resumed.rules == never_cut.rules
    assert resumed.error is None
    kept = [event for _, event in reader.events(path) if isinstance(event, ev.Latency)]
    assert sum(len(event.d) for event in kept) > 20, "the passes that do not count are still in the file"


def session_protocol(session: list[ev.Event]) -> ev.Protocol:
    return next(event.protocol for event in session if isinstance(event, ev.RunStart))


def test_a_user_who_interrupted_can_go_on(tmp_path):
    session = streams.session(models=("mobilenet_v2", "resnet18"), passes=20)
    batch = next(place for place, event in enumerate(session) if isinstance(event, ev.Latency))
    t, c = session[batch].t, session[batch].c
    stopped = [
        *session[: batch + 1],
        ev.CaseEnd(t=t + 1, c=c, status="interrupted", error="stopped by the user"),
        ev.RunEnd(t=t + 2, status="interrupted"),
    ]
    path = cut_file(tmp_path / "a.jsonl", stopped, len(stopped))
    assert [case["status"] for case in document(load(path)[0])["cases"]].count("interrupted") == 1
    gone_on_with(path, 20)
    check_whole(path, 2, 1, 20)


def test_failed_and_refused_cases_have_ended(tmp_path):
    session = streams.session(models=("mobilenet_v2", "resnet18", "squeezenet1_1"), fail=[1], passes=5)
    path = cut_file(tmp_path / "a.jsonl", session, len(session))
    assert rest_of(path).complete


def test_counters_that_begin_anew_go_on_from_where_they_stood(tmp_path):
    counter = ev.Channel(id="counter.oc", quantity="counter", name="oc events", unit="count")
    board = msgspec.structs.replace(streams.board(), channels=(counter,))
    run = ev.RunStart(t=streams.T0, cases=(ev.Case(id=0, model="m"),), order=((0,),))
    rows = [ev.Telemetry(t=streams.T0 + n, v=(100 + n,)) for n in range(1, 5)]
    path = cut_file(tmp_path / "a.jsonl", [board, run, *rows], 9)
    writer = RecordingWriter(path, new_part(number=1, after=streams.T0 + 9, board=board))
    for event in (ev.Resume(t=BOOTED_T, left=((0,),)), *(ev.Telemetry(t=BOOTED_T + n, v=(n,)) for n in range(3))):
        writer.event(event)
    writer.close()
    assert document(load(path)[0])["board"]["counters"] == {"oc events": 3 + 2}


def test_a_wall_clock_that_fell_back_does_not_mix_the_parts(tmp_path):
    """A board without a battery for its clock: after a power cut it is 1970 again."""
    session = streams.session(passes=10)
    path = cut_file(tmp_path / "a.jsonl", session, 40)
    newest = load(path)[0].t
    back = msgspec.structs.replace(
        new_part(number=1, after=newest, board=streams.board(t=BOOTED_T)), wall_ns=S, boot="another"
    )
    with path.open("ab") as file:
        file.write(streams.lines([back, ev.Log(t=BOOTED_T + 5, text="later")]))
    *_, (_, part), (_, log) = reader.events(path)
    assert part.t == newest
    assert log.t == newest + 5


def test_parts_of_one_boot_share_their_clock(tmp_path):
    """A wall clock that was set meanwhile moves nothing."""
    board = streams.board()
    head = msgspec.structs.replace(header(board=board, t=100 * S, wall_ns=7 * S), boot="b")
    part = msgspec.structs.replace(
        new_part(number=1, after=110 * S, board=board), t=120 * S, wall_ns=9999 * S, boot="b"
    )
    path = tmp_path / "a.jsonl"
    path.write_bytes(streams.lines([head, ev.Log(t=110 * S), part, ev.Log(t=125 * S)]))
    assert [event.t // S for _, event in reader.events(path)] == [100, 110, 120, 125]


def test_other_sensors_come_under_the_columns_of_the_first_part(tmp_path):
    board = streams.board()
    fewer = msgspec.structs.replace(
        board, channels=(board.channels[-1], msgspec.structs.replace(board.channels[0], scale=1e-3))
    )
    path = tmp_path / "a.jsonl"
    part = new_part(number=1, after=streams.T0, board=fewer)
    path.write_bytes(streams.lines([header(board=board), part, ev.Telemetry(t=part.t + 1, v=(500, 7000))]))
    *_, (_, row) = reader.events(path)
    values = dict(zip((channel.id for channel in board.channels), row.v, strict=True))
    assert (values["load.cpu"], values["power.total"], values["temp.tj-thermal"]) == (500, 7_000_000, None)
    assert row.why["temp.tj-thermal"] == "no_sensor"


def test_a_reader_that_knows_no_parts_still_counts_the_cases(tmp_path):
    """What an older version does: kinds that it does not know are passed over."""
    session = streams.session(models=("mobilenet_v2", "resnet18"), passes=20)
    ended = next(place for place, event in enumerate(session) if isinstance(event, ev.CaseEnd))
    path = cut_file(tmp_path / "a.jsonl", session, ended + 5)
    gone_on_with(path, 20)
    old = SessionState()
    for line in path.read_bytes().splitlines():
        if json.loads(line)["k"] not in ("part", "resume"):
            old.apply(ev.decode(line))
    assert {result.status for result in old.case_results()} == {"measured"}


# -- the worker, live


class LaterLink(ScriptedLink):
    """An agent that was started after a reboot and is asked for the rest."""

    def __init__(self, path: Path, passes: int) -> None:
        rest = rest_of(path)
        assert rest.left is not None
        assert rest.state.run is not None
        stream = going_on(rest.left, rest.state.run, BOOTED_T, passes)
        begin = next(place for place, event in enumerate(stream) if isinstance(event, ev.Resume))
        first = [streams.board(t=BOOTED_T), *stream[:begin]]
        super().__init__(
            [ev.encode(event) for event in first],
            [ev.encode(event) for event in [*stream[begin:], ev.Ready(what="run")]],
        )


def resumed(path: Path, passes: int) -> SessionWorker:
    link = LaterLink(path, passes)
    worker = SessionWorker(lambda: link, lambda: path, command=("jetbench-tui", "run", "--resume"))
    worker.start()
    assert worker.wait_board(10)
    worker.resume(rest_of(path))
    assert worker.wait(10)
    sent = next(command for command in link.commands if command["op"] == "run")
    assert sent["cases"][0]["batch"] == 1, "defaults are told to the board side"
    worker.close()
    return worker


@pytest.mark.parametrize("at", ["in a case", "between cases", "before the run", "after the last"])
def test_live_and_from_the_file_are_the_same(tmp_path, at):
    session = streams.session(models=("mobilenet_v2", "resnet18", "squeezenet1_1"), passes=15, rounds=2)
    kinds = [type(event) for event in session]
    cut = {
        "in a case": kinds.index(ev.Latency) + 4,
        "between cases": kinds.index(ev.CaseEnd) + 1,
        "before the run": kinds.index(ev.RunStart) + 1,
        "after the last": len(kinds) - 1 - kinds[::-1].index(ev.CaseEnd),
    }[at]
    path = cut_file(tmp_path / "a.jsonl", session, cut)
    worker = resumed(path, 15)
    live = worker.read(document)
    check_whole(path, 3, 2, 15)
    assert document(load(path)[0]) == live
    assert worker.recording == path
    part = next(event for _, event in reader.events(path) if isinstance(event, ev.Part))
    assert (part.number, part.command[-1]) == (1, "--resume")
    assert worker.snapshot().progress.finished == 6


def test_a_torn_last_line_is_taken_off(tmp_path):
    session = streams.session(passes=15)
    path = cut_file(tmp_path / "a.jsonl", session, 30)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"k":"lat","c":0,"s":[1,')
    resumed(path, 15)
    assert path.read_bytes().startswith(whole + b'{"k":"part"')
    check_whole(path, 2, 1, 15)


# -- what cannot be gone on with


def refused(path: Path) -> str:
    with pytest.raises(RecordingError) as caught:
        rest_of(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_file_that_is_being_written(tmp_path):
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=streams.board()))
    assert refused(path).endswith("is being written by another process")
    writer.close()


def test_a_packed_file(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.touch()
    assert "gunzip" in refused(path)


def test_a_run_that_cannot_be(tmp_path):
    """Ids that are no places, a case twice, rounds that are not there: the agent's indexes are never a stranger's."""
    case = ev.Case(id=0, model="m")
    for cases, order, rounds in (
        ((ev.Case(id=7, model="m"),), ((7,),), 1),
        ((case,), ((0, 0),), 1),
        ((case,), ((0,), (0,)), 1),
        ((case,), ((5,),), 1),
        ((), (), 1),
    ):
        run = ev.RunStart(t=streams.T0, cases=cases, order=order, protocol=ev.Protocol(rounds=rounds))
        path = cut_file(tmp_path / "a.jsonl", [streams.board(), run], 9)
        assert "its run is damaged" in refused(path)


@pytest.mark.parametrize("plan", [{"models": []}, {"colour": "red"}, {"batches": "x"}])
def test_a_plan_that_cannot_be(tmp_path, plan):
    path = tmp_path / "a.jsonl"
    path.write_bytes(streams.lines([header(board=streams.board(), plan=plan)]))
    assert "its plan cannot be carried out" in refused(path)


def test_another_board_torch_or_python_is_told(tmp_path):
    path = cut_file(tmp_path / "a.jsonl", streams.session(), 60)
    rest = rest_of(path)
    assert other(rest, streams.board(), streams.software()) is None
    differ = other(rest, streams.board(power=False), streams.software())
    assert differ is not None
    assert "Nano 2GB" in differ
    for field, value in (("torch", "2.6.0"), ("python", "3.11.0")):
        changed = msgspec.structs.replace(streams.software(), **{field: value})
        assert value in (other(rest, streams.board(), changed) or "")
