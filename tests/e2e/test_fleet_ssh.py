"""A fleet over real sshds, each as a board of its own: cut lines, an agent that is killed, boards on one supply."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sshd
from jetbench.link.ssh_line import COMMAND
from jetbench.recording import fleet as fleets
from outside import jetbench, spawn

PATIENCE_S = 90.0
NAMES = ("anna", "ben", "cleo")
Boards = dict[str, sshd.Sshd]

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def boards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boards]:
    """Each with its own port, host key, cache and locks."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(sshd.running(tmp_path_factory.mktemp(name))) for name in NAMES}


@pytest.fixture(autouse=True)
def known(boards: Boards, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One ssh that knows the keys of all, and their names in the user's config."""
    keys = [f"IdentityFile {each.folder / 'user_key'}" for each in boards.values()]
    hosts = " ".join(str(each.folder / "known") for each in boards.values())
    settings = [*keys, "IdentitiesOnly yes", f"UserKnownHostsFile {hosts}", f"GlobalKnownHostsFile {os.devnull}"]
    (tmp_path / "ssh_config").write_text("\n".join(settings) + "\n")
    monkeypatch.setenv(COMMAND, f"ssh -F {tmp_path / 'ssh_config'}")
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "jetbench-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    entries = [f'{n} = {{ host = "{each.address}", python = "{sys.executable}" }}' for n, each in boards.items()]
    config.write_text("\n".join(["[hosts]", *entries]) + "\n")


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Of a file that may still grow: what is whole."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1] if line]


def told(path: Path, board: str, kind: str) -> list[dict[str, Any]]:
    number = NAMES.index(board)
    return [line["l"] for line in lines_of(path) if line.get("b") == number and line.get("l", {}).get("k") == kind]


def ssh_of(controller: int, port: int) -> int:
    """The ssh of a board among the children of the controller."""
    for task in Path(f"/proc/{controller}/task").iterdir():
        for child in (task / "children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if str(port).encode() in words:
                return int(child)
    raise AssertionError("no ssh to that board")


def test_a_line_that_is_cut_and_an_agent_that_is_killed_cost_no_event_and_one_board(
    boards: Boards, tmp_path: Path
) -> None:
    file = tmp_path / "f.jsonl"
    what = ("-m", "squeezenet1_1,mobilenet_v3_small", "-s", "32", "-k", "300", "--cooldown", "0s")
    controller = spawn("run", "--host", "anna,ben", "--host", "cleo", *what, "-o", file)
    try:
        wait_for(lambda: all(told(file, name, "lat") for name in ("anna", "ben")))
        os.kill(ssh_of(controller.pid, boards["anna"].port), signal.SIGKILL)
        (agent,) = {told(file, "ben", "header")[0]["board"]["agent"]["pid"]}
        os.kill(agent, signal.SIGKILL)
        out, err = controller.communicate(timeout=PATIENCE_S)
    finally:
        controller.kill()
        controller.communicate()
    assert controller.returncode == 1, err.decode()
    assert b"ben lost: " in err
    rows = [line.split() for line in out.decode().splitlines() if line.startswith(NAMES)]
    assert {(row[0], row[-1]) for row in rows if row[1] in ("squeezenet1_1", "mobilenet_v3_small")} >= {
        ("anna", "measured"),
        ("cleo", "measured"),
    }
    (tmp_path / "out").mkdir()
    found = fleets.split(file, tmp_path / "out")
    assert not found.damage
    assert [line.state for line in found.said if line.b == 1][-1] == "lost"
    for number in (0, 2):
        events = lines_of(found.files[number])
        begun = [event["k"] for event in events].index("run")
        numbers = [event["n"] for event in events[begun:] if "n" in event and event["k"] != "checkpoint"]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))  # none is missing, none comes twice
        counted = [event for event in events if event["k"] == "lat" and not event.get("flags")]
        assert sum(len(event["d"]) for event in counted) == 2 * 300
    assert any("is reached again" in event.get("text", "") for event in lines_of(found.files[0]))
    exported = jetbench("export", file, "-o", tmp_path / "tables")
    assert exported.returncode == 0, exported.stderr
    with (tmp_path / "tables" / "cases.csv").open(newline="") as stream:
        cases = list(csv.DictReader(stream))
    assert [case["board"] for case in cases] == ["anna", "anna", "ben", "ben", "cleo", "cleo"]
    wait_for(lambda: all(boards[name].sessions == [] for name in ("anna", "cleo")))


def test_boards_of_one_power_group_never_run_at_once(boards: Boards, tmp_path: Path) -> None:
    """By the time stamps of their events, on the clock that they share here."""
    file, plan = tmp_path / "f.jsonl.gz", tmp_path / "plan.toml"
    plan.write_text(
        'models = ["squeezenet1_1"]\nsizes = [32]\nk = 50\ncooldown = 0\n'
        'boards = [{ host = "anna", power_group = "left" }, "ben", { host = "cleo", power_group = "left" }]\n'
    )
    done = jetbench("run", plan, "-o", file, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [(board["name"], board["power_group"], board["state"]) for board in document["boards"]] == [
        ("anna", "left", "done"), ("ben", None, "done"), ("cleo", "left", "done"),
    ]  # fmt: skip
    assert [case["board"] for case in document["cases"]] == list(NAMES)
    (tmp_path / "out").mkdir()
    found = fleets.split(file, tmp_path / "out")
    spans = []
    for number in (0, 2):
        events = lines_of(found.files[number])
        (remote,) = [event for event in events if event["k"] == "remote"]
        times = [event["t"] - remote["offset_ns"] for event in events if event["k"] in ("run", "run_end")]
        assert len(times) == 2
        spans.append((times, remote["delay_ns"]))
    (first, unsure), (second, more) = sorted(spans)
    assert first[1] < second[0] + unsure + more
    waited = [line.trouble for line in found.said if line.state == "waiting" and line.trouble]
    assert waited in (["anna runs on the same supply, left"], ["cleo runs on the same supply, left"])


def test_a_second_fleet_is_told_who_has_a_board_and_ctrl_c_ends_all_of_the_first(
    boards: Boards, tmp_path: Path
) -> None:
    what = ("-m", "squeezenet1_1", "-s", "32")
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    controller = spawn("run", "--host", "anna,ben", *what, "-k", "1000000", "--max-time", "5m", "-o", first)
    try:
        wait_for(lambda: all(told(first, name, "lat") for name in ("anna", "ben")))
        done = jetbench("run", "--host", "anna,cleo", *what, "-k", "20", "-o", second)
        assert done.returncode == 1, done.stderr
        assert "anna failed: " in done.stderr
        assert "is measuring on this board since" in done.stderr
        assert "cleo done" in done.stderr
        controller.send_signal(signal.SIGINT)
        _, err = controller.communicate(timeout=PATIENCE_S)
    finally:
        controller.kill()
        controller.communicate()
    assert controller.returncode == 130, err.decode()
    shown = json.loads(jetbench("show", first, "--json").stdout)
    assert {board["state"] for board in shown["boards"]} == {"interrupted"}
    assert all(case["latency_s"]["n"] > 0 for case in shown["cases"])
    wait_for(lambda: all(boards[name].sessions == [] for name in NAMES))


def test_explain_says_why_of_one_board_over_its_line(boards: Boards, tmp_path: Path) -> None:
    file = tmp_path / "why.jsonl"
    what = ("explain", "squeezenet1_1", "-s", "32", "--threads", "1", "--rounds", "1")
    done = jetbench(*what, "--host", "anna", "-o", file, "--json")
    assert done.returncode == 0, done.stderr
    case = json.loads(done.stdout)["cases"][0]
    why = case["why"]
    assert case["verdict"]
    assert why["classes"]
    assert any(trial["reason"] is None for trial in why["trials"])
    assert [line["host"] for line in lines_of(file) if line["k"] == "remote"][:1] == [boards["anna"].address]
    shown = jetbench("show", file, "--json")
    assert json.loads(shown.stdout)["cases"][0]["why"] == why
    many = jetbench(*what, "--host", "anna,ben")
    assert many.returncode == 2
    assert "one board at a time here: --host anna" in many.stderr
