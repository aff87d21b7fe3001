"""SIGKILL of the screen, the agent, the bench parent or its child of a real run, at random moments of it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jetbench.domain import events as ev
from jetbench.recording import reader
from jetbench.recording.opened import open_session
from jetbench.session.load import load
from outside import USER_MODELS as MODELS
from outside import family, gone, spawn, wait_for

pytestmark = pytest.mark.torch
KILLS, AT_ONCE = 12, 4
VICTIMS = ("screen", "agent", "parent", "child")


def kill_one(folder: Path, seed: int) -> tuple[Path, str, str]:
    """A run whose victim dies at a random moment. Returns the recording, the victim, and what it was known to hold."""
    chance = random.Random(seed)
    recording = folder / f"{seed}.jsonl"
    options = ("-m", f"{MODELS}:slow", "-m", f"{MODELS}:honest", "-s", "16", "-k", "60", "--max-time", "30")
    process = spawn("run", *options, "-o", recording)
    victim = VICTIMS[seed % len(VICTIMS)]
    held = chance.choice(['"k":"header"', '"k":"case"', '"k":"lat"']) if victim != "child" else '"k":"lat"'
    wait_for(recording, held)
    time.sleep(chance.uniform(0, 2))
    pids = family(process.pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pids[min(VICTIMS.index(victim), len(pids) - 1)], signal.SIGKILL)
    process.wait(60)
    gone(pids)
    return recording, victim, held


def test_kills_at_random_moments(tmp_path):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        killed = list(pool.map(lambda seed: kill_one(tmp_path, seed), range(KILLS)))
    for recording, victim, held in killed:
        if not recording.exists():  # the agent died before the run began: that is no session
            assert held == '"k":"header"'
            assert victim != "screen"
            continue
        damage = reader.Damage()
        numbers = [event.n for _, event in reader.events(recording, damage) if event.n]
        assert damage.lines == damage.unknown == 0
        told = [n for n in numbers if n > numbers[0]]
        assert sorted(told) == list(range(min(told), max(told) + 1)), f"{victim}: events in between are missing"
        state, _ = load(recording)
        if held == '"k":"lat"':
            assert any(record.passes for record in state.records.values())
        if victim != "screen":
            assert not damage
            opened = open_session(recording)
            assert opened.brief["status"] == state.status
            *_, (_, last) = reader.events(recording)
            assert isinstance(last, ev.Checkpoint)
