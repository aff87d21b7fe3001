"""What the screen costs before and beside a measurement, in a real pty of 120 x 40.

python benchmarks/screen_cost.py [-n ROUNDS] [--quick]

* first bytes after the spawn, and the whole app painted, against an empty Textual app; rounds are interleaved
* ``--help`` against an interpreter that does nothing
* bytes a second of an open app that waits, and of one that measures (what an SSH link has to carry)

``painted`` is the first moment at which every pane has its title on screen and 90 % of the cells painted at the end of
the start-up are painted; for the empty app, whose only word is its name, likewise.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from terminal import Terminal, program

EMPTY_APP = """
import os
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("empty")

    def on_key(self, event):
        self.exit()

Empty().run(mouse=False)
"""
PANES = ("Models", "Log", "Latency", "Power")
START_S = 3.0  # a start-up is watched for so long
SETTLED_S = 20.0  # until the interpreter that measures has answered, and nothing more is to come


def start_up(command: list[str], words: tuple[str, ...], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from the spawn to the first byte, and to the whole screen."""
    terminal = Terminal(command, environment)
    terminal.read(START_S)
    end = terminal.now()
    terminal.close()
    seen = [screen for screen in terminal.screens() if screen[0] <= end]
    fullest = max((cells for _, _, cells in seen), default=0)
    for when, lines, cells in seen:
        text = "\n".join(lines)
        if cells >= 0.9 * fullest and all(word in text for word in words):
            return terminal.chunks[0][0], when
    shown = "\n".join(line.rstrip() for line in seen[-1][1]).strip() if seen else "nothing"
    raise SystemExit(f"{command[0]} did not paint {words} within {START_S:g} s; on screen:\n{shown}")


def seconds_of(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def traffic(seconds: float, environment: dict[str, str]) -> tuple[float, float]:
    """Bytes a second while the open app waits, and while it measures."""
    terminal = Terminal([program()], environment)
    terminal.read(SETTLED_S)
    begun = terminal.now()
    terminal.read(seconds)
    waiting = terminal.bytes_between(begun, terminal.now()) / (terminal.now() - begun)
    terminal.type("k", "\x15", *"1000", "\r", "s")  # ctrl+u empties the field; enough passes to last
    terminal.read(6.0)  # counting, loading
    begun = terminal.now()
    terminal.read(seconds)
    running = terminal.bytes_between(begun, terminal.now()) / (terminal.now() - begun)
    terminal.close("xqy")
    return waiting, running


def spread(values: list[float], scale: float = 1.0) -> str:
    """median [min..max]"""
    ordered = sorted(value * scale for value in values)
    return f"{statistics.median(ordered):.3g} [{ordered[0]:.3g}..{ordered[-1]:.3g}]"


def interleaved(rounds: int, *work: Callable[[], float | tuple[float, ...]]) -> list[list]:
    """Results of each piece of work, run in turns, the order reversed every other round."""
    found: list[list] = [[] for _ in work]
    for round_ in range(rounds):
        turns = list(enumerate(work))
        for index, call in reversed(turns) if round_ % 2 else turns:
            found[index].append(call())
    return found


def verdict(holds: bool) -> str:
    return "holds" if holds else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=7, metavar="ROUNDS")
    parser.add_argument("--seconds", type=float, default=20.0, help="windows in which bytes are counted")
    parser.add_argument("--quick", action="store_true", help="few rounds: does it work")
    options = parser.parse_args()
    if options.quick:
        options.n, options.seconds = 2, 5.0
    with tempfile.TemporaryDirectory() as folder:
        environment = {"XDG_DATA_HOME": folder}
        start_up([program()], PANES, environment)  # .pyc files and the list of models are there from now on
        app, empty = interleaved(
            options.n,
            lambda: start_up([program()], PANES, environment),
            lambda: start_up([sys.executable, "-c", EMPTY_APP], ("empty",), environment),
        )
        help_, bare = interleaved(
            2 * options.n,
            lambda: seconds_of([program(), "--help"]),
            lambda: seconds_of([sys.executable, "-c", "pass"]),
        )
        waiting, running = traffic(options.seconds, environment)
    first = [pair[0] for pair in app]
    ratios = [ours[1] / theirs[1] for ours, theirs in zip(app, empty, strict=True)]
    print(f"{options.n} interleaved rounds, median [min..max]")
    print(f"first bytes          {spread(first, 1e3)} ms; limit 100: {verdict(statistics.median(first) < 0.1)}")
    print(f"whole app painted    {spread([pair[1] for pair in app], 1e3)} ms")
    print(f"empty Textual app    {spread([pair[1] for pair in empty], 1e3)} ms")
    print(f"  ratio              {spread(ratios)}; limit 1.5: {verdict(statistics.median(ratios) <= 1.5)}")
    print(f"--help               {spread(help_, 1e3)} ms; limit 200: {verdict(statistics.median(help_) < 0.2)}")
    print(f"python -c pass       {spread(bare, 1e3)} ms")
    print(f"  ratio              {spread([a / b for a, b in zip(help_, bare, strict=True)])}")
    print(f"bytes/s, waiting     {waiting:.0f}; limit 1000: {verdict(waiting < 1000)}")
    print(f"bytes/s, measuring   {running:.0f}")


if __name__ == "__main__":
    main()
