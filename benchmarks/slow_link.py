"""Keys over a slow link while a run goes on: python benchmarks/slow_link.py [--quick]

The app runs in a pty. What it writes waits in a buffer as deep as those of sshd and TCP, and reaches the eye at so many
bytes a second; only then does the terminal answer what it was asked. A key is timed from the press to the picture that
it changes. The terminal that never says where its cursor is cannot be adapted to: that row is what drawing on would
cost, the same link and buffer otherwise.
"""

from __future__ import annotations

import argparse
import os
import select
import statistics
import tempfile
import time

import pyte
from terminal import COLUMNS, ROWS, UNPAINTED, Terminal, program

DEEP = 256 << 10  # bytes: Linux lets a TCP socket hold as many, and sshd and the pty some more
STEP_S = 0.01
WAY_S = 0.02  # there, and as much back
LINKS = ((8_000, 2.0), (20_000, 0.3), (200_000, None))  # bytes a second, and the limit of a key in seconds
WINDOWS = ("w 60 s", "w 5 min", "w 10 min", "w all")  # what the key w turns to, one after the other
PATIENCE_S = 60.0


class SlowTerminal(Terminal):
    def __init__(self, command: list[str], environment: dict[str, str], rate: int, answers: bool) -> None:
        super().__init__(command, environment)
        self.rate = rate
        self.answers = answers
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self._waiting = bytearray()
        self._credit = 0.0
        self._paid = self.now()
        self._on_the_way: list[tuple[float, bytes]] = []

    def _take(self, timeout: float) -> None:
        ready = [self._master] if len(self._waiting) < DEEP else []
        if select.select(ready, [], [], min(timeout, STEP_S))[0]:
            try:
                self._waiting += os.read(self._master, 1 << 14)
            except OSError:
                self._reap(os.WNOHANG)
                time.sleep(STEP_S)
        now = self.now()
        self._credit = min(self._credit + (now - self._paid) * self.rate, 2 * STEP_S * self.rate)
        self._paid = now
        count = min(int(self._credit), len(self._waiting))
        if count:
            data = bytes(self._waiting[:count])
            del self._waiting[:count]
            self._credit -= count
            self.chunks.append((now, data))
            self.stream.feed(UNPAINTED.sub(b"", data))
            self._answer(data)
        while self._on_the_way and self._on_the_way[0][0] <= now:
            os.write(self._master, self._on_the_way.pop(0)[1])

    def _reply(self, answer: bytes) -> None:
        if self.answers or not answer.endswith(b"R"):
            self._on_the_way.append((self.now() + 2 * WAY_S, answer))

    def shows(self, words: str) -> bool:
        return words in "\n".join(self.screen.display)

    def until(self, words: str, seconds: float = PATIENCE_S) -> float:
        """Seconds until the words are on the screen; as many as were waited where they did not come."""
        begun = self.now()
        self.wait(lambda: self.shows(words), seconds, every=STEP_S)
        return self.now() - begun

    def must(self, words: str) -> None:
        if self.until(words) >= PATIENCE_S:
            raise SystemExit(f"{words!r} did not come; on screen:\n" + "\n".join(self.screen.display))


def measure(rate: int, answers: bool, keys: int, environment: dict[str, str]) -> tuple[list[float], float]:
    """Seconds of each key, and bytes a second that arrived meanwhile."""
    terminal = SlowTerminal([program(), "--simulate", "orin:x20"], environment, rate, answers)
    terminal.must("picked of 1")
    terminal.send("k")
    terminal.must("Passes after")
    terminal.type("\x15", *"100000", "\r")
    terminal.must("passes 100000")
    terminal.send("s")
    terminal.must("LIVE")
    terminal.read(15.0)  # loading; and what is in the buffers comes to its level
    begun, found = terminal.now(), []
    for number in range(keys):
        terminal.send("w")
        found.append(terminal.until(WINDOWS[(number + 1) % len(WINDOWS)]))
        if found[-1] >= PATIENCE_S:
            break
        terminal.read(1.0 + 0.37 * (number % 5))
    arrived = terminal.bytes_between(begun, terminal.now()) / (terminal.now() - begun)
    terminal.rate = 10_000_000
    terminal.read(1.0)
    terminal.close("xxqy")
    return found, arrived


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=24, metavar="KEYS")
    parser.add_argument("--quick", action="store_true", help="few keys, and only the slow links: does it work")
    parser.add_argument("--link", type=int, metavar="B/S", help="one of them alone")
    options = parser.parse_args()
    if options.quick:
        options.n = 8
    print("link B/s  terminal  arrived B/s  key to picture, s: median  90 %  worst")
    with tempfile.TemporaryDirectory() as folder:
        for rate, limit in LINKS[:2] if options.quick and not options.link else LINKS:
            if options.link not in (None, rate):
                continue
            for answers in (True, False):
                found, arrived = measure(rate, answers, options.n, {"XDG_DATA_HOME": folder})
                found.sort()
                median, most = statistics.median(found), found[-1]
                ninth = found[min(len(found) - 1, round(0.9 * len(found)))]
                said = f"; limit {limit:g}: {'holds' if ninth <= limit else 'MISSED'}" if answers and limit else ""
                who = "answers" if answers else "mute"
                print(
                    f"{rate:8}  {who:8}  {arrived:11.0f}  {median:26.2f}  {ninth:4.2f}  {most:5.2f}{said}", flush=True
                )


if __name__ == "__main__":
    main()
