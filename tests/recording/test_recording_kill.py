"""SIGKILL of a writing process at random instants: the file opens, and at most the last second is missing."""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.recording import reader
from jetbench.recording.opened import open_session
from jetbench.session.load import load

KILLS, AT_ONCE = 100, 25
LASTS = (1.05, 2.6)  # seconds that a writer is left alive: the last of them is the one that may be missing

# A process that forks a writer for every path. Each says what it has handed over, and when, in a file of its own:
# what was written to that is there whatever happens to the process.
WRITERS = """
import os, random, struct, sys, time
import streams
from jetbench.domain import events as ev
from jetbench.recording.format import header
from jetbench.recording.writer import RecordingWriter

def write(path, seed):
    chance = random.Random(seed)
    writer = RecordingWriter(path, header(board=streams.board()), checkpoint_s=0.05, interval_s=0.1)
    said = os.open(path + ".said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    number = 0
    while True:
        for event in EVENTS:
            number += 1
            writer.write(ev.encode(ev.Log(n=number, source="kill", text="x" * chance.choice((1, 40, 3000)))))
            writer.write(ev.encode(event))
            os.write(said, struct.pack("qq", number, time.monotonic_ns()))
            if number % chance.choice((1, 1, 1, 9)) == 0:
                time.sleep(chance.choice((0.001, 0.005, 0.02)))

EVENTS = streams.session(passes=2000, end=False)
for seed, path in enumerate(sys.argv[2:], int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        os.close(1)
        write(path, seed)
    print(pid, flush=True)
os.close(1)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
"""


@dataclass
class Killed:
    path: Path
    at_ns: int

    def due(self) -> int:
        """The newest event that was handed over more than a second before."""
        said = struct.iter_unpack("qq", Path(f"{self.path}.said").read_bytes())
        return max((number for number, t in said if t < self.at_ns - 1_000_000_000), default=0)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(streams.__file__).parent), *sys.path])}


def kill_some(folder: Path, seed: int) -> list[Killed]:
    """AT_ONCE writers, each killed at a moment of its own."""
    chance = random.Random(seed)
    paths = [folder / f"{seed + place}.jsonl" for place in range(AT_ONCE)]
    command = [sys.executable, "-c", WRITERS, str(seed), *map(str, paths)]
    killed = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True) as parent:
        assert parent.stdout is not None
        pids = [int(line) for line in parent.stdout]
        begun = time.monotonic()
        ends = sorted((begun + chance.uniform(*LASTS), place) for place in range(AT_ONCE))
        for end, place in ends:
            time.sleep(max(0.0, end - time.monotonic()))
            killed.append(Killed(paths[place], time.monotonic_ns()))
            os.kill(pids[place], signal.SIGKILL)
    return killed


@pytest.mark.parametrize("seed", range(0, KILLS, AT_ONCE))
def test_kills_at_random_instants(tmp_path, seed):
    proven = 0
    for each in kill_some(tmp_path, seed):
        damage = reader.Damage()
        found = [
            event.n for _, event in reader.events(each.path, damage)
            if isinstance(event, ev.Log) and event.source == "kill"
        ]  # fmt: skip
        assert damage.lines == damage.unknown == 0
        assert found == list(range(1, len(found) + 1))
        due = each.due()
        assert len(found) >= due
        proven += due > 0
        load(each.path)
        opened = open_session(each.path)
        assert opened.checkpoint is not None
        assert opened.last_t >= opened.checkpoint.t
    assert proven > AT_ONCE // 2, "the machine was too busy for a kill to prove anything"
