"""A recording in a real terminal: played, stepped through, left; without a terminal and broken it is one line."""

from __future__ import annotations

from pathlib import Path

from terminal import Terminal

from outside import jetbench

RECORDINGS = Path(__file__).parents[2] / "recordings"
LONG = RECORDINGS / "simulated-nano-long-thermal-run.jsonl.gz"


def test_it_opens_paused_sends_nothing_and_moves_by_keys() -> None:
    terminal = Terminal("replay", LONG, "--at", "1:30")
    first = terminal.until("REPLAY 00:01:30", 60).splitlines()[0]
    assert "paused" in first and "SIMULATED" in first and "!" in first
    terminal.pump(1.5)
    terminal.settle()
    before = len(terminal.raw)
    for _ in range(20):
        terminal.pump(0.1)
    assert len(terminal.raw) == before, "a paused view sends nothing"
    terminal.press("g")
    terminal.until("Go to", 10)
    terminal.press(*"50%", "\r")
    terminal.until("REPLAY 00:03:4", 10)
    terminal.press("s")
    terminal.until("this is a recording", 10)
    terminal.press("q")
    assert terminal.ended() == 0
    assert b"\x1b[?1049l" in terminal.raw


def test_without_a_terminal_and_broken_it_is_one_line(tmp_path: Path) -> None:
    none = jetbench("replay", LONG)
    assert none.returncode == 2 and "jetbench-tui show" in none.stderr and none.stderr.count("\n") == 1
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(b"\x00\xff no recording")
    said = jetbench("replay", broken)
    assert said.returncode == 2 and "no recording" in said.stderr and said.stderr.count("\n") == 1
