"""What the screen costs before and beside a measurement, in a real pty of 120 x 40, and of 80 x 24 too.

python benchmarks/screen_cost.py [-n ROUNDS] [--quick]

* first bytes after the spawn, and the whole app painted, against an empty Textual app; rounds are interleaved
* ``--help`` against an interpreter that does nothing
* bytes a second and CPU of an open app that waits, of one that measures and of one in which nothing changes (what an
  SSH link has to carry, and a core); memory; from a key to what it changes. All but the agent, which measures

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
from pathlib import Path
from typing import NamedTuple

from terminal import COLUMNS, ROWS, Terminal, program
from usage import cpu_seconds, processes, resident_mib

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
LOADING_S = 12.0  # counting and loading: passes come after it
KEYS = 24
RESIDENT_MIB = 60.0
SIZES = (((COLUMNS, ROWS), (8000, 20_000, 4.0)), ((80, 24), (4000, 10_000, 3.0)))  # and their limits, as in tell
RECORDING = Path(__file__).parents[1] / "recordings" / "lab-x86-2cores.jsonl"


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


class Use(NamedTuple):
    amount: float  # bytes a second
    worst: int  # bytes, in one second
    cpu: float  # per cent of a core
    resident: float  # MiB


def use(terminal: Terminal, seconds: float) -> Use:
    measured = processes(terminal.pid)
    begun, before = terminal.now(), cpu_seconds(measured)
    terminal.read(seconds)
    end = terminal.now()
    length = end - begun
    worst = max(terminal.bytes_between(begun + second, begun + second + 1) for second in range(int(length)))
    cpu = 100 * (cpu_seconds(measured) - before) / length
    return Use(terminal.bytes_between(begun, end) / length, worst, cpu, resident_mib(measured))


def key_times(terminal: Terminal, count: int, *keys: str) -> list[float]:
    """Seconds from a key to the first bytes that answer it; keys that change much and such that change little."""
    keys = keys or ("w", "h")
    found = []
    for number in range(count):
        terminal.read(0.43)
        before, pressed = len(terminal.chunks), terminal.now()
        terminal.send(keys[number % len(keys)])
        terminal.wait(lambda before=before: len(terminal.chunks) > before, 2.0, every=0.002)
        found.append(terminal.chunks[-1][0] - pressed)
    return found


def session(seconds: float, environment: dict[str, str], size: tuple[int, int]) -> tuple[Use, Use, list[float]]:
    """While the open app waits, and while it measures; and its keys meanwhile."""
    terminal = Terminal([program()], environment, size)
    terminal.read(SETTLED_S)
    waiting = use(terminal, seconds)
    terminal.type("k", "\x15", *"100000", "\r", "s")  # ctrl+u empties the field; enough passes to last
    terminal.read(LOADING_S)
    running = use(terminal, seconds)
    keys = key_times(terminal, KEYS)
    terminal.close("xxqy")
    return waiting, running, keys


def unchanging(seconds: float, environment: dict[str, str]) -> Use:
    """A recording that does not play."""
    terminal = Terminal([program(), "replay", str(RECORDING)], environment)
    terminal.read(LOADING_S)
    found = use(terminal, seconds)
    terminal.close("q")
    return found


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


def starting(rounds: int, environment: dict[str, str]) -> None:
    start_up([program()], PANES, environment)  # .pyc files and the list of models are there from now on
    app, empty = interleaved(
        rounds,
        lambda: start_up([program()], PANES, environment),
        lambda: start_up([sys.executable, "-c", EMPTY_APP], ("empty",), environment),
    )
    help_, bare = interleaved(
        2 * rounds,
        lambda: seconds_of([program(), "--help"]),
        lambda: seconds_of([sys.executable, "-c", "pass"]),
    )
    first = [pair[0] for pair in app]
    ratios = [ours[1] / theirs[1] for ours, theirs in zip(app, empty, strict=True)]
    print(f"{rounds} interleaved rounds, median [min..max]")
    print(f"first bytes          {spread(first, 1e3)} ms; limit 100: {verdict(statistics.median(first) < 0.1)}")
    print(f"whole app painted    {spread([pair[1] for pair in app], 1e3)} ms")
    print(f"empty Textual app    {spread([pair[1] for pair in empty], 1e3)} ms")
    print(f"  ratio              {spread(ratios)}; limit 1.5: {verdict(statistics.median(ratios) <= 1.5)}")
    print(f"--help               {spread(help_, 1e3)} ms; limit 200: {verdict(statistics.median(help_) < 0.2)}")
    print(f"python -c pass       {spread(bare, 1e3)} ms")
    print(f"  ratio              {spread([a / b for a, b in zip(help_, bare, strict=True)])}", flush=True)


def tell(what: str, found: Use, most: tuple[float, float, float]) -> None:
    """``most``: bytes a second, bytes in the worst one, per cent of a core."""
    holds = (
        found.amount <= most[0] and found.worst <= most[1] and found.cpu <= most[2] and found.resident < RESIDENT_MIB
    )
    limits = "  ".join(f"{limit:g}" for limit in most)
    print(
        f"{what:20} {found.amount:6.0f}  {found.worst:9.0f}  {found.cpu:5.1f}  {found.resident:7.1f}; "
        f"limits {limits}  {RESIDENT_MIB:g}: {verdict(holds)}",
        flush=True,
    )


def lasting(seconds: float, environment: dict[str, str]) -> None:
    print(f"{'windows of ' + f'{seconds:g} s':20}    B/s  worst 1 s  CPU %  RSS MiB")
    tell("nothing changes", unchanging(seconds, environment), (0, 0, 0.3))
    for size, most in SIZES:
        waiting, running, keys = session(seconds, environment, size)
        name = f"{size[0]}x{size[1]}"
        tell(f"{name} waiting", waiting, (1000, 4000, 1.5))
        tell(f"{name} measuring", running, most)
        median = statistics.median(keys)
        print(
            f"{name} key, ms     {spread(keys, 1e3)}; limit 20 and 100: {verdict(median <= 0.02 and max(keys) <= 0.1)}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=7, metavar="ROUNDS")
    parser.add_argument("--seconds", type=float, default=20.0, help="windows in which bytes are counted")
    parser.add_argument("--part", choices=("start", "use"), help="one of them alone")
    parser.add_argument("--quick", action="store_true", help="few rounds: does it work")
    options = parser.parse_args()
    if options.quick:
        options.n, options.seconds = 2, 5.0
    with tempfile.TemporaryDirectory() as folder:
        environment = {"XDG_DATA_HOME": folder}
        if options.part != "use":
            starting(options.n, environment)
        if options.part != "start":
            lasting(options.seconds, environment)


if __name__ == "__main__":
    main()
