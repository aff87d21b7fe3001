"""The app in a real pty, over a real agent: choose, run, watch, export, quit, and being killed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from terminal import Terminal

from outside import family, gone, jetbench, wait_for

pytestmark = pytest.mark.torch


def recordings() -> list[Path]:
    return sorted(Path(os.environ["XDG_DATA_HOME"]).rglob("*.jsonl"))


def test_choose_run_watch_export_quit() -> None:
    terminal = Terminal()
    for words in ("mobilenet_v2", "mobilenet_v3_small", "resnet18", "squeezenet1_1", "Power", "q quit"):
        first = terminal.until(words, 30)
    assert "N/A" in first or " W" in first, "power has a value or says that it has none"
    terminal.press("s")
    terminal.until("LIVE", 60)
    terminal.until("p95", 120)
    pids = family(terminal.pid)
    done = terminal.until("DONE", 120)
    assert done.count("✓ measured") >= 4
    terminal.press("e")
    terminal.until("cases.csv", 30)
    terminal.press("q")
    assert terminal.ended() == 0
    assert b"\x1b[?1049l" in terminal.raw, "the terminal's own screen is back"
    gone(pids)
    (recording,) = recordings()
    document = json.loads(jetbench("show", recording, "--json").stdout)
    assert [case["status"] for case in document["cases"]] == ["measured"] * 4
    assert (recording.with_suffix("") / "samples.csv").read_text().count("\n") == 41


def test_narrow_by_typing_and_stop_at_80x24() -> None:
    terminal = Terminal(columns=80, rows=24)
    terminal.until("Models", 30)
    terminal.until("picked of 1", 60)  # all that it knows: the interpreter has answered
    terminal.press("/", *"vgg16")
    terminal.until("vgg16", 10)
    terminal.press("\r")
    many_passes(terminal)
    terminal.press("s")
    terminal.until("LIVE", 60)
    wait_for_samples()
    terminal.press("x")
    terminal.until("STOPPED", 60)
    pids = family(terminal.pid)
    terminal.press("q")
    assert terminal.ended() == 0
    gone(pids)
    (recording,) = recordings()
    assert jetbench("show", recording).returncode == 0


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, 143), (signal.SIGKILL, 137)])
def test_signals_leave_a_readable_recording_and_no_process(number: signal.Signals, status: int) -> None:
    terminal = Terminal()
    terminal.until("Models", 30)
    many_passes(terminal)
    terminal.press("s")
    terminal.until("LIVE", 60)
    wait_for_samples()
    pids = family(terminal.pid)
    assert len(pids) == 4
    terminal.kill(number)
    assert terminal.ended() == status
    if number != signal.SIGKILL:
        assert b"\x1b[?1049l" in terminal.raw
    gone(pids)
    (recording,) = recordings()
    document = json.loads(jetbench("show", recording, "--json").stdout)
    assert document["cases"][0]["latency_s"]["n"] > 0
    assert document["cases"][0]["status"] == "interrupted"


def test_a_dropped_link_ends_the_screen_and_not_the_run() -> None:
    terminal = Terminal()
    terminal.until("Models", 30)
    terminal.press("s")
    terminal.until("LIVE", 60)
    terminal.until("importing torch", 60)  # most of the run is still to come
    pids = family(terminal.pid)
    terminal.kill(signal.SIGHUP)
    assert terminal.ended(120) == 129
    assert b"\x1b[?1049l" in terminal.raw, "the terminal's own screen is back"
    gone(pids)
    (recording,) = recordings()
    document = json.loads(jetbench("show", recording, "--json").stdout)
    assert [case["status"] for case in document["cases"]] == ["measured"] * 4
    assert not recording.with_name(recording.name + ".stderr").exists(), "nothing was printed meanwhile"


def test_a_dropped_link_without_a_run_ends_all() -> None:
    terminal = Terminal()
    terminal.until("picked of 1", 60)
    pids = family(terminal.pid)
    terminal.kill(signal.SIGHUP)
    assert terminal.ended(20) == 129
    gone(pids)
    assert recordings() == []


def many_passes(terminal: Terminal) -> None:
    terminal.press("k")
    terminal.until("Passes after the first", 10)
    terminal.press("\x15", *"1000000", "\r")
    terminal.until("passes 1000000", 10)


def wait_for_samples() -> None:
    (recording,) = recordings()
    wait_for(recording, '"k":"lat"', 60)
