"""Boards for the benchmark of the fleet's screen: each says what an agent said in a recording, at the pace it was said.

python board_streams.py RECORDING FOLDER BOARDS

One process speaks for all of them, since each of them would run on a machine of its own. It lays out a program for
each in FOLDER, ``board-00`` and so on, which stands for the interpreter of that board and does what ssh would: it hands
over bytes. They speak the protocol of docs/protocol.md: the board at once, a reading a second while it is idle, and the
recorded run, stamped with the clock of now, for every run that is asked for. No two read their sensors at one moment.
"""

from __future__ import annotations

import gzip
import json
import os
import select
import sys
import time
from pathlib import Path
from typing import Any

IDLE_NS, TICK_NS = 1_000_000_000, 100_000_000
LEAST_PAUSE_S = 0.005
_OF_A_FILE = ("header", "checkpoint", "part", "remote", "mark")
# The shell keeps the words it was called with, the agent's among them, by which processes of the board are told.
PROGRAM = """#!/bin/bash
(while read -r line; do echo "$line"; done > {heard}; kill $$) <&0 &
exec -a agent-board cat {said}
"""


class Told:
    """What is in a recording."""

    def __init__(self, path: str) -> None:
        lines = (gzip.open if path.endswith(".gz") else open)(path, "rb").read().splitlines()
        self.board = json.loads(lines[0])["board"]
        events = [json.loads(line) for line in lines[1:]]
        begin = next(place for place, event in enumerate(events) if event["k"] == "run")
        self.run = [event for event in events[begin:] if event["k"] not in _OF_A_FILE]
        self.idle = next(event for event in events if event["k"] == "tel")


class Board:
    """``late``: ns that it reads its sensors after the first one."""

    def __init__(self, told: Told, folder: Path, number: int, late: int) -> None:
        self._told, self._late = told, late
        pipes = [folder / f"{number:02}.{name}" for name in ("heard", "said")]
        for pipe in pipes:
            os.mkfifo(pipe)
        self.heard, self._said = (os.open(pipe, os.O_RDWR | os.O_NONBLOCK) for pipe in pipes)
        program = folder / f"board-{number:02}"
        program.write_text(PROGRAM.format(heard=pipes[0], said=pipes[1]))
        program.chmod(0o755)
        self._count = 0
        self._place: int | None = None  # in the run
        self._shift = 0
        self._next_idle = now() + IDLE_NS + late
        self._say({**told.board, "k": "board", "t": now()})

    def _say(self, *events: dict[str, Any], shift: int = 0) -> None:
        data = b""
        for event in events:
            self._count += 1
            told = {**event, "t": event.get("t", 0) + shift, "n": self._count}
            if event["k"] == "lat":
                told["b"] = event["b"] + shift
            data += json.dumps(told, separators=(",", ":")).encode() + b"\n"
        if data:
            os.write(self._said, data)

    def hear(self) -> None:
        ops = [json.loads(line)["op"] for line in os.read(self.heard, 1 << 16).splitlines() if line.strip()]
        for op in ops:
            if op == "run":
                self._place, self._shift = 0, now() - self._told.run[0]["t"] + self._late
            elif op not in ("stop", "quit"):
                self._say({"k": "ready", "t": now(), "what": op})

    def due(self) -> int:
        """When it has more to say."""
        return self._next_idle if self._place is None else self._told.run[self._place].get("t", 0) + self._shift

    def go_on(self) -> None:
        if self._place is None:
            self._next_idle += IDLE_NS
            self._say({**self._told.idle, "t": now()})
            return
        begin, end, run = self._place, self._place, self._told.run
        while end < len(run) and run[end].get("t", 0) + self._shift <= now():
            end += 1
        self._say(*run[begin:end], shift=self._shift)
        self._place = end
        if end == len(run):
            self._place, self._next_idle = None, now() + IDLE_NS
            self._say({"k": "ready", "t": now(), "what": "run"})


def now() -> int:
    return time.perf_counter_ns()


def serve(recording: str, folder: Path, count: int) -> None:
    told = Told(recording)
    boards = [Board(told, folder, number, number * TICK_NS // count) for number in range(count)]
    print("ready", flush=True)
    while True:
        pause = max(LEAST_PAUSE_S, (min(board.due() for board in boards) - now()) / 1e9)
        asked = select.select([board.heard for board in boards], [], [], pause)[0]
        for board in boards:
            if board.heard in asked:
                board.hear()
            if board.due() <= now():
                board.go_on()


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
