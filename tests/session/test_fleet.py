"""A fleet over links that are scripts: turns on a supply, boards that are lost, and the file of them all."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import streams
from jetbench.domain.fleet import Member
from jetbench.domain.plan import Plan
from jetbench.domain.plan_boards import PlanBoard
from jetbench.link.base import Link, UnreachableError
from jetbench.recording import axis
from jetbench.recording import fleet as fleets
from jetbench.session.fleet import FleetSession, Wants
from jetbench.session.fleet_replay import FleetReplay
from jetbench.session.load import load
from scripted import ScriptedLink, split

PATIENCE_S = 20.0
PLAN = Plan(models=("mobilenet_v2", "resnet18"), boards=(PlanBoard(host="a"), PlanBoard(host="b")))


def members(*names: str, group: str | None = None) -> list[Member]:
    return [Member(name=name, address=name, power_group=group) for name in names]


def scripted(seed: int = 1, passes: int = 10) -> ScriptedLink:
    return ScriptedLink(*split(list(streams.session(seed=seed, passes=passes))))


class FarLink(ScriptedLink):
    """Over a line; ``cut`` takes it down in the middle of the run, for good."""

    def __init__(self, cut: bool = False) -> None:
        first, rest = split(list(streams.session()))
        super().__init__(first, rest[:20] if cut else rest)
        self._cut = cut
        self.down: str | None = None
        self.host, self.boot, self.left = "far", None, False

    @property
    def far(self) -> FarLink:
        return self

    def lines(self) -> Iterator[bytes]:
        for number, line in enumerate(super().lines()):
            yield line
            if self._cut and number == 15:
                self.down = "the connection was cut"

    def now(self) -> int:
        return streams.T0 + time.perf_counter_ns() % 1000

    def trouble(self) -> str | None:
        return self.down

    def in_order(self) -> bool:
        return False

    def may_go_on(self) -> bool:
        return self._cut

    def leave(self) -> None:
        self.left = True

    def plan(self) -> dict[str, Any]:
        return {}


def fleet(tmp_path: Path, links: dict[str, Link | Exception], **more: Any) -> FleetSession:
    def link(member: Member) -> Link:
        found = links[member.name]
        if isinstance(found, Exception):
            raise found
        return found

    group = more.pop("group", None)
    return FleetSession(members(*links, group=group), link, lambda: tmp_path / "f.jsonl", **more)


def ran(session: FleetSession) -> dict[str, tuple[str, str | None]]:
    session.run(PLAN)
    assert session.wait(PATIENCE_S)
    found = {board.member.name: (board.state, board.trouble) for board in session.snapshot().boards}
    session.close()
    return found


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.01)


def test_one_file_holds_what_each_board_said_and_splits_into_its_recordings(tmp_path: Path) -> None:
    links = {"a": scripted(1), "b": scripted(2, passes=300)}
    session = fleet(tmp_path, dict(links))
    assert ran(session) == {"a": ("done", None), "b": ("done", None)}
    (tmp_path / "out").mkdir()
    found = fleets.split(tmp_path / "f.jsonl", tmp_path / "out")
    assert not found.damage
    assert [member.name for member in found.header.members] == ["a", "b"]
    assert found.header.plan["boards"] == [{"host": "a"}, {"host": "b"}]
    for number, (name, link) in enumerate(links.items()):
        path = found.files[number]
        lines = path.read_bytes().splitlines()
        spoken = [line for line in (*link._first, *link._on_run) if b'"n":' in line]
        told = [line for line in lines[1:] if b'"n":' in line]
        assert [line for line in spoken if line in told] == told  # in order, as they came, none twice
        kinds = (b'{"k":"board"', b'{"k":"ready"', b'{"k":"tel"')  # in the header; no part of a recording; before it
        assert [line for line in spoken if line not in told and not line.startswith(kinds)] == []
        state, damage = load(path)
        assert not damage
        assert state.case_results() == session.session(name).read(lambda live: live.case_results())
        assert state.header.plan["boards"] == []


def test_a_checkpoint_tells_what_it_does_in_a_recording_of_its_own(tmp_path: Path) -> None:
    """So the parts of a file that was split are found from their ends, as of any other."""
    from jetbench.recording.opened import open_session

    ran(fleet(tmp_path, {"a": scripted(1), "b": scripted(2)}))
    (tmp_path / "out").mkdir()
    for path in fleets.split(tmp_path / "f.jsonl", tmp_path / "out").files:
        opened = open_session(path)
        assert opened.checkpoint.events == len(path.read_bytes().splitlines()) - 1
        assert opened.brief["status"] == "done"


def test_those_on_one_supply_run_one_after_the_other(tmp_path: Path) -> None:
    links = {name: scripted() for name in ("a", "b", "c")}
    held, running, most = threading.Lock(), set(), []

    def watched(name: str, link: ScriptedLink) -> None:
        send, lines = link.send, link.lines

        def send_watched(command: dict[str, Any]) -> None:
            if command["op"] == "run":
                with held:
                    running.add(name)
                    most.append(set(running))
            send(command)

        def lines_watched() -> Iterator[bytes]:
            for line in lines():
                if line.startswith(b'{"k":"ready"'):
                    time.sleep(0.05)
                    with held:
                        running.discard(name)
                yield line

        link.send, link.lines = send_watched, lines_watched  # type: ignore[method-assign]

    for name, link in links.items():
        watched(name, link)
    assert set(ran(fleet(tmp_path, dict(links), group="psu"))) == {"a", "b", "c"}
    assert [len(together) for together in most] == [1, 1, 1]
    said = [line for line in read(tmp_path / "f.jsonl") if isinstance(line, fleets.MemberLine)]
    assert any("runs on the same supply, psu" in (line.trouble or "") for line in said)
    spans = sorted(
        (next(line.t for line in said if line.b == board and line.state == "running"), last_of(said, board))
        for board in range(3)
    )
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def last_of(said: list[fleets.MemberLine], board: int) -> int:
    return next(line.t for line in said if line.b == board and line.state == "done")


def read(path: Path) -> list[fleets.Line]:
    with path.open("rb") as file:
        header = fleets.header_of(file, path)
        return list(fleets.lines(file, len(header.members), fleets.Damage()))


def test_a_board_that_cannot_be_reached_is_lost_and_the_rest_goes_on(tmp_path: Path) -> None:
    gone = UnreachableError("b does not answer", "look at its cable")
    session = fleet(tmp_path, {"a": scripted(), "b": gone})
    assert ran(session) == {"a": ("done", None), "b": ("lost", "b does not answer; look at its cable")}
    replay = FleetReplay(tmp_path / "f.jsonl")
    assert [board.state for board in replay.snapshot().boards] == ["done", "lost"]
    assert replay.session("b").snapshot().cases == ()
    assert replay.damage is None


def test_an_agent_that_dies_costs_its_board_and_lets_the_next_one_on_its_supply_run(tmp_path: Path) -> None:
    dies = scripted()
    dies._on_run, dies.ends_after_run = dies._on_run[:20], True
    told = ran(fleet(tmp_path, {"a": dies, "b": scripted()}, group="psu"))
    assert told["a"][0] == "lost"
    assert "SIGKILL" in (told["a"][1] or "")
    assert told["b"] == ("done", None)


def test_a_board_whose_line_stays_down_is_given_up_and_nobody_else_on_its_supply_begins(tmp_path: Path) -> None:
    cut = FarLink(cut=True)
    links = {"a": cut, "b": scripted(), "c": scripted()}
    wants = Wants(lost_after_s=0.3)

    def link(member: Member) -> Link:
        if member.name == "b":
            until(lambda: any(command["op"] == "run" for command in cut.commands))
        return links[member.name]

    on = [Member(name="a", power_group="psu"), Member(name="b", power_group="psu"), Member(name="c")]
    told = ran(FleetSession(on, link, lambda: tmp_path / "f.jsonl", wants=wants))
    assert told["a"][0] == "lost"
    assert "may go on there: jetbench-tui attach" in (told["a"][1] or "")
    assert cut.left
    assert told["b"] == ("failed", "not run: a, on the same supply, cannot be reached and may still be measuring")
    assert told["c"] == ("done", None)


def test_a_stop_ends_those_that_run_and_those_that_wait(tmp_path: Path) -> None:
    first, rest = split(list(streams.session()))
    holds = ScriptedLink(first, rest[:20])
    links = {"a": holds, "b": scripted()}
    begun = threading.Event()

    def link(member: Member) -> Link:
        if member.name == "b":
            begun.wait(PATIENCE_S)
        return links[member.name]

    session = FleetSession(members(*links, group="psu"), link, lambda: tmp_path / "f.jsonl")
    session.run(PLAN)
    with pytest.raises(RuntimeError, match="a run is on"):
        session.run(PLAN)
    until(lambda: session.snapshot().board("a").state == "running")
    begun.set()
    until(lambda: session.snapshot().board("b").state == "waiting")
    assert session.snapshot().status == "running"
    session.stop()
    assert session.snapshot().status == "stopping"
    until(lambda: {"op": "stop", "force": False} in holds.commands)
    holds.close()  # as an agent that ends
    assert session.wait(PATIENCE_S)
    assert [board.state for board in session.snapshot().boards] == ["lost", "interrupted"]
    session.close()


def test_a_later_run_reaches_again_for_what_was_lost_and_has_a_file_of_its_own(tmp_path: Path) -> None:
    tries = iter([UnreachableError("b is off"), scripted(2)])
    one = [scripted(1)]
    files = iter([tmp_path / "1.jsonl", tmp_path / "2.jsonl"])

    def link(member: Member) -> Link:
        found = one[0] if member.name == "a" else next(tries)
        if isinstance(found, Exception):
            raise found
        return found

    session = FleetSession(members("a", "b"), link, lambda: next(files), wants=Wants(once=True))
    session.run(PLAN)
    assert session.wait(PATIENCE_S)
    assert [board.state for board in session.snapshot().boards] == ["done", "lost"]
    one[0] = scripted(3)
    session.run(PLAN)
    assert session.wait(PATIENCE_S)
    assert [board.state for board in session.snapshot().boards] == ["done", "done"]
    session.close()
    assert [len(board.snapshot.cases) for board in FleetReplay(tmp_path / "2.jsonl").snapshot().boards] == [2, 2]
    assert [len(board.snapshot.cases) for board in FleetReplay(tmp_path / "1.jsonl").snapshot().boards] == [2, 0]


def test_no_file_where_no_board_began_and_a_name_that_is_taken_is_refused_before_any_begins(tmp_path: Path) -> None:
    session = fleet(tmp_path, {"a": UnreachableError("off"), "b": UnreachableError("off")})
    assert {state for state, _ in ran(session).values()} == {"lost"}
    assert session.snapshot().status == "lost"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "f.jsonl").write_text("mine")
    taken = fleet(tmp_path, {"a": scripted()})
    with pytest.raises(RuntimeError, match="exists"):
        taken.run(PLAN)
    taken.close()


def test_a_packed_one_is_read_as_any_other(tmp_path: Path) -> None:
    links = {"a": scripted(1), "b": scripted(2)}
    session = FleetSession(members(*links), lambda member: links[member.name], lambda: tmp_path / "f.jsonl.gz")
    ran(session)
    assert [path.name for path in tmp_path.iterdir()] == ["f.jsonl.gz"]
    assert fleets.is_fleet(tmp_path / "f.jsonl.gz")
    replay = FleetReplay(tmp_path / "f.jsonl.gz")
    assert replay.snapshot().status == "done"
    assert session.snapshot().recording == str(tmp_path / "f.jsonl.gz")


def test_a_moment_of_a_recorded_fleet_is_that_of_all_its_boards(tmp_path: Path) -> None:
    shift = time.monotonic_ns() - streams.T0  # as a board of which the clock is ours
    told = [[axis.moved(event, shift) for event in streams.session(seed=seed, passes=200)] for seed in (1, 2)]
    ran(fleet(tmp_path, {name: ScriptedLink(*split(each)) for name, each in zip("ab", told, strict=True)}))
    replay = FleetReplay(tmp_path / "f.jsonl")
    span = replay.span()
    assert replay.look(span.end) == replay.snapshot()
    before = replay.look(span.begin)
    assert {board.state for board in before.boards} <= {"connecting", "waiting"}
    early = replay.look((span.begin + span.end) // 2)
    assert early.t == (span.begin + span.end) // 2
    passes = [sum(case.latency.n for case in board.snapshot.cases if case.latency) for board in early.boards]
    assert all(0 < count < 400 for count in passes)
    assert [board.state for board in early.boards] == ["done", "done"]  # which the script said at once
    with pytest.raises(RuntimeError, match="recording"):
        replay.run(PLAN)


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """As whoever recorded it was killed: boards that were at it are interrupted, and what they measured is there."""
    ran(fleet(tmp_path, {"a": scripted(1), "b": scripted(2)}))
    data = (tmp_path / "f.jsonl").read_bytes()
    end = data.index(b"run_end")
    (tmp_path / "cut.jsonl").write_bytes(data[:end])
    replay = FleetReplay(tmp_path / "cut.jsonl")
    assert {board.state for board in replay.snapshot().boards} == {"interrupted"}
    assert all(board.trouble == "the recording ends here" for board in replay.snapshot().boards)
    assert any(case.status == "measured" for board in replay.snapshot().boards for case in board.snapshot.cases)
    assert "incomplete last line" in (replay.damage or "")


@pytest.mark.parametrize("wrong", [[], ["a", "a"], [f"b{n}" for n in range(300)]], ids=["none", "twice", "many"])
def test_what_is_no_fleet(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(ValueError, match=r"without a board|are called|at most"):
        FleetSession(members(*wrong), lambda member: scripted())


def test_the_log_of_a_board_that_nobody_looked_at_is_whole_and_in_order_when_it_is_entered(tmp_path: Path) -> None:
    alone, _ = load(recorded_alone(tmp_path), whole=True)
    session = fleet(tmp_path, {"a": scripted(), "b": scripted()})
    assert set(ran(session)) == {"a", "b"}
    log = session.session("a").snapshot().log
    assert [line.t for line in log] == sorted(line.t for line in log)
    ends = [line.text for line in log if " measured: p50" in line.text]
    assert ends == [line.text for line in alone.log if " measured: p50" in line.text]
    assert len(ends) == 2
    assert session.session("a").snapshot().log == log  # told once


def recorded_alone(tmp_path: Path) -> Path:
    return streams.write(tmp_path / "alone.jsonl", list(streams.session(seed=1, passes=10)))
