"""A board for the benchmark of the fleet's screen: says what an agent said in a recording, at the pace it was said.

python board_stream.py RECORDING [what an agent is told, which is not looked at]

It speaks the protocol of docs/protocol.md on stdin and stdout: the board at once, a reading a second while it is idle,
and the recorded run, stamped with the clock of now, for every run that it is asked for.
"""

from __future__ import annotations

import gzip
import json
import os
import select
import sys
import time
from typing import Any

IDLE_S = 1.0
_OF_A_FILE = ("header", "checkpoint", "part", "remote", "mark")


class Board:
    def __init__(self, path: str) -> None:
        lines = (gzip.open if path.endswith(".gz") else open)(path, "rb").read().splitlines()
        header = json.loads(lines[0])
        self._board = header["board"]
        self._events = [json.loads(line) for line in lines[1:]]
        begin = next(place for place, event in enumerate(self._events) if event["k"] == "run")
        self._run = [event for event in self._events[begin:] if event["k"] not in _OF_A_FILE]
        self._idle = [event for event in self._events if event["k"] == "tel"][:1]
        self._count = 0

    def say(self, *events: dict[str, Any], shift: int = 0) -> None:
        data = b""
        for event in events:
            self._count += 1
            told = {**event, "t": event.get("t", 0) + shift, "n": self._count}
            if event["k"] == "lat":
                told["b"] = event["b"] + shift
            data += json.dumps(told, separators=(",", ":")).encode() + b"\n"
        os.write(1, data)

    def serve(self) -> None:
        now = time.perf_counter_ns()
        self.say({**self._board, "k": "board", "t": now})
        while True:
            if select.select([0], [], [], IDLE_S)[0]:
                asked = self._heard()
                if asked is None:
                    return
                if asked == "run" and not self._play():
                    return
                if asked:
                    self.say({"k": "ready", "t": time.perf_counter_ns(), "what": asked})
            else:
                self.say(*[{**row, "t": time.perf_counter_ns()} for row in self._idle])

    def _heard(self) -> str | None:
        """The op that was asked for; None at the end."""
        data = os.read(0, 1 << 16)
        ops = [json.loads(line)["op"] for line in data.splitlines() if line.strip()]
        return None if not data else next((op for op in ops if op not in ("stop", "quit")), "")

    def _play(self) -> bool:
        """The recorded run. False: nobody listens any more."""
        shift = time.perf_counter_ns() - self._run[0]["t"]
        place = 0
        while place < len(self._run):
            now = time.perf_counter_ns()
            due = place
            while due < len(self._run) and self._run[due].get("t", 0) + shift <= now:
                due += 1
            self.say(*self._run[place:due], shift=shift)
            place = due
            pause = (self._run[place]["t"] + shift - now) / 1e9 if place < len(self._run) else 0.0
            if select.select([0], [], [], max(0.02, pause))[0] and self._heard() is None:
                return False
        return True


if __name__ == "__main__":
    Board(sys.argv[1]).serve()
