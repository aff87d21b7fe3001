"""A board over a real sshd: cut lines, two controllers, who is let in, and what stays behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import board_tree
import sshd
from jetbench.link import ssh
from jetbench.link.address import parse
from jetbench.link.base import LinkError
from outside import jetbench

PATIENCE_S = 60.0
OLD = Path("~/.pyenv/versions/2.7.18/bin/python").expanduser()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Sshd]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as made:
        yield made


@pytest.fixture(autouse=True)
def only_our_keys(server: sshd.Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ssh_command(), server.command)


def ssh_command() -> str:
    from jetbench.link.ssh_line import COMMAND

    return COMMAND


@contextlib.contextmanager
def linked(server: sshd.Sshd, *arguments: str, **more: Any) -> Iterator[ssh.SshLink]:
    link = ssh.SshLink(parse(server.address), sys.executable, arguments=arguments, **more)
    try:
        yield link
    finally:
        link.close()


def cut(link: ssh.SshLink) -> None:
    """As a line that drops: no goodbye."""
    os.kill(link._line.process.pid, signal.SIGKILL)


def told(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def of_agent(events: list[dict[str, Any]]) -> list[int]:
    return [event["n"] for event in events if "n" in event]


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)


# -- reading a board


def test_a_board_elsewhere_reads_as_it_does_here_and_nothing_but_the_agent_stays(
    server: sshd.Sshd, tmp_path: Path
) -> None:
    root = board_tree.lay_out(board_tree.manifest("orin-nano"), tmp_path / "board")
    here = json.loads(jetbench("sensors", "--root", root, "--json").stdout)
    for _ in range(2):
        there = jetbench("sensors", "--host", server.address, "--python", sys.executable, "--root", root, "--json")
        assert there.returncode == 0, there.stderr
        assert json.loads(there.stdout) == here
    left = sorted(path.name.rpartition("-")[0] for path in (server.board / "jetbench-tui").iterdir())
    assert left == ["", "board-agent"]
    assert server.sessions == []


def test_a_name_of_the_config_and_its_interpreter(server: sshd.Sshd, tmp_path: Path) -> None:
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "jetbench-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[hosts]\nshelf = {{ host = "{server.address}", python = "{sys.executable}" }}\nbad = 3\n')
    assert jetbench("sensors", "--host", "shelf", "--simulate", "nano", "--json").returncode == 0
    config.write_text('[hosts]\nshelf = "-oProxyCommand=x"\n')
    refused = jetbench("sensors", "--host", "shelf")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)


# -- who is let in, and what is said where nobody is


@pytest.mark.parametrize("name", ["-oProxyCommand=touch x", "a b", "a;b", "user@-l", "$(x)", "a@b@c", "h:99999", ""])
def test_what_is_no_name_of_a_host_never_reaches_ssh(name: str) -> None:
    with pytest.raises(LinkError, match="--host"):
        parse(name)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("nano", ["--", "nano"]),
        ("me@nano.local:2222", ["-p", "2222", "-l", "me", "--", "nano.local"]),
        ("[fe80::1%eth0]:22", ["-p", "22", "--", "fe80::1%eth0"]),
    ],
)
def test_names_that_are_taken(name: str, arguments: list[str]) -> None:
    assert parse(name).arguments() == arguments
    assert str(parse(name)) == name


def failed(server: sshd.Sshd, *words: str) -> tuple[int, str]:
    """Status, and the first of at most two lines."""
    done = jetbench("sensors", "--host", server.address, *words)
    assert 1 <= len(done.stderr.splitlines()) <= 2, done.stderr
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()[0]


def test_an_unknown_host_key_is_not_accepted(server: sshd.Sshd) -> None:
    server.forget()
    try:
        status, line = failed(server)
        assert (server.folder / "known").read_text() == ""
    finally:
        server.know()
    assert (status, "host key that is not known here" in line) == (3, True)


def test_another_host_key_than_before_is_said(server: sshd.Sshd) -> None:
    other = (server.folder / "user_key.pub").read_text().split()
    (server.folder / "known").write_text(f"[127.0.0.1]:{server.port} {other[0]} {other[1]}\n")
    try:
        status, line = failed(server)
    finally:
        server.know()
    assert (status, "another host key than before" in line) == (3, True)


def test_a_key_that_is_not_let_in(server: sshd.Sshd) -> None:
    authorized = (server.folder / "authorized").read_text()
    (server.folder / "authorized").write_text("")
    try:
        status, line = failed(server)
    finally:
        (server.folder / "authorized").write_text(authorized)
    assert (status, "without a password" in line) == (3, True)


def test_a_board_without_an_ssh_server(server: sshd.Sshd) -> None:
    done = jetbench("sensors", "--host", "127.0.0.1:1")
    assert (done.returncode, "takes no ssh connection" in done.stderr) == (3, True)


def test_an_interpreter_that_is_none(server: sshd.Sshd) -> None:
    status, line = failed(server, "--python", "/no/such python")
    assert (status, "no such program" in line) == (2, True)


@pytest.mark.skipif(not OLD.exists(), reason="no Python 2 here")
def test_an_interpreter_that_is_too_old(server: sshd.Sshd) -> None:
    status, line = failed(server, "--python", str(OLD))
    assert (status, "needs 3.6" in line) == (3, True)


def test_a_folder_that_the_board_has_not(server: sshd.Sshd) -> None:
    status, line = failed(server, "--python", sys.executable, "--root", "/no/such")
    assert (status, "no such folder on the board" in line) == (2, True)


# -- the line drops


def test_nothing_is_lost_or_doubled_by_cut_lines_neither_events_nor_commands(
    server: sshd.Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of events a request; the line is cut in the middle of them, and just after commands were sent."""
    monkeypatch.setattr(ssh, "FIRST_PAUSE_S", 0.05)
    root = board_tree.lay_out(board_tree.manifest("agx-orin"), tmp_path / "board")
    requests = 12
    events: list[dict[str, Any]] = []
    with linked(server, root=str(root)) as link:
        for number, line in enumerate(link.lines()):
            events.append(json.loads(line))
            ready = sum(event["k"] == "ready" for event in events)
            if ready == requests:
                break
            if number == 1:
                for _ in range(requests // 2):
                    link.send({"op": "pack"})
                cut(link)
            elif number in (40, 700):
                cut(link)
            elif events[-1]["k"] == "ready" and ready == requests // 2:
                cut(link)
                for _ in range(requests // 2):
                    link.send({"op": "pack"})
    assert of_agent(events) == list(range(1, len(of_agent(events)) + 1))
    assert sum(event["k"] == "ready" for event in events) == requests
    assert sum(event["k"] == "remote" for event in events) >= 4


def test_a_line_that_cannot_be_made_again_is_said_and_the_second_stop_gives_up(server: sshd.Sshd) -> None:
    with linked(server, "--simulate", "nano") as link:
        lines = link.lines()
        assert json.loads(next(lines))["k"] == "remote"
        server.forget()
        try:
            cut(link)
            rest = told(list(lines))
        finally:
            server.know()
        assert "host key that is not known" in link.describe_end()
        assert any(event.get("source") == "link" for event in rest)
    (kept,) = ssh.sessions(parse(server.address), sys.executable)
    with linked(server, kept=ssh.Kept(kept["id"])) as again:
        lines = again.lines()
        assert json.loads(next(lines))["k"] == "remote"
        lines.close()
    wait_for(lambda: server.sessions == [])


def test_one_controller_at_a_time_and_another_takes_over_only_when_told(server: sshd.Sshd) -> None:
    with linked(server, "--simulate", "nano") as first:
        lines: list[bytes] = []
        reader = threading.Thread(target=lambda: lines.extend(first.lines()))
        reader.start()
        with (
            pytest.raises(LinkError, match="is attached to that session"),
            linked(server, kept=ssh.Kept(first.session)),
        ):
            pass
        with linked(server, kept=ssh.Kept(first.session, take=True)) as second:
            reader.join(PATIENCE_S)
            assert not reader.is_alive()
            assert "has attached to this session" in first.describe_end()
            found = second.lines()
            kinds = [json.loads(next(found))["k"] for _ in range(2)]
            assert kinds == ["remote", "board"]
            found.close()


def test_the_board_is_full_and_the_keeper_killed_each_is_said(server: sshd.Sshd, tmp_path: Path) -> None:
    root = board_tree.lay_out(board_tree.manifest("agx-orin"), tmp_path / "board")
    with linked(server, root=str(root), cap=20_000) as link:
        for _ in range(50):
            link.send({"op": "pack"})
        numbers = of_agent(told(list(link.lines())))
        assert "could not be kept on the board" in link.describe_end()
        assert numbers == list(range(1, len(numbers) + 1))
    with linked(server, "--simulate", "nano") as link:
        lines = link.lines()
        board = next(event for event in map(json.loads, lines) if event["k"] == "board")
        os.kill(parent_of(board["agent"]["pid"]), signal.SIGKILL)
        list(lines)
        assert "its keeper was killed" in link.describe_end()
        wait_for(lambda: not Path(f"/proc/{board['agent']['pid']}").exists())


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


# -- a run


@pytest.mark.torch
def test_a_run_outlives_its_controller_is_alone_and_is_fetched_whole(server: sshd.Sshd, tmp_path: Path) -> None:
    there = ("--host", server.address, "--python", sys.executable)
    what = ("-m", "squeezenet1_1", "-s", "32")
    first = tmp_path / "first.jsonl"
    command = [sys.executable, "-m", "jetbench", "run", *there, *what, "-k", "400", "--max-time", "60s"]
    controller = subprocess.Popen([*command, "-o", str(first)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    wait_for(lambda: first.exists() and b'"k":"lat"' in first.read_bytes())
    busy = jetbench("run", *there, *what)
    assert (busy.returncode, "is measuring on this board since" in busy.stderr) == (3, True), busy.stderr
    controller.kill()
    controller.wait()
    whole = tmp_path / "whole.jsonl"
    fetched = jetbench("attach", server.address, "--python", sys.executable, "-o", whole, "--json")
    assert fetched.returncode == 0, fetched.stderr
    (case,) = json.loads(fetched.stdout)["cases"]
    assert (case["status"], case["latency_s"]["n"]) == ("measured", 400)
    events = told(whole.read_bytes().splitlines())
    begun = [event["k"] for event in events].index("run")  # of what was said before, not all is in the file
    numbers = of_agent(events[begun:])
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    (remote,) = [event for event in events if event["k"] == "remote"]
    assert abs(remote["offset_ns"]) <= remote["delay_ns"]  # the two clocks are one here
    assert abs(events[0]["wall_ns"] - events[0]["t"] - (time.time_ns() - time.perf_counter_ns())) < 1e9
    early = told(first.read_bytes().splitlines())
    assert 0 < len(of_agent(early)) < len(of_agent(events))
    assert server.sessions == []
