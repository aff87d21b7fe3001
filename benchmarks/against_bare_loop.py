"""What jetbench-tui adds to a measurement: its percentiles against the same passes in a bare loop.

python benchmarks/against_bare_loop.py [-n ROUNDS] [--quick]

Every round and model measures, one after the other and in an order that changes:

  app        the app on screen in a real pty of 120 x 40, driven by its keys
  run        jetbench-tui run
  timeit     the lab's way: timeit around the call, the mean of ten after the first
  tub        torch.utils.benchmark, blocked_autorange
  bare       the reference once more: what differs from 1 here is this machine, not the tool
  turns      the agent's loop against the bare one in the same process, four passes in turns (turns.py)

and before and after each of them the loop of bare.py. A ratio is against the mean of the two neighbours, so that a
machine that gets slower meanwhile cancels. This process keeps to the screen's cores while something is measured. Wall
time includes the import of torch, of timeit, tub and bare as well. Both measure one case, so that nothing is waited for
before it; run is told so.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import peers
import turns
from bare import (
    ALL_CORES,
    BENCH_CORES,
    SCREEN_CORES,
    STEADY,
    THREADS,
    Bare,
    Figures,
    by_run,
    in_steady,
    out_of_the_way,
    ratio,
    recorded,
    spread,
    steady,
)
from terminal import Terminal, program

# Model, input size, passes after the first.
SUBJECTS = (("squeezenet1_1", 64, 1000), ("mobilenet_v3_small", 224, 300))
QUICK = (("squeezenet1_1", 64, 200), ("mobilenet_v3_small", 224, 60))
TOOLS = ("app", "run", "timeit", "tub", "bare", "turns")
FIRST_FOUR = ("mobilenet_v2", "mobilenet_v3_small", "resnet18", "squeezenet1_1")  # as the app lists them
READY_S, RUN_S = 90.0, 300.0

# -- jetbench-tui


def run(model: str, size: int, count: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        options = ["-m", model, "-s", str(size), "-k", str(count), "--max-time", "600s", "--cooldown", "0"]
        return by_run(options, Path(folder) / "session.jsonl", RUN_S, count)


def app(model: str, size: int, count: int) -> Figures:
    """Pick one model, set size and passes, start, wait for the end of the recording, leave."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        terminal = Terminal([program()], {"XDG_DATA_HOME": folder})
        with out_of_the_way():
            terminal.wait(lambda: len(terminal.chunks) > 10, READY_S)
            terminal.read(1.0)
            terminal.type("\x1b[H")
            for name in FIRST_FOUR:
                terminal.type(*([] if name == model else [" "]), "\x1b[B")
            for field, value in (("i", size), ("k", count)):
                terminal.type(field, "\x15", *str(value), "\r")  # ctrl+u empties the field
            file = started(terminal, Path(folder))
            if not terminal.wait(lambda: ended(file), RUN_S, every=0.5):
                raise SystemExit(f"the app did not finish {model} in {RUN_S:g} s")
        found = recorded(file, time.perf_counter() - begun, count)
        terminal.close()
        return found


def started(terminal: Terminal, folder: Path) -> Path:
    """Press s until there is a recording: the app may still be waiting for the interpreter that measures."""
    found: list[Path] = []

    def begun() -> bool:
        found[:] = folder.rglob("*.jsonl")
        return bool(found)

    for _ in range(int(READY_S)):
        terminal.send("s")
        if terminal.wait(begun, 1.0):
            return found[0]
    lines = list(terminal.screens())[-1][1]
    raise SystemExit("the app did not start a run; on screen:\n" + "\n".join(lines))


def ended(file: Path) -> bool:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 4096))
        return b'"k":"run_end"' in stream.read()


# -- rounds


def by_tool(tool: str, server: Bare, subject: tuple[str, int, int]) -> Figures:
    model, size, _ = subject
    if tool in ("app", "run"):
        return (app if tool == "app" else run)(*subject)
    return server.measure(*subject) if tool == "bare" else peers.measure(tool, model, size)


def measure_round(round_: int, subjects: tuple[tuple[str, int, int], ...]) -> list[dict[str, Any]]:
    """Each tool between two bare loops: rows with its figures and those of its neighbours."""
    tools = TOOLS[round_ % len(TOOLS) :] + TOOLS[: round_ % len(TOOLS)]
    rows = []
    server = Bare()
    for subject in subjects:
        before = server.measure(*subject)
        for tool in tools:
            if tool == "turns":  # it brings its neighbours along
                found, beside = turns.measure(*subject)
                rows.append({"model": subject[0], "tool": tool, "found": found, "around": (beside, beside)})
                continue
            found = by_tool(tool, server, subject)
            after = server.measure(*subject)
            rows.append({"model": subject[0], "tool": tool, "found": found, "around": (before, after)})
            before = after
        print(".", end="", file=sys.stderr, flush=True)
    server.close()
    return rows


def ratios(rows: list[dict[str, Any]], name: str) -> list[tuple[float, bool]]:
    """Of the rows that have the figure, and whether the machine was steady meanwhile."""
    found = [(ratio(row["found"], row["around"], name), steady(row["around"])) for row in rows]
    return [(value, was) for value, was in found if value is not None]


def report(rows: list[dict[str, Any]], subjects: tuple[tuple[str, int, int], ...]) -> str:
    lines = []
    for model, size, count in subjects:
        own = [row for row in rows if row["model"] == model]
        middle = statistics.median(row["around"][0].p50 for row in own)
        lines.append(f"{model}, {size} x {size}, {count} passes, {THREADS} thread(s), bare p50 {middle:.3f} ms")
        lines.append(f"  {'':<8} {'p10 / bare':<22} {'p50 / bare':<22} {'steady':<12} {'p99 / bare':<22} {'wall s':>7}")
        for tool in TOOLS:
            of_tool = [row for row in own if row["tool"] == tool]
            wall = statistics.median(row["found"].wall for row in of_tool)
            low, mid, high = (spread([value for value, _ in ratios(of_tool, name)]) for name in ("p10", "p50", "p99"))
            calm = "in turns" if tool == "turns" else in_steady(ratios(of_tool, "p50"))
            lines.append(f"  {tool:<8} {low:<22} {mid:<22} {calm:<12} {high:<22} {wall:>7.1f}")
    lines.append("timeit and tub give one figure, a mean and a median of blocks, set against bare p50; no percentiles")
    lines.append(f"steady: p50 in the rounds whose two bare loops differ by less than {100 * (STEADY - 1):.0f} %")
    lines.append("wanted of app and run on a quiet machine: p50 within 0.99..1.01, p99 within 1.2")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=5, metavar="ROUNDS")
    parser.add_argument("--quick", action="store_true", help="one round of few passes: does it work")
    options = parser.parse_args()
    subjects, rounds = (QUICK, 1) if options.quick else (SUBJECTS, options.n)
    rows = [row for round_ in range(rounds) for row in measure_round(round_, subjects)]
    print(f"\n{rounds} round(s), cores {ALL_CORES}: screen {SCREEN_CORES}, passes {BENCH_CORES}")
    print(report(rows, subjects))


if __name__ == "__main__":
    main()
