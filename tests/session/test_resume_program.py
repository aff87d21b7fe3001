"""run --resume of the real program, after real kills at several points, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.recording import reader
from jetbench.recording.format import header
from jetbench.recording.writer import RecordingWriter
from jetbench.session.load import load
from outside import USER_MODELS as MODELS
from outside import family, gone, jetbench, spawn

PASSES, ROUNDS = 12, 2
NAMES = ("slow", "honest", "prints")
PLAN = [word for name in NAMES for word in ("-m", f"{MODELS}:{name}")]
PLAN += ["-s", "16", "-k", str(PASSES), "--rounds", str(ROUNDS), "--seed", "5", "--cooldown", "0s"]


def kill_when(process: subprocess.Popen[bytes], recording: Path, kind: str, count: int, victim: int) -> None:
    """SIGKILL the screen (0) or the agent (1) as soon as the recording holds so many events of a kind."""
    while process.poll() is None and held(recording, kind) < count:
        time.sleep(0.005)
    assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
    pids = family(process.pid)
    os.kill(pids[victim], signal.SIGKILL)
    process.wait(60)
    gone(pids)


def held(recording: Path, kind: str) -> int:
    return recording.read_bytes().count(b'{"k":"%s"' % kind.encode()) if recording.exists() else 0


def ended(recording: Path) -> list[tuple[int, int]]:
    """(round, case) of what was measured to its end, in the order of the file."""
    ends = (event for _, event in reader.events(recording) if isinstance(event, ev.CaseEnd))
    return [(event.r, event.c) for event in ends if event.status == "measured"]


def check_complete(recording: Path) -> None:
    state, damage = load(recording)
    assert not damage
    assert state.run is not None
    wanted = [(r, name) for r, row in enumerate(state.run.order) for name in row]
    assert ended(recording) == wanted, "each once, in the order of the first part"
    for record in state.records.values():
        assert Counter(record.round[place] for place in record.positions()) == dict.fromkeys(range(ROUNDS), PASSES)
    document = json.loads(jetbench("show", recording, "--json").stdout)
    assert document["status"] == "done"
    assert [case["model"].rpartition(":")[2] for case in document["cases"]] == list(NAMES)
    for case in document["cases"]:
        assert (case["status"], case["latency_s"]["n"]) == ("measured", PASSES * ROUNDS)
        assert set(case["cold_start_s"]) >= {"spawn", "import", "fork", "load", "first"}


def points() -> Iterator[tuple[str, int, int]]:
    """Kind of event and how many of it, and who is killed then: before the run, in a case, between two.

    A parent or a child that is killed cuts nothing: its case has failed, and the run goes on.
    """
    yield "header", 1, 0
    yield "lat", 3, 0
    yield "part", 2, 1
    yield "case_end", 2, 0
    yield "case", 5, 1


@pytest.mark.torch
def test_killed_at_several_points_and_gone_on_with_each_time(tmp_path: Path) -> None:
    recording = tmp_path / "k.jsonl"
    arguments: list[str | Path] = ["run", *PLAN, "-o", recording]
    begun: list[bytes] = []
    for kind, count, victim in points():
        process = spawn(*arguments)
        kill_when(process, recording, kind, count, victim)
        data = recording.read_bytes()
        assert all(data.startswith(before[: before.rfind(b"\n") + 1]) for before in begun), "nothing is written over"
        begun.append(data)
        arguments = ["run", "--resume", recording]
    last = jetbench(*arguments)
    assert last.returncode == 0, last.stderr
    assert "runs the code that the recording names" in last.stderr
    check_complete(recording)
    again = jetbench("run", "--resume", recording)
    assert again.returncode == 0
    assert "is complete: nothing is left" in again.stderr
    assert recording.read_bytes().startswith(begun[-1][: begun[-1].rfind(b"\n") + 1])
    show = jetbench("show", recording)
    assert again.stdout == show.stdout, "the same table"


@pytest.mark.torch
def test_stopped_by_the_user_and_gone_on_with(tmp_path: Path) -> None:
    recording = tmp_path / "i.jsonl"
    process = spawn("run", *PLAN, "-o", recording)
    while process.poll() is None and held(recording, "lat") < 2:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    resumed = jetbench("run", "--resume", recording, "--json", "--csv", tmp_path / "csv")
    assert resumed.returncode == 0, resumed.stderr
    check_complete(recording)
    assert json.loads(resumed.stdout) == json.loads(jetbench("show", recording, "--json").stdout)
    assert (tmp_path / "csv" / "samples.csv").read_text().count("\n") == 1 + len(NAMES) * ROUNDS * PASSES


@pytest.mark.torch
def test_another_board_or_another_model_is_refused(tmp_path: Path) -> None:
    """And measured all the same with --anyway, which the recording tells."""
    net = tmp_path / "net.py"
    net.write_text(MODELS.read_text())
    recording = tmp_path / "a.jsonl"
    process = spawn("run", "-m", f"{net}:slow", "-m", f"{net}:honest", "-s", "16", "-k", "30", "-o", recording)
    kill_when(process, recording, "lat", 2, 0)
    before = recording.read_bytes()
    elsewhere = jetbench("run", "--resume", recording, "--simulate", "nano")
    assert elsewhere.returncode == 2
    assert "was not recorded here: board" in elsewhere.stderr
    assert "--anyway" in elsewhere.stderr
    assert recording.read_bytes() == before, "refused before anything is written"
    net.write_text(MODELS.read_text() + "\n")
    changed = jetbench("run", "--resume", recording)
    assert changed.returncode == 2
    assert "net.py is not the file that was measured before" in changed.stderr
    resumed = jetbench("run", "--resume", recording, "--simulate", "nano", "--anyway", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert [case["latency_s"]["n"] for case in json.loads(resumed.stdout)["cases"]] == [30, 30]
    logs = [event.text for _, event in reader.events(recording) if isinstance(event, ev.Log)]
    assert any("SIMULATED" in text and "against" in text for text in logs)
    assert any("net.py is not the file" in text for text in logs)
    run = next(event for _, event in reader.events(recording) if isinstance(event, ev.RunStart))
    assert all(case.code_sha256 and len(case.code_sha256) == 64 for case in run.cases)


# -- refused before anything is started


def refused(*arguments: str | Path) -> str:
    run = jetbench("run", *arguments)
    assert run.returncode == 2, run.stderr
    assert run.stdout == ""
    assert "Traceback" not in run.stderr
    assert 1 <= len(run.stderr.strip().splitlines()) <= 2, run.stderr
    return run.stderr


@pytest.mark.parametrize(
    "options",
    [
        "-m resnet18",
        "-k 3",
        "--until 1%",
        "-b 2",
        "--rounds 2",
        "--seed 1",
        "--fresh",
        "-o x.jsonl",
        "--weights x",
        "plan.toml",
    ],
)
def test_options_that_contradict_the_file(tmp_path: Path, options: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(streams.lines([header(board=streams.board())]))
    said = refused("--resume", path, *options.split())
    named = options.split()[0] if options.startswith("-") else "a plan"
    assert f"{named} contradicts it" in said


def test_a_file_that_somebody_writes(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    writer = RecordingWriter(path, header(board=streams.board(), plan={"models": ["resnet18"]}))
    try:
        assert "is being written by another process" in refused("--resume", path)
    finally:
        writer.close()


def test_no_recording_at_all(tmp_path: Path) -> None:
    assert "No such file" in refused("--resume", tmp_path / "none.jsonl")
    (tmp_path / "x").write_text("hello\n")
    assert "is no recording" in refused("--resume", tmp_path / "x")
    assert "is a folder" in refused("--resume", tmp_path)
