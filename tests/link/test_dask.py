"""Boards that are workers of a real Dask scheduler: the stream, the tasks, workers that die, two controllers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

distributed = pytest.importorskip("distributed", reason="no Dask distributed here: pip install 'jetbench-tui[fleet]'")

import dask_cluster  # noqa: E402
from jetbench.cli import fleet_dask  # noqa: E402
from jetbench.cli.errors import CliError  # noqa: E402
from jetbench.domain.fleet import Member  # noqa: E402
from jetbench.domain.plan import Plan  # noqa: E402
from jetbench.link import dask  # noqa: E402
from jetbench.link.base import LinkError, UnreachableError  # noqa: E402
from jetbench.link.dask_agent import LostError  # noqa: E402
from jetbench.link.dask_link import DaskLink  # noqa: E402
from jetbench.session.load import load  # noqa: E402
from jetbench.session.worker import SessionWorker  # noqa: E402

PATIENCE_S = 60.0
MODELS = f"{Path(__file__).parent.parent / 'user_models.py'}:"


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dask_cluster.DaskBoards]:
    """``anna`` is started anew when it dies, ``ben`` is not; ``other`` does not measure."""
    with dask_cluster.running(tmp_path_factory.mktemp("dask")) as made:
        made.start("anna")
        made.start("ben", "--resources", "bench=1", "--no-nanny")
        made.start("other", "--resources", "GPU=1", "--no-nanny")
        yield made


@pytest.fixture(scope="module")
def cluster(boards: dask_cluster.DaskBoards) -> Iterator[dask.Cluster]:
    made = dask.Cluster(boards.address)
    wait_for(lambda: len(made._wait(made._listed, 5.0)) == 3)
    yield made
    made.close()


def wait_for(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)


def member(cluster: dask.Cluster, name: str) -> Member:
    return next(found for found in cluster.workers() if found.name == name)


@contextlib.contextmanager
def session(cluster: dask.Cluster, name: str, recording: Path, **more: Any) -> Iterator[SessionWorker]:
    worker = SessionWorker(lambda: DaskLink(cluster, member(cluster, name), **more), lambda: recording)
    worker.start()
    try:
        assert worker.wait_board(PATIENCE_S, rows=0)
        yield worker
    finally:
        worker.close()


def plan(*names: str) -> Plan:
    return Plan(models=tuple(MODELS + name for name in names), sizes=((8, 8),), device="cpu", k=10, cooldown=0.0)


def lines_of(recording: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in recording.read_text().splitlines()]


def of(lines: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [line for line in lines if line["k"] == kind]


# -- reaching boards


def test_those_that_declare_bench_are_the_boards(cluster: dask.Cluster) -> None:
    assert [(found.name, found.kind) for found in cluster.workers()] == [("anna", "dask"), ("ben", "dask")]


def test_a_worker_without_a_name_is_called_by_its_host_and_no_name_reaches_a_terminal_as_it_is() -> None:
    unnamed = dask._worker("tcp://192.0.2.7:4", {"name": "tcp://192.0.2.7:4", "host": "192.0.2.7"})
    assert (unnamed.name, unnamed.named) == ("192.0.2.7", False)
    assert "\x1b" not in dask._worker("tcp://192.0.2.7:4", {"name": "\x1b[2Jnano", "host": "192.0.2.7"}).name


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("nonsense:x", 2, "give it as tcp://HOST:8786"),
        ("tls://127.0.0.1:8786", 2, "no certificates for TLS"),
        ("tcp://127.0.0.1:1", 3, "no scheduler answers"),
    ],
)
def test_what_is_no_scheduler_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, address: str, status: int, said: str
) -> None:
    monkeypatch.setattr(dask.Cluster.__init__, "__defaults__", (0.5,))
    with pytest.raises(CliError, match=said) as caught:
        fleet_dask.workers(address)
    assert caught.value.status == status
    assert "\n" not in str(caught.value)


def test_without_distributed_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jetbench.link.dask", None)
    with pytest.raises(CliError, match="--dask needs Dask distributed") as caught:
        fleet_dask.workers("tcp://127.0.0.1:8786")
    assert "jetbench-tui[fleet]" in (caught.value.hint or "")


def test_what_the_board_has_not_is_told_before_anything_runs(cluster: dask.Cluster) -> None:
    for wrong, said in (({"python": "/no/python"}, "cannot be started"), ({"root": "/no/root"}, "no such folder")):
        asked = Member(name="anna", kind="dask", address=member(cluster, "anna").address, **wrong)
        with pytest.raises(LinkError, match=said):
            DaskLink(cluster, asked)
    with pytest.raises(UnreachableError, match="not among the workers"):
        DaskLink(cluster, Member(name="gone", kind="dask", address="tcp://127.0.0.1:1"))


def test_tls_is_as_dask_has_it(tmp_path: Path) -> None:
    import dask as configured

    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab -addext subjectAltName=IP:127.0.0.1"
    made = [*command.split(), "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    settings = {"ca-file": certificate, "scheduler.cert": certificate, "scheduler.key": key}
    settings |= {
        f"{who}.{what}": settings[f"scheduler.{what}"] for who in ("worker", "client") for what in ("cert", "key")
    }
    named = {f"distributed.comm.tls.{name}": str(value) for name, value in settings.items()}
    spelt = {f"DASK_{name.upper().replace('.', '__').replace('-', '_')}": value for name, value in named.items()}
    with dask_cluster.running(tmp_path, spelt, "tls") as boards, configured.config.set(named):
        assert boards.address.startswith("tls://")
        made_of = dask.Cluster(boards.address)
        with pytest.raises(UnreachableError, match="declares the resource bench"):
            made_of.workers()
        made_of.close()


# -- a run


@pytest.mark.torch
def test_a_case_is_a_task_on_its_worker_and_no_event_is_lost_or_comes_twice(
    cluster: dask.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although every third message is lost under way and every fourth comes twice."""
    heard = {"count": 0}
    subscribed = dask.Cluster.subscribe

    def lossy(self: dask.Cluster, topic: str, session: str, take: Callable[[dict[str, Any]], None]) -> None:
        def some(message: dict[str, Any]) -> None:
            heard["count"] += 1
            for _ in range(0 if heard["count"] % 3 == 0 else 2 if heard["count"] % 4 == 0 else 1):
                take(message)

        subscribed(self, topic, session, some)

    monkeypatch.setattr(dask.Cluster, "subscribe", lossy)
    cluster._client.get_task_stream()  # from now on the scheduler remembers tasks
    with session(cluster, "anna", tmp_path / "run.jsonl") as worker:
        worker.run(plan("honest", "two_matrices"))
        assert worker.wait(PATIENCE_S)
        kept = worker._link._agent.missing(0, worker._link._agent.beat(0)["end"])
    lines = lines_of(tmp_path / "run.jsonl")
    said = [json.loads(line) for line in kept.splitlines()]
    begun = next(place for place, line in enumerate(lines) if line["k"] == "run")
    numbers = [line["n"] for line in lines[begun:] if line.get("n") and line["k"] != "ready"]
    assert heard["count"] > 8
    assert numbers == sorted(set(numbers))
    recorded = range(numbers[0], numbers[-1] + 1)  # sensors are read before a run and after it, too
    assert set(numbers) == {line["n"] for line in said if line["n"] in recorded and line["k"] not in ("ready", "board")}
    assert "run_end" in {line["k"] for line in lines[begun:]}
    assert [(end["c"], end["status"]) for end in of(lines, "case_end")] == [(0, "measured"), (1, "measured")]
    tasks = [task for task in cluster._client.get_task_stream() if task["key"].startswith("jetbench-case-")]
    assert [task["key"].rpartition("-")[0] for task in tasks] == [
        "jetbench-case-0-round-0-attempt-1", "jetbench-case-1-round-0-attempt-1",
    ]  # fmt: skip
    assert {task["worker"] for task in tasks} == {member(cluster, "anna").address}


@pytest.mark.torch
def test_what_dask_sets_for_numpy_and_malloc_does_not_reach_what_is_measured(
    cluster: dask.Cluster,
) -> None:
    address = member(cluster, "anna").address
    with contextlib.closing(DaskLink(cluster, member(cluster, "anna"))) as link:
        wait_for(lambda: link._inbox.qsize() > 0)
        pid = cluster._run(address, "{'pid': __import__('os').getpid()}", {}, 5.0)["pid"]
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = [child for task in tasks for child in (task / "children").read_text().split()]
        (agent,) = [each for each in children if b"board-agent-" in Path(f"/proc/{each}/cmdline").read_bytes()]
        worker, measured = (Path(f"/proc/{each}/environ").read_bytes() for each in (pid, agent))
    set_by_dask = (b"OMP_NUM_THREADS=1", b"MALLOC_TRIM_THRESHOLD_=65536")
    assert all(name in worker for name in set_by_dask)
    assert not any(name in measured for name in set_by_dask)


@pytest.mark.torch
def test_a_worker_that_dies_is_waited_for_and_its_case_is_measured_once_more(
    cluster: dask.Cluster, tmp_path: Path
) -> None:
    recording = tmp_path / "run.jsonl"
    with session(cluster, "anna", recording) as worker:
        worker.run(plan("kills_worker_once", "kills_worker", "two_matrices"))
        assert worker.wait(3 * PATIENCE_S)
        state = worker.snapshot()
    assert [case.status for case in state.cases] == ["measured", "failed", "measured"]
    assert "for the second time" in (state.cases[1].error or "")
    assert state.status == "done"
    lines = lines_of(recording)
    assert len(of(lines, "part")) == 3
    assert [resume["left"] for resume in of(lines, "resume")] == [[[0, 1, 2]], [[1, 2]], [[2]]]
    begun = [(case["c"], case.get("r", 0)) for case in of(lines, "case")]
    assert begun == [(0, 0), (0, 0), (1, 0), (1, 0), (2, 0)]
    assert [end["c"] for end in of(lines, "case_end")] == [0, 1, 2]
    text = "\n".join(log.get("text", "") for log in of(lines, "log"))
    assert text.count("the worker on anna died") == 3
    assert "case 1 was cut in its attempt 1, and is measured anew" in text
    again, damage = load(recording)
    assert not damage.lines
    assert [result.status for result in again.case_results()] == [case.status for case in state.cases]
    assert member(cluster, "anna").address not in text


@pytest.mark.torch
def test_a_second_controller_is_told_by_whom_or_waits(cluster: dask.Cluster, tmp_path: Path) -> None:
    with (
        session(cluster, "anna", tmp_path / "a.jsonl") as first,
        session(cluster, "anna", tmp_path / "b.jsonl") as second,
    ):
        first.run(plan("slow"))
        wait_for(lambda: first.snapshot().status == "running")
        second.run(plan("honest"))
        assert second.wait(PATIENCE_S)
        refused = second.snapshot()
        assert refused.status == "failed"
        assert "is measuring on this board since" in (refused.fault or "")
        assert os.uname().nodename in (refused.fault or "")
        second.patient = True
        second.run(plan("honest"))
        assert first.wait(PATIENCE_S)
        assert second.wait(PATIENCE_S)
        assert [case.status for case in (*first.snapshot().cases, *second.snapshot().cases)] == ["measured"] * 2
    ended, begun = (
        of(lines_of(tmp_path / "a.jsonl"), "run_end")[0]["t"],
        of(lines_of(tmp_path / "b.jsonl"), "run")[0]["t"],
    )
    assert begun > ended


# -- the end


def test_an_agent_whose_controller_is_gone_ends_by_itself(cluster: dask.Cluster) -> None:
    link = DaskLink(cluster, member(cluster, "anna"))
    link._agent.beat(0, lease_s=0.1)  # and never again

    def over() -> bool:
        try:  # asking is a sign of life too, so not by a beat
            return b"not heard of" in json.dumps(link._inbox.get(timeout=1).args[0].get("over", "")).encode()
        except (TypeError, AttributeError):
            return False

    wait_for(over)
    link.close()


def test_a_worker_that_does_not_come_back_is_lost(
    cluster: dask.Cluster, boards: dask_cluster.DaskBoards, tmp_path: Path
) -> None:
    with session(cluster, "ben", tmp_path / "run.jsonl", back_s=1.0) as worker:
        assert worker.far is not None
        assert not worker.leave()
        pid = cluster._run(member(cluster, "ben").address, "{'pid': __import__('os').getpid()}", {}, 5.0)["pid"]
        os.kill(pid, 9)
        wait_for(lambda: worker.over)
        state = worker.snapshot()
        assert state.status == "lost"
        assert "did not come back within 1 s" in (state.fault or "")
        assert worker.far.may_go_on() is False
    with pytest.raises(UnreachableError):
        DaskLink(cluster, Member(name="ben", kind="dask", address="tcp://127.0.0.1:1"))


@pytest.mark.torch
@pytest.mark.parametrize("away_s", [0.0, 7.0], ids=["at once", "after the client has given up"])
def test_a_scheduler_that_is_started_anew_costs_the_case_that_was_cut(tmp_path: Path, away_s: float) -> None:
    recording = tmp_path / "run.jsonl"
    with dask_cluster.running(tmp_path) as boards:
        boards.start("anna")
        cluster = dask.Cluster(boards.address, 3.0)
        wait_for(cluster._found)
        with session(cluster, "anna", recording) as worker:
            worker.run(plan("two_matrices", "slow"))
            wait_for(lambda: recording.exists() and recording.read_text().count('"k":"case",') == 2)
            boards.scheduler.kill()
            boards.scheduler.wait()
            time.sleep(away_s)
            boards.begin_scheduler(boards.address.rpartition(":")[2])
            boards.start("anna")
            assert worker.wait(3 * PATIENCE_S)
            state = worker.snapshot()
        cluster.close()
    assert [case.status for case in state.cases] == ["measured", "measured"]
    lines = lines_of(recording)
    assert [resume["left"] for resume in of(lines, "resume")] == [[[1]]]
    text = "\n".join(log.get("text", "") for log in of(lines, "log"))
    assert "case 2 was cut in its attempt 1, and is measured anew" in text
    assert "anna is there again" in text
    assert away_s == 0.0 or "does not answer" in text


def test_a_scheduler_that_stays_away_ends_it_in_a_line(tmp_path: Path) -> None:
    with dask_cluster.running(tmp_path) as boards:
        boards.start("anna")
        cluster = dask.Cluster(boards.address, 1.0)
        wait_for(cluster._found)
        with session(cluster, "anna", tmp_path / "run.jsonl", back_s=4.0) as worker:
            boards.scheduler.kill()
            wait_for(lambda: worker.over)
            state = worker.snapshot()
        cluster.close()
    assert state.status == "lost"
    assert f"the scheduler at {boards.address} does not answer for 4 s" in (state.fault or "")


def test_what_the_worker_no_longer_keeps_is_a_loss_and_no_gap(cluster: dask.Cluster) -> None:
    with contextlib.closing(DaskLink(cluster, member(cluster, "anna"))) as link, pytest.raises(LostError):
        link._agent.missing(1 << 40, 1 << 41)
