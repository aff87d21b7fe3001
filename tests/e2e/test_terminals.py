"""Consoles that show little, and places that are no terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from terminal import Terminal

from outside import command

COLOUR = re.compile(rb"\x1b\[[0-9;]*?\b(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
LAB = Path(__file__).parents[2] / "recordings" / "lab-x86-2cores.jsonl"


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "linux"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"TERM": "linux", "LANG": "POSIX", "LC_ALL": "", "NO_COLOR": "1"},
        {"TERM": "vt100", "PYTHONIOENCODING": "ascii"},
    ],
    ids=lambda environment: " ".join(f"{name}={value}" for name, value in environment.items()),
)
def test_a_poor_console_is_sent_nothing_it_cannot_show(environment: dict[str, str]) -> None:
    terminal = Terminal("replay", LAB, "--at", "50%", columns=80, rows=24, **environment)
    shown = terminal.until("Models", 30)
    terminal.press("3", "z")
    shown += terminal.until("Latency", 10)
    assert shown.isascii(), sorted({sign for sign in shown if not sign.isascii()})
    assert "\\u" not in shown and "+-" in shown
    if "NO_COLOR" in environment:
        assert not COLOUR.search(terminal.raw)
    terminal.press("q")
    assert terminal.ended() == 0


def test_what_stands_there_is_what_a_whole_new_picture_shows() -> None:
    """Only what differs is sent: after keys, other screens and other sizes the terminal must show all the same."""
    terminal = Terminal("replay", LAB, "--at", "50%")
    terminal.until("q quit", 30)
    for keys, columns, rows in (("3zw", 120, 40), ("?q", 120, 40), ("z", 80, 24), ("rq", 80, 24), ("2:\x1b", 120, 40)):
        terminal.process.setwinsize(rows, columns)
        terminal.screen.resize(rows, columns)
        terminal.settle()
        for key in keys:
            terminal.press(key)
            terminal.settle(0.6)
        stands, length = cells(terminal), len(terminal.raw)
        terminal.press("\x0c")
        terminal.settle(0.6)
        assert len(terminal.raw) - length > 1000, "all of it came again"
        assert cells(terminal) == stands, terminal.text()
    terminal.press("q")
    assert terminal.ended() == 0


def cells(terminal: Terminal) -> list[list[tuple[str, ...]]]:
    """What is seen: of a blank only its ground."""
    screen = terminal.screen
    rows = ([screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines))
    return [[(cell.data, cell.fg if cell.data.strip() else "", cell.bg) for cell in row] for row in rows]


@pytest.mark.parametrize("dumb", [True, False])
def test_what_is_no_terminal_is_not_drawn_on(dumb: bool) -> None:
    """Output in a file, or a terminal that can nothing."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb" if dumb else "xterm-256color"}
    streams = {"stdin": theirs, "stderr": theirs} if dumb else {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    words = command("replay", LAB)
    done = subprocess.run(words, stdout=subprocess.PIPE, env=environment, timeout=60, check=False, **streams)
    os.close(theirs)
    os.set_blocking(ours, False)
    said = done.stdout + (done.stderr or b"")
    try:
        said += os.read(ours, 1 << 16)
    except OSError:  # nothing
        pass
    os.close(ours)
    assert b"\x1b" not in said
    assert done.returncode == 2 and b"jetbench-tui show" in said
