"""What the screen costs, beside s-tui, btop and jtop: python benchmarks/screen_peers.py [-n ROUNDS] [--s-tui PATH]

Each runs at its own default rate in a pty, in turns. CPU and memory are of the process tree without the agent, which is
the sensors' and the models' share and has benchmarks of its own; for the others it is all of it. First paint: from the
start to 90 % of the cells that are painted when it stands. A peer that is not there is a row that says so.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from terminal import Terminal, program
from usage import cpu_seconds, processes, resident_mib

SETTLED_S = 6.0
PAINTED_S = 4.0
HEAD = "120x40            painted ms    CPU %    B/s  worst 1 s    RSS MiB"


def painted(terminal: Terminal) -> float:
    seen = [(when, cells) for when, _, cells in terminal.screens() if when <= PAINTED_S]
    fullest = max(cells for _, cells in seen)
    return next(when for when, cells in seen if cells >= 0.9 * fullest) * 1000


def measure(
    command: list[str], environment: dict[str, str], seconds: float, run: bool, leave: str
) -> tuple[float, float, float, float, float]:
    """Milliseconds, percent of a core, bytes a second, most of them in one second, MiB."""
    terminal = Terminal(command, environment)
    terminal.read(SETTLED_S)
    first = painted(terminal)
    if run:
        terminal.type("k", "\x15", *"100000", "\r", "s")
        terminal.read(15.0)  # counting, loading
    begun, measured = terminal.now(), processes(terminal.pid)
    before, peak = cpu_seconds(measured), 0.0
    while terminal.now() < begun + seconds and terminal.status is None:
        terminal.read(1.0)
        peak = max(peak, resident_mib(processes(terminal.pid)))
    if terminal.status is not None:
        raise SystemExit(f"{command[0]} ended with {terminal.status}")
    length = terminal.now() - begun
    cpu = 100 * (cpu_seconds(measured) - before) / length
    starts = [begun + second for second in range(int(length))]
    worst = max(terminal.bytes_between(start, start + 1) for start in starts)
    amount = terminal.bytes_between(begun, terminal.now()) / length
    terminal.close(leave)
    return first, cpu, amount, worst, peak


def jtop_is_missing() -> str | None:
    if not Path("/etc/nv_tegra_release").exists():
        return "needs a Jetson: not measured here"
    return None if shutil.which("jtop") else "is not installed (jetson-stats)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=3, metavar="ROUNDS")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each, once it stands")
    parser.add_argument("--s-tui", default="s-tui", metavar="PATH", help="s-tui may be in an environment of its own")
    parser.add_argument("--quick", action="store_true", help="one short round: does it work")
    options = parser.parse_args()
    if options.quick:
        options.n, options.seconds = 1, 6.0
    with tempfile.TemporaryDirectory() as folder:
        own = {"XDG_DATA_HOME": folder}
        rows: dict[str, Callable[[], tuple[float, ...]]] = {
            "jetbench-tui": lambda: measure([program()], own, options.seconds, False, "q"),
            "  measuring": lambda: measure([program()], own, options.seconds, True, "xxqy"),
        }
        missing = {}
        for name, path in (("s-tui", options.s_tui), ("btop", "btop"), ("jtop", "jtop")):
            found = shutil.which(os.path.expanduser(path))  # noqa: PTH111 - a name to look up, or a path
            why = jtop_is_missing() if name == "jtop" else None if found else "is not installed"
            if why or found is None:
                missing[name] = why
            else:
                rows[name] = lambda found=found: measure([found], {}, options.seconds, False, "q")
        results: dict[str, list[tuple[float, ...]]] = {name: [] for name in rows}
        for round_ in range(options.n):
            for name in reversed(rows) if round_ % 2 else rows:
                results[name].append(rows[name]())
    print(f"{options.n} rounds in turns, medians")
    print(HEAD)
    for name, found in results.items():
        first, cpu, amount, worst, memory = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{name:16}  {first:10.0f}  {cpu:7.1f}  {amount:5.0f}  {worst:9.0f}  {memory:9.1f}")
    for name, why in missing.items():
        print(f"{name:16}  {why}")


if __name__ == "__main__":
    main()
