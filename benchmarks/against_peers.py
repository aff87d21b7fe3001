"""jetbench-tui and the tools people use instead, against a bare loop: is the figure right, and what does it cost?

python benchmarks/against_peers.py [-n ROUNDS] [--quick]

  run              jetbench-tui run, the default plan of one model: p50 of ten passes after the first
  run --until      jetbench-tui run --until 1% --max-time 20s: p50 of as many passes as that takes
  tub              torch.utils.benchmark, median of blocked_autorange
  tub adaptive     torch.utils.benchmark, median of adaptive_autorange
  pytorch-benchmark
                   mean of 100 passes, its default
  pyperf           Runner.bench_func with its defaults, mean
  bare             the reference once more: what differs from 1 here is this machine, not the tool

Each in a process of its own, on the same cores and with as many threads; random weights, batch 1, 224 x 224. Every
figure is taken between two bare loops (bare.py) of about a second and divided by the mean of their medians; the order
changes with every round and model. ``off`` is how far a figure lies from the bare one, in either direction: the median
over the rounds. Wall time is from the start of the process to its end; ``less imports`` without what importing torch
and torchvision took, in all of its processes: pyperf's 22 import both, so that a round takes it a minute a model.
pytorch-benchmark: CPU latency only. A tool that is missing or fails is a row that says so.
"""

from __future__ import annotations

import argparse
import functools
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import peers
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
    ratio,
    spread,
    steady,
)

SIZE = 224
# Model, passes of a bare loop: about a second.
SUBJECTS = (
    ("squeezenet1_1", 40),
    ("mobilenet_v3_small", 120),
    ("mobilenet_v2", 45),
    ("resnet18", 20),
    ("shufflenet_v2_x1_0", 70),
)
QUICK = SUBJECTS[:1]
RUN_S = 600.0
PEERS = {"tub": "tub", "tub adaptive": "adaptive", "pytorch-benchmark": "ptb", "pyperf": "pyperf"}


@dataclass(frozen=True)
class Row:
    """One tool on one model in one round. ``found`` is None where it gave no figure, and ``why`` says why."""

    model: str
    tool: str
    found: Figures | None
    around: tuple[Figures, Figures]
    why: str = ""

    @property
    def ratio(self) -> float | None:
        return ratio(self.found, self.around) if self.found else None


# -- measuring


def run(options: tuple[str, ...], model: str) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        asked = ["-m", model, "-s", str(SIZE), *options]
        return by_run(asked, Path(folder) / "session.jsonl", RUN_S)


def tools(quick: bool) -> dict[str, Callable[[str], Figures]]:
    """What measures a model, by name; ``bare`` is not among them."""
    until = ("--until", "1%", "--max-time", "2s" if quick else "20s")
    found: dict[str, Callable[[str], Figures]] = {
        "run": functools.partial(run, ()),
        "run --until": functools.partial(run, until),
    }
    for name, tool in PEERS.items():
        found[name] = functools.partial(peers.measure, tool, size=SIZE, quick=quick)
    return found


def measured(call: Callable[[str], Figures], model: str) -> tuple[Figures | None, str]:
    try:
        return call(model), ""
    except RuntimeError as error:
        return None, str(error)


def measure_round(
    round_: int, subjects: tuple[tuple[str, int], ...], ways: dict[str, Callable[[str], Figures]], rows: list[Row]
) -> None:
    """Each tool between two bare loops, added to ``rows``. Whose turn is first moves on with every round and model."""
    server = Bare()
    ways = {**ways, "bare": lambda model: server.measure(model, SIZE, dict(subjects)[model])}
    for index, (model, count) in enumerate(subjects):
        first = (round_ + index) % len(ways)
        names = [*list(ways)[first:], *list(ways)[:first]]
        before = server.measure(model, SIZE, count)
        for name in names if round_ % 2 == 0 else reversed(names):
            found, why = measured(ways[name], model)
            after = server.measure(model, SIZE, count)
            rows.append(Row(model, name, found, (before, after), why))
            before = after
        print(".", end="", file=sys.stderr, flush=True)
    server.close()


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


# -- the table


def off(ratios: list[float]) -> str:
    return f"{100 * statistics.median(abs(value - 1) for value in ratios):.1f} %"


def line(name: str, tool: str, rows: list[Row]) -> str:
    found = [row for row in rows if row.found is not None]
    head = f"{name:<20} {tool:<18} "
    if not rows:
        return f"{head}not measured: interrupted before"
    if not found:
        return f"{head}no figure: {rows[0].why}"
    ratios = [row.ratio for row in found if row.ratio is not None]
    wall = statistics.median(row.found.wall for row in found if row.found)
    less = statistics.median(row.found.wall - row.found.imports for row in found if row.found)
    failures = [row.why for row in rows if row.found is None]
    failed = f"  {len(failures)} of {len(rows)} failed: {failures[0]}" if failures else ""
    calm = in_steady([(row.ratio, steady(row.around)) for row in found if row.ratio is not None])
    return f"{head}{spread(ratios):<22} {off(ratios):>7} {calm:>12} {wall:>8.1f} {less:>13.1f}{failed}"


def table(rows: list[Row], subjects: tuple[tuple[str, int], ...], names: list[str]) -> str:
    head = f"{'model':<20} {'tool':<18} {'figure / bare p50':<22} {'off':>7} {'steady':>12} {'wall s':>8}"
    lines = [f"{head} {'less imports':>13}"]
    for model, _ in subjects:
        own = [row for row in rows if row.model == model]
        below = f"  {statistics.median(row.around[0].p50 for row in own):.2f} ms" if own else ""
        for index, tool in enumerate(names):
            label = model if index == 0 else below if index == 1 else ""
            lines.append(line(label, tool, [row for row in own if row.tool == tool]))
    if len(subjects) > 1:
        for index, tool in enumerate(names):
            lines.append(line("all" if index == 0 else "", tool, [row for row in rows if row.tool == tool]))
    lines.append("median [min..max] over the rounds; below a model its bare p50")
    lines.append(
        f"steady: the median of the rounds whose two bare loops differ by less than {100 * (STEADY - 1):.0f} %"
    )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=5, metavar="ROUNDS")
    parser.add_argument("--quick", action="store_true", help="one round of one model, short: does it work")
    options = parser.parse_args()
    subjects, rounds = (QUICK, 1) if options.quick else (SUBJECTS, options.n)
    ways = tools(options.quick)
    rows: list[Row] = []
    signal.signal(signal.SIGTERM, interrupted)
    ended = f"{rounds} round(s)"
    try:
        for round_ in range(rounds):
            measure_round(round_, subjects, ways, rows)
    except KeyboardInterrupt:  # an hour of measuring is not thrown away
        ended = f"interrupted in round {round_ + 1} of {rounds}"
    threads = f"{THREADS} thread(s), cores {ALL_CORES}: screen {SCREEN_CORES}, passes {BENCH_CORES}"
    print(f"\n{ended}, {SIZE} x {SIZE}, batch 1, {threads}")
    print(table(rows, subjects, [*ways, "bare"]))


if __name__ == "__main__":
    main()
