"""`jetbench-tui sensors` from outside: every null with its reason, and no old figure shown as a new one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pyte
import pytest

from board_tree import NAMES, lay_out, manifest
from outside import command, family, jetbench


def nulls(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from nulls(inner, f"{path}.{key}".lstrip("."))
    elif value is None:
        yield path


@pytest.mark.parametrize("board", NAMES)
def test_every_null_has_its_reason_and_what_to_do(tmp_path: Path, board: str) -> None:
    document = json.loads(jetbench("sensors", "--root", lay_out(manifest(board), tmp_path), "--json").stdout)
    reasons, channels = document.pop("reasons"), document.pop("channels")
    missing = {
        place
        for place in nulls(document)
        if place.rsplit(".", 1)[-1] not in ("reason", "reason_text", "method", "scope", "offset_w")
    }
    assert missing == set(reasons)
    assert all(entry["reason"] and entry["text"] for entry in reasons.values())
    for channel in channels:
        assert (channel["value"] is None) == (channel["reason"] is not None) == (channel["reason_text"] is not None)
        assert channel["reason_text"] != ""


def test_a_hint_that_was_written_for_something_else_does_not_stand_alone(tmp_path: Path) -> None:
    root = lay_out(manifest("orin-nano"), tmp_path)
    (root / "sys/devices/platform/soctherm-oc-event/hwmon/hwmon3/oc3_event_cnt").write_text("?\n")
    (line,) = [line for line in jetbench("sensors", "--root", root).stdout.splitlines() if line.startswith("oc.oc3")]
    assert "read_error: The sensor is gone or answers nonsense" in line
    assert line.endswith("(instantaneous over-current events since boot)")


def test_what_is_known_of_the_total_is_said(tmp_path: Path) -> None:
    text = jetbench("sensors", "--root", lay_out(manifest("orin-nano"), tmp_path)).stdout
    assert "known to: 1.0 % and 0.080 W (TI SBOS576" in text
    assert "a new value every 6758 ms" in text


def test_a_made_up_board_has_no_files_to_pack(tmp_path: Path) -> None:
    run = jetbench("sensors", "--simulate", "nano", "--save", tmp_path / "x.tar.gz")
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)
    assert not (tmp_path / "x.tar.gz").exists()


class Watch:
    """`sensors --watch` with its lines as they come."""

    def __init__(self, *arguments: str | Path) -> None:
        self.process = subprocess.Popen(
            command("sensors", "--watch", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self.came = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.came:
                self.lines.append(line.rstrip("\n"))
                self.came.notify_all()

    def until(self, *words: str) -> str:
        """The first line from now on with all these words in it."""
        with self.came:
            begin = len(self.lines)

            def found() -> str | None:
                return next((x for x in self.lines[begin:] if all(word in x for word in words)), None)

            line = self.came.wait_for(found, 30)
            assert line is not None, f"{words} did not come"
            return line

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        code = self.process.wait(20)
        assert self.process.stderr is not None
        return code, self.process.stderr.read()


def test_watching_ends_with_ctrl_c(tmp_path: Path) -> None:
    watch = Watch("--root", lay_out(manifest("orin-nano"), tmp_path))
    watch.until("power.total", "8.944 W")
    assert watch.end() == (0, "")


def test_watching_a_dead_agent_ends_with_an_error(tmp_path: Path) -> None:
    watch = Watch("--root", lay_out(manifest("orin-nano"), tmp_path))
    watch.until("power.total", "8.944 W")
    os.kill(family(watch.process.pid)[1], signal.SIGKILL)
    code, said = watch.ended()
    assert code == 1
    assert "signal 9" in said and len(said.splitlines()) <= 2


def test_what_an_agent_that_says_nothing_told_last_is_stale(tmp_path: Path) -> None:
    watch = Watch("--root", lay_out(manifest("orin-nano"), tmp_path))
    watch.until("power.total", "8.944 W")
    agent = family(watch.process.pid)[1]
    os.kill(agent, signal.SIGSTOP)
    watch.until("nothing new for")
    assert "stale" in watch.until("power.total", "N/A")
    assert "unknown" in watch.until("throttled now:")
    os.kill(agent, signal.SIGCONT)
    watch.until("power.total", "8.944 W")
    assert watch.end()[0] == 0


def test_watching_as_json_is_a_document_a_line(tmp_path: Path) -> None:
    watch = Watch("--root", lay_out(manifest("nano-4gb"), tmp_path), "--json")
    for _ in range(2):
        assert json.loads(watch.until("total_w"))["power"]["total_w"] == pytest.approx(6.3)
    assert watch.end()[0] == 0


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 60)])
def test_a_small_terminal_is_refreshed_in_place(tmp_path: Path, columns: int, rows: int) -> None:
    words = command("sensors", "--watch", "--root", lay_out(manifest("orin-nano"), tmp_path))
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process = pexpect.spawn(words[0], words[1:], dimensions=(rows, columns), env={**inherited, "TERM": "xterm"})
    screen = pyte.HistoryScreen(columns, rows, history=1000)
    stream, seen = pyte.ByteStream(screen), b""
    while seen.count(b"\x1b[J") < 4:  # the end of each picture
        seen += (data := process.read_nonblocking(1 << 16, timeout=30))
        stream.feed(data)
    assert len(screen.history.top) == 0, "nothing has scrolled away"
    assert screen.display[0].startswith("NVIDIA Jetson Orin Nano")
    text = "\n".join(screen.display)
    assert text.count("power.total") == 1
    assert ("more lines in a taller window" in text) == (rows == 24)
    process.sendintr()
    process.expect(pexpect.EOF, timeout=30)
    process.close()
    assert process.exitstatus == 0
