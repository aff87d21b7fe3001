"""SIGKILL of a writing process at random instants: the file opens, and at most the last second is missing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.recording import reader
from jetbench.session.load import load

WRITER = """
import os, sys, time
import streams
from jetbench.domain import events as ev
from jetbench.recording.format import header
from jetbench.recording.writer import RecordingWriter
writer = RecordingWriter(sys.argv[1], header(board=streams.board()), checkpoint_s=0.05, interval_s=0.1)
events = streams.session(passes=20000, end=False)
number = 0
while True:
    for event in events:
        number += 1
        writer.write(ev.encode(ev.Log(n=number, source="kill", text="x" * (number % 3000))))
        writer.write(ev.encode(event))
        os.write(1, b"%d\\n" % number)  # acknowledged
        if number % 7 == 0:
            time.sleep(0.001)
"""


@pytest.mark.parametrize("seed", range(6))
def test_kill(tmp_path, seed):
    path = tmp_path / "a.jsonl"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(streams.__file__).parent), *sys.path])}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, env=environment, bufsize=0
    ) as child:
        assert child.stdout is not None
        until = time.monotonic() + 30
        acknowledged: list[tuple[float, int]] = []
        end = None
        rest = b""
        while time.monotonic() < until and (end is None or time.monotonic() < end):
            data = rest + os.read(child.stdout.fileno(), 65536)
            *lines, rest = data.split(b"\n")
            now = time.monotonic()
            acknowledged += [(now, int(line)) for line in lines]
            if end is None:
                end = now + random.Random(seed).uniform(0.05, 2.5)
        killed = time.monotonic()
        child.send_signal(signal.SIGKILL)
    damage = reader.Damage()
    found = [
        event.n for _, event in reader.events(path, damage) if isinstance(event, ev.Log) and event.source == "kill"
    ]
    assert damage.lines == damage.unknown == 0
    assert found == list(range(1, len(found) + 1))
    due = max((number for when, number in acknowledged if when < killed - 1.0), default=0)
    assert len(found) >= due
    load(path)
