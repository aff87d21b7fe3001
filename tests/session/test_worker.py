"""The worker over a link that is a script: what the agent's stream can do to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import streams
from jetbench.domain.plan import Plan
from jetbench.session.load import load
from jetbench.session.worker import SessionWorker
from scripted import ScriptedLink, split


def run_over(tmp_path: Path, link: ScriptedLink) -> SessionWorker:
    worker = SessionWorker(lambda: link, lambda: tmp_path / "w.jsonl")
    worker.start()
    assert worker.wait_board(10)
    worker.run(Plan(models=("resnet18",)))
    assert worker.wait(10)
    return worker


def test_every_event_is_recorded_and_folds_to_the_same(tmp_path: Path) -> None:
    first, rest = split(list(streams.session()))
    worker = run_over(tmp_path, ScriptedLink(first, rest))
    live = worker.read(lambda state: state.case_results())
    worker.close()
    state, damage = load(tmp_path / "w.jsonl")
    assert not damage
    assert state.case_results() == live
    assert state.status == "done"


def test_garbage_in_the_stream_costs_its_line(tmp_path: Path) -> None:
    first, rest = split(list(streams.session()))
    garbage = [
        b"not json",
        b"{" * 100_000,
        b'{"k":"lat","c":0,"s":[1],"d":[-1]}',
        b'{"k":"nonsense"}',
        b"\xff\xfe",
        b"{}",
    ]
    worker = run_over(tmp_path, ScriptedLink(first, garbage + rest))
    left_out = [line for line in worker.snapshot().log if "left out" in line.text]
    worker.close()
    assert len(left_out) == len(garbage)
    assert all(case.status == "measured" for case in worker.snapshot().cases)


def test_agent_that_is_lost_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    first, rest = split(list(streams.session()))
    link = ScriptedLink(first, rest[: len(rest) // 2])
    link.ends_after_run = True
    worker = run_over(tmp_path, link)
    snapshot = worker.snapshot()
    worker.close()
    assert snapshot.status == "lost"
    assert "SIGKILL" in (snapshot.fault or "")
    state, _ = load(tmp_path / "w.jsonl")
    assert {case.status for case in state.case_results()} <= {"measured", "interrupted"}
    with pytest.raises(RuntimeError, match="gone"):
        worker.run(Plan())


def test_a_second_run_is_refused_while_one_is_on(tmp_path: Path) -> None:
    first, _ = split(list(streams.session()))
    worker = SessionWorker(lambda: ScriptedLink(first, []), lambda: tmp_path / "w.jsonl")
    worker.start()
    assert worker.wait_board(10)
    worker.run(Plan())
    with pytest.raises(RuntimeError, match="a run is on"):
        worker.run(Plan())
    worker.close()


def test_missing_numbers_are_noticed(tmp_path: Path) -> None:
    first, rest = split(list(streams.session()))
    lost = [line for index, line in enumerate(rest) if index != 3]
    worker = run_over(tmp_path, ScriptedLink(first, lost))
    noticed = any("missing" in line.text for line in worker.snapshot().log)
    worker.close()
    assert noticed


def test_a_run_wanted_before_the_board_has_answered_begins_with_it(tmp_path: Path) -> None:
    first, rest = split(list(streams.session()))
    link = ScriptedLink(first, rest)
    worker = SessionWorker(lambda: link, lambda: tmp_path / "w.jsonl")
    link.lines = hold(link.lines, held := threading.Event())  # type: ignore[method-assign]
    worker.start()
    worker.run(Plan(models=("resnet18",)))
    assert not link.commands
    held.set()
    assert worker.wait_board(10)
    assert worker.wait(10)
    worker.close()
    assert [command["op"] for command in link.commands] == ["run"]
    assert {case.status for case in worker.snapshot().cases} == {"measured"}


def hold(lines: Callable[[], Iterator[bytes]], until: threading.Event) -> Callable[[], Iterator[bytes]]:
    def held() -> Iterator[bytes]:
        until.wait(10)
        yield from lines()

    return held
