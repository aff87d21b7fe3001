"""What a run takes beside measuring, loading and cooling down, as a share of its wall time.

python benchmarks/run_overhead.py [-n ROUNDS] [--quick]

Two runs of the four models of the lab, as a person starts them:

  default   jetbench-tui run
  report    jetbench-tui run --until 1% --rounds 2 --warmup auto, once: it takes minutes

From the start of the process to its end, every moment is put down to what it led to, by the events of the recording:
the stages (docs/recording.md), and between them what lies before each event. Nothing is left over.

  measuring  first, warmup, measure, idle, energy
  loading    spawn, import, torchvision, fork, context, load, to_device: the interpreter, its libraries, the model
  cooling    cooldown
  the rest   everything else, row by row below

The interpreter that measures starts while the board is read: what goes on beside loading is no time of its own. When
the agent began is told by /proc/PID/stat, to 10 ms. Of several rounds the table is that of the middle one.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bare import out_of_the_way
from terminal import program

LIMIT = 0.10
REPORT = ("--until", "1%", "--rounds", "2", "--warmup", "auto")
PLANS = {"default": (), "report": REPORT}
QUICK = {"default": (), "report": (*REPORT, "--max-time", "2s", "-m", "squeezenet1_1,mobilenet_v3_small")}
GROUPS = {
    "measuring": ("first", "warmup", "measure", "idle", "energy"),
    "loading": ("spawn", "import", "torchvision", "fork", "context", "load", "to_device"),
    "cooling": ("cooldown",),
}
# What a gap before an event was: by the event, or the stage that begins after it.
BEFORE = {
    "software": "torch described, in a child",
    "run": "names looked up, in a child",
    "model": "counting, in a child",
    "forecast": "memory forecast",
    "case_end": "events of the end of a case",
    "run_end": "child ends",
    "overhead": "run told to be over",
    "spawn": "plan handed over",
    "fork": "child asked for",
    "load": "child begins",
    "warmup": "garbage collected before the passes",
    "measure": "garbage collected before the passes",
    "energy": "garbage collected before the passes",
    "cooldown": "child ends",
}
SCREEN_STARTS, AGENT_STARTS, ENDS = "screen side starts", "agent starts, board read", "table, processes end"
BETWEEN = "between stages"


@dataclass
class Ledger:
    """Nanoseconds and number of times of every part of a run, which began at ``cursor``."""

    cursor: int
    parts: dict[str, list[int]] = field(default_factory=dict)

    def until(self, moment: int, part: str) -> None:
        """Put down what has passed since to ``part``."""
        spent, times = self.parts.get(part, (0, 0))
        self.parts[part] = [spent + max(0, moment - self.cursor), times + 1]
        self.cursor = max(self.cursor, moment)

    def total(self, names: tuple[str, ...] | None = None) -> int:
        return sum(spent for name, (spent, _) in self.parts.items() if names is None or name in names)

    def rest(self) -> dict[str, list[int]]:
        grouped = {name for names in GROUPS.values() for name in names}
        return {name: part for name, part in self.parts.items() if name not in grouped}

    def share(self) -> float:
        return sum(spent for spent, _ in self.rest().values()) / self.total()


def measured(options: tuple[str, ...], file: Path) -> Ledger:
    """One run from the start of its process to its end."""
    begun = time.perf_counter_ns()
    command = [program(), "run", *options, "-o", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with out_of_the_way():
        agent = agent_start(file, process)
        said = process.communicate()[1]
    ended = time.perf_counter_ns()
    if process.returncode or agent is None:
        raise SystemExit(f"jetbench-tui run ended with status {process.returncode}: {said}")
    ledger = Ledger(begun)
    ledger.until(agent, SCREEN_STARTS)
    account(ledger, list(events(file)))
    ledger.until(ended, ENDS)
    return ledger


def agent_start(file: Path, process: subprocess.Popen[str]) -> int | None:
    """Nanoseconds of the monotonic clock, from the agent's process while it runs. None when there was no run."""
    line, end = b"", b""
    while not end:
        if process.poll() is not None:
            return None
        time.sleep(0.02)
        line, end, _ = file.read_bytes().partition(b"\n") if file.exists() else (b"", b"", b"")
    pid = json.loads(line)["board"]["agent"]["pid"]
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    suspended = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    return ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK") - suspended


def events(file: Path) -> Iterator[dict[str, Any]]:
    with file.open() as lines:
        for line in lines:
            yield json.loads(line)


def account(ledger: Ledger, recorded: list[dict[str, Any]]) -> None:
    last = ""  # stage that ended
    spawns = [
        event["t"] - event["ns"]
        for event in recorded
        if event["k"] == "stage" and event["name"] == "spawn" and "ns" in event
    ]
    for event in recorded:
        kind = event["k"]
        if kind == "header":
            ledger.until(min([event["board"]["t"], *spawns]), AGENT_STARTS)
        elif kind == "stage" and "ns" in event:
            name = event["name"]
            same = last == "warmup" and name == "measure"  # the collector stays off in between
            ledger.until(event["t"] - event["ns"], BETWEEN if same else BEFORE.get(name, BETWEEN))
            ledger.until(event["t"], name)
            last = name
        elif kind in BEFORE and not (kind == "model" and "params" not in event and "error" not in event):
            ledger.until(event["t"], BEFORE[kind])


def report(name: str, options: tuple[str, ...], ledgers: list[Ledger]) -> str:
    shares = sorted(ledger.share() for ledger in ledgers)
    middle = sorted(ledgers, key=Ledger.share)[(len(ledgers) - 1) // 2]
    wall = middle.total()
    lines = [f"{name}: {' '.join(('jetbench-tui', 'run', *options))}, {len(ledgers)} round(s)"]

    def row(label: str, spent: int, times: str = "") -> str:
        return f"  {label:<54} {spent * 1e-9:>8.3f} {100 * spent / wall:>6.1f} {times:>6}"

    lines.append(f"  {'':<54} {'s':>8} {'%':>6} {'times':>6}")
    lines.append(row("wall time", wall))
    for group, names in GROUPS.items():
        lines.append(row(group, middle.total(names)))
    rest = middle.rest()
    lines.append(row("the rest", sum(spent for spent, _ in rest.values())))
    for part, (spent, times) in sorted(rest.items(), key=lambda item: -item[1][0]):
        lines.append(row("  " + part, spent, str(times)))
    median = statistics.median(shares)
    verdict = "holds" if median <= LIMIT else "MISSED"
    spread = f"{100 * median:.1f} % [{100 * shares[0]:.1f}..{100 * shares[-1]:.1f}]"
    lines.append(f"  the rest of the wall time: {spread}; limit {100 * LIMIT:.0f} %: {verdict}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=5, metavar="ROUNDS", help="of the default plan")
    parser.add_argument("--plan", choices=tuple(PLANS), action="append", help="this one alone")
    parser.add_argument("--quick", action="store_true", help="one round, few models: does it work")
    options = parser.parse_args()
    for name in options.plan or PLANS:
        asked = QUICK[name] if options.quick else PLANS[name]
        rounds = 1 if options.quick or name == "report" else options.n
        with tempfile.TemporaryDirectory() as folder:
            ledgers = [measured(asked, Path(folder) / f"{round_}.jsonl") for round_ in range(rounds)]
        print(report(name, asked, ledgers), flush=True)


if __name__ == "__main__":
    main()
