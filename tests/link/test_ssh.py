"""A board over a real sshd: cut lines, two controllers, who is let in, and what stays behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pexpect
import pytest

import board_tree
import sshd
from jetbench.cli import hosts
from jetbench.cli.errors import CliError
from jetbench.cli.session import link_error
from jetbench.domain.plan import Plan
from jetbench.link import ssh
from jetbench.link.address import parse
from jetbench.link.base import LinkError, UnreachableError
from jetbench.link.ssh_line import COMMAND
from outside import jetbench, spawn

PATIENCE_S = 60.0
OLDEST = str(next(Path.home().glob(".pyenv/versions/3.6.*/bin/python"), sys.executable))  # that can run the agent
OLD = Path("~/.pyenv/versions/2.7.18/bin/python").expanduser()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sshd.Sshd]:
    with sshd.running(tmp_path_factory.mktemp("sshd")) as made:
        yield made


@pytest.fixture(autouse=True)
def only_our_keys(server: sshd.Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMMAND, server.command)


@contextlib.contextmanager
def linked(server: sshd.Sshd, *arguments: str, **more: Any) -> Iterator[ssh.SshLink]:
    link = ssh.SshLink(parse(server.address), OLDEST, arguments=arguments, **more)
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
    there = jetbench("sensors", "--host", server.address, "--python", OLDEST, "--root", root, "--json")
    assert there.returncode == 0, there.stderr
    assert json.loads(there.stdout) == here
    assert ssh.sessions(parse(server.address), sys.executable) == []
    left = [path.name.rpartition("-")[0] for path in (server.board / "jetbench-tui").iterdir()]
    assert sorted(left) == ["", "board-agent"]
    assert server.sessions == []


def test_a_name_of_the_config_and_its_interpreter() -> None:
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "jetbench-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        '[hosts]\nshelf = { host = "me@nano:2222", python = "venv/bin/python" }\nbad = "-oProxyCommand=x"\n'
    )
    found = hosts.find("shelf", None)
    assert (str(found.address), found.python) == ("me@nano:2222", "venv/bin/python")
    assert hosts.find("shelf", "python3").python == "python3"
    assert hosts.find("orin.local", None).address.host == "orin.local"
    with pytest.raises(CliError, match="bad"):
        hosts.find("bad", None)


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


def refused(server: sshd.Sshd, python: str | None = None, root: str | None = None) -> CliError:
    """What the program ends with, where there can be no link."""
    with pytest.raises(LinkError) as caught:
        ssh.SshLink(parse(server.address), python, root)
    return link_error(caught.value)


def test_an_unknown_host_key_is_not_accepted(server: sshd.Sshd) -> None:
    server.forget()
    try:
        done = jetbench("sensors", "--host", server.address)
        assert (server.folder / "known").read_text() == ""
    finally:
        server.know()
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (3, "", 2)
    assert "host key that is not known here" in done.stderr


def test_at_a_terminal_ssh_asks_and_the_answer_holds_for_what_connects_later(server: sshd.Sshd) -> None:
    server.forget()
    words = ["-m", "jetbench", "sensors", "--host", server.address, "--python", sys.executable, "--simulate", "nano"]
    try:
        child = pexpect.spawn(sys.executable, words, env={**os.environ, "TERM": "xterm"}, timeout=PATIENCE_S)
        child.expect("fingerprint")
        child.expect("yes/no")
        child.sendline("yes")
        child.expect("SIMULATED")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
        assert f"[127.0.0.1]:{server.port}" in (server.folder / "known").read_text()
    finally:
        server.know()


def test_another_host_key_than_before_is_said(server: sshd.Sshd) -> None:
    other = (server.folder / "user_key.pub").read_text().split()
    (server.folder / "known").write_text(f"[127.0.0.1]:{server.port} {other[0]} {other[1]}\n")
    try:
        error = refused(server)
    finally:
        server.know()
    assert (error.status, "another host key than before" in str(error)) == (3, True)


def test_a_key_that_is_not_let_in(server: sshd.Sshd) -> None:
    authorized = (server.folder / "authorized").read_text()
    (server.folder / "authorized").write_text("")
    try:
        error = refused(server)
    finally:
        (server.folder / "authorized").write_text(authorized)
    assert (error.status, "without a password" in str(error)) == (3, True)


def test_a_board_without_an_ssh_server(server: sshd.Sshd) -> None:
    with pytest.raises(UnreachableError, match="takes no ssh connection"):
        ssh.SshLink(parse("127.0.0.1:1"))


def test_an_interpreter_that_is_none(server: sshd.Sshd) -> None:
    error = refused(server, "/no/such python")
    assert (error.status, "no such program" in str(error)) == (2, True)


@pytest.mark.skipif(not OLD.exists(), reason="no Python 2 here")
def test_an_interpreter_that_is_too_old(server: sshd.Sshd) -> None:
    error = refused(server, str(OLD))
    assert (error.status, "needs 3.6" in str(error)) == (3, True)


def test_a_folder_that_the_board_has_not(server: sshd.Sshd) -> None:
    error = refused(server, sys.executable, "/no/such")
    assert (error.status, "no such folder on the board" in str(error)) == (2, True)


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


def test_a_line_that_cannot_be_made_again_is_said_and_the_session_is_kept(server: sshd.Sshd) -> None:
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
        ended = threading.Thread(target=lambda: list(again.lines()))
        ended.start()
        server.stop()
        try:
            cut(again)
            wait_for(lambda: again.trouble() is not None)
            again.send({"op": "stop", "force": True})  # as Ctrl-C for the second time
            ended.join(PATIENCE_S)
            assert not ended.is_alive()
            assert "goes on there: jetbench-tui attach" in again.describe_end()
        finally:
            server.start()
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
    first, whole = tmp_path / "first.jsonl", tmp_path / "whole.jsonl"
    controller = spawn("run", *there, *what, "-k", "1000000", "--max-time", "10m", "-o", first)
    wait_for(lambda: first.exists() and b'"k":"lat"' in first.read_bytes())
    controller.kill()
    controller.communicate()
    busy = jetbench("run", *there, *what)
    assert (busy.returncode, "is measuring on this board since" in busy.stderr) == (3, True), busy.stderr
    fetched = jetbench("attach", *there[1:], "--stop", "-o", whole, "--json")
    (case,) = json.loads(fetched.stdout)["cases"]
    events = told(whole.read_bytes().splitlines())
    assert events[-1]["k"] in ("run_end", "overhead", "checkpoint")
    begun = [event["k"] for event in events].index("run")  # of what was said before, not all is in the file
    numbers = of_agent(events[begun:])
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert case["latency_s"]["n"] == sum(len(event["d"]) for event in events if event["k"] == "lat") > 0
    (remote,) = [event for event in events if event["k"] == "remote"]
    assert abs(remote["offset_ns"]) <= remote["delay_ns"]  # the two clocks are one here
    assert abs(events[0]["wall_ns"] - events[0]["t"] - (time.time_ns() - time.perf_counter_ns())) < 1e9
    assert 0 < len(of_agent(told(first.read_bytes().splitlines()[:-1]))) < len(of_agent(events))
    wait_for(lambda: server.sessions == [])


@pytest.mark.torch
def test_the_app_comes_back_to_a_run_of_its_own(server: sshd.Sshd) -> None:
    address, plan = parse(server.address), Plan(models=("squeezenet1_1",), sizes=((32, 32),), k=10**6, max_time=600.0)
    asked = {"op": "run", "cases": explicit(plan.cases()), "protocol": explicit(plan.protocol()), "screen": False}
    link = ssh.SshLink(address, sys.executable, again=True)
    link.send(asked)
    assert any(b'"k":"lat"' in line for line in link.lines())
    link.leave()
    link.close()
    wait_for(lambda: ssh.sessions(address, sys.executable)[0].get("client") is None)
    back = ssh.SshLink(address, sys.executable, again=True)
    try:
        lines = back.lines()
        early = [json.loads(next(lines)) for _ in range(4)]
        assert back.session == link.session
        assert any("back in the session" in event.get("text", "") for event in early)
        back.send({"op": "stop"})
        rest = told(list(iter_until(lines, b'{"k":"ready"')))
        numbers = of_agent(early + rest)
        assert numbers == list(range(1, len(numbers) + 1))
    finally:
        lines.close()
        back.close()
    wait_for(lambda: server.sessions == [])


def iter_until(lines: Iterator[bytes], begin: bytes) -> Iterator[bytes]:
    for line in lines:
        yield line
        if line.startswith(begin):
            return


def explicit(value: Any) -> Any:
    """Structs as tables with every field: the agent has no schema."""
    if isinstance(value, msgspec.Struct):
        return {name: explicit(getattr(value, name)) for name in value.__struct_fields__}
    return [explicit(item) for item in value] if isinstance(value, tuple) else value
