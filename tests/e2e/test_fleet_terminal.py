"""A fleet in a real terminal: recorded and opened again; and one whose boards are not there."""

from __future__ import annotations

from pathlib import Path

from terminal import Terminal

import streams
from jetbench.domain.fleet import Member
from jetbench.domain.plan import Plan
from jetbench.link.base import Link, UnreachableError
from jetbench.session.fleet import FleetSession
from scripted import ScriptedLink, split


def recorded(folder: Path) -> Path:
    def link(member: Member) -> Link:
        if member.name == "gone":
            raise UnreachableError("gone does not answer: is it on?")
        return ScriptedLink(*split(list(streams.session(passes=40))))

    path = folder / "fleet.jsonl"
    fleet = FleetSession([Member(name="here"), Member(name="gone")], link, lambda: path)
    fleet.run(Plan(models=("mobilenet_v2", "resnet18")))
    assert fleet.wait(20)
    fleet.close()
    return path


def test_a_recording_of_one_opens_in_it_and_a_board_of_it_on_top(tmp_path: Path) -> None:
    terminal = Terminal("replay", recorded(tmp_path), "--at", "100%", columns=80, rows=24)
    shown = terminal.until("LOST", 60)
    assert "REPLAY" in shown.splitlines()[0] and "✓ done" in shown and "68.2" in shown
    terminal.pump(1.5)
    terminal.settle()
    before = len(terminal.raw)
    for _ in range(10):
        terminal.pump(0.1)
    assert len(terminal.raw) == before, "a paused view sends nothing"
    terminal.press("\r")
    terminal.until("1 Models", 10)
    terminal.press("q")
    terminal.until("Fleet", 10)
    terminal.press("q")
    assert terminal.ended() == 0


def test_boards_that_are_not_there_are_lost_and_the_screen_stands() -> None:
    terminal = Terminal("--host", "nobody@127.0.0.1:1,nobody@127.0.0.1:2", columns=80, rows=24)
    shown = terminal.until("2 LOST", 60)
    assert "nobody@127.0.0.1:1" in shown
    terminal.press("q")
    assert terminal.ended() == 0


def test_one_opens_from_the_list_of_recordings_of_another_session(tmp_path: Path) -> None:
    recorded(tmp_path)
    single = streams.write(tmp_path / "single.jsonl", list(streams.session(passes=40)))
    terminal = Terminal("replay", single, columns=80, rows=24)
    terminal.until("1 Models", 30)
    terminal.press("o")
    shown = terminal.until("2 boards", 20)
    place = next(i for i, line in enumerate(line for line in shown.splitlines() if ".jsonl" in line) if "fleet" in line)
    terminal.press("\x1b[B" * place + "\r")
    terminal.until("connecting", 60)
    terminal.press("\x1a")  # ctrl-z: no shell would bring it back
    terminal.until("not suspended", 10)
    terminal.press("q")
    terminal.until("1 Models", 20)
    terminal.press("q")
    assert terminal.ended() == 0
