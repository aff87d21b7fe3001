"""ctrl+z and fg under a real shell: the terminal is handed back, the run goes on, the picture is whole again."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import time
from pathlib import Path

import pytest
from terminal import Terminal

from outside import alive, command, jetbench

PANES = ("1 Models", "2 Log", "3 Latency", "4 ", "quit")


def app_of(shell: int) -> int:
    """The child of the shell."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        if found:
            return int(found[0])
        time.sleep(0.05)
    raise AssertionError("the shell started nothing")


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def helper_of(pid: int) -> int:
    """What empties the agent's pipe meanwhile: it writes into a file that has no name any more."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            if "(deleted)" in str(Path(f"/proc/{child}/fd/1").readlink()):
                return int(child)
    raise AssertionError("nothing reads for it")


def under_a_shell() -> Terminal:
    terminal = Terminal(shell=("bash", "--norc", "--noprofile", "-i"), PS1="(shell) ")
    terminal.until("(shell)", 10)
    terminal.press(shlex.join(command()) + "\r")
    return terminal


def suspend(terminal: Terminal) -> None:
    terminal.press("\x1a")
    terminal.until("Stopped", 20)


def leave(terminal: Terminal, pid: int) -> None:
    terminal.press("q")
    deadline = time.monotonic() + 20
    while alive(pid):
        terminal.pump()
        assert time.monotonic() < deadline, terminal.text()
    terminal.press("exit\r")
    assert terminal.ended() == 0


def come_back(terminal: Terminal) -> None:
    terminal.screen.reset()  # as a terminal whose other screen was cleared
    terminal.press("fg\r")
    for words in PANES:
        terminal.until(words, 20)


def test_the_terminal_is_handed_back_and_the_whole_picture_returns() -> None:
    terminal = under_a_shell()
    terminal.until("1 Models", 30)
    terminal.until("q quit", 30)
    pid = app_of(terminal.pid)
    for _ in range(2):
        terminal.raw = b""
        suspend(terminal)
        assert state(pid) == "T"
        for mode in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l", b"\x1b[?2004l"):
            assert mode in terminal.raw
        terminal.screen.reset()
        terminal.press("stty -a\r")
        terminal.until(" icanon", 10)
        assert re.search(r" isig icanon .* echo ", " ".join(terminal.text().split()))
        come_back(terminal)
    leave(terminal, pid)


@pytest.mark.torch
def test_a_run_goes_on_meanwhile() -> None:
    terminal = under_a_shell()
    terminal.until("picked of 1", 60)
    terminal.press("s")
    terminal.until("importing torch", 60)
    pid = app_of(terminal.pid)
    suspend(terminal)
    assert state(pid) == "T"
    kept = Path(f"/proc/{helper_of(pid)}/fd/1")
    deadline = time.monotonic() + 120
    while b'"k":"run_end"' not in kept.read_bytes():
        assert time.monotonic() < deadline, "the run does not go on"
        time.sleep(0.1)
    come_back(terminal)
    terminal.until("DONE", 30)
    leave(terminal, pid)
    (recording,) = Path(os.environ["XDG_DATA_HOME"]).rglob("*.jsonl")
    document = json.loads(jetbench("show", recording, "--json").stdout)
    assert [case["status"] for case in document["cases"]] == ["measured"] * 4


def test_without_a_shell_behind_it_it_goes_on() -> None:
    terminal = Terminal()
    terminal.until("1 Models", 30)
    terminal.kill(signal.SIGTSTP)
    terminal.until("no shell would bring it back", 20)
    assert state(terminal.pid) != "T"
    terminal.press("q")
    assert terminal.ended() == 0


def test_a_signal_to_go_on_that_nobody_waits_for_starts_nothing_twice() -> None:
    """A terminal that goes sends one, too; and `kill -STOP` and `-CONT` are not ctrl+z."""
    terminal = Terminal()
    terminal.until("q quit", 30)
    threads = len(list(Path(f"/proc/{terminal.pid}/task").iterdir()))
    for number in (signal.SIGCONT, signal.SIGSTOP, signal.SIGCONT):
        terminal.screen.reset()
        terminal.kill(number)
        time.sleep(0.2)
    for words in PANES:
        terminal.until(words, 20)
    assert len(list(Path(f"/proc/{terminal.pid}/task").iterdir())) == threads
    terminal.press("q")
    assert terminal.ended() == 0
