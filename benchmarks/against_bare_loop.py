"""What jetbench-tui adds to a measurement: its percentiles against the same passes in a bare loop.

python benchmarks/against_bare_loop.py [-n ROUNDS] [--quick]

Every round and model measures, one after the other and in an order that changes:

  app        the app on screen in a real pty of 120 x 40, driven by its keys
  run        jetbench-tui run --json
  timeit     the lab's way: timeit around the call, the mean of ten after the first
  tub        torch.utils.benchmark, blocked_autorange
  bare       the reference once more: what differs from 1 here is this machine, not the tool

and before and after each of them ``bare``: a plain loop of clock reads in a process of its own, on the same cores, with
as many threads, under inference_mode, in eval, collector off, the first pass apart. A ratio is against the mean of the
two neighbours, so that a machine that gets slower meanwhile cancels. This process keeps to the screen's cores while
something is measured. Wall time includes the import of torch, of timeit, tub and bare as well.
"""

from __future__ import annotations

import argparse
import functools
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terminal import Terminal, program

from jetbench.analysis.latency import percentile
from jetbench_agent import cores

# Model, input size, passes after the first.
SUBJECTS = (("squeezenet1_1", 64, 1000), ("mobilenet_v3_small", 224, 300))
QUICK = (("squeezenet1_1", 64, 200), ("mobilenet_v3_small", 224, 60))
TOOLS = ("app", "run", "timeit", "tub", "bare")
FIRST_FOUR = ("mobilenet_v2", "mobilenet_v3_small", "resnet18", "squeezenet1_1")  # as the app lists them
ALL_CORES = cores.available()
SCREEN_CORES, BENCH_CORES, THREADS, _ = cores.divide(ALL_CORES, 0, True)
READY_S, RUN_S = 90.0, 300.0


@dataclass(frozen=True)
class Figures:
    """Milliseconds of a pass, seconds of the whole thing. p10 is what other work on the machine disturbs least."""

    p10: float | None
    p50: float
    p99: float | None
    wall: float


# -- the passes, in a process of their own


def serve() -> None:
    """Import torch, then fork a child for every line on stdin, as the agent's bench parent does."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    begun = time.perf_counter()
    import torch
    import torchvision  # noqa: F401

    print(json.dumps({"import_s": time.perf_counter() - begun}), file=out, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                print(json.dumps(passes(torch, **job)), file=out, flush=True)
                status = 0
            finally:
                os._exit(status)
        if os.waitpid(pid, 0)[1] != 0:
            sys.exit("a bare measurement failed")


def passes(torch: Any, how: str, model: str, size: int, count: int) -> dict[str, Any]:
    """Milliseconds: every pass, or what the tool gives."""
    import torchvision

    os.sched_setaffinity(0, BENCH_CORES)
    torch.set_num_threads(THREADS)
    network = torchvision.models.get_model(model).eval()
    call = functools.partial(network, torch.rand(1, 3, size, size))
    with torch.inference_mode():
        call()
        if how == "timeit":
            import timeit

            return {"mean": timeit.timeit(call, number=10) / 10 * 1e3}
        if how == "tub":
            from torch.utils.benchmark import Timer

            blocks = Timer("call()", globals={"call": call}, num_threads=THREADS).blocked_autorange()
            return {"mean": blocks.median * 1e3}
        return {"ms": [ns / 1e6 for ns in bare(call, count)]}


def bare(call: Any, count: int) -> list[int]:
    """The loop anybody would write who knows how."""
    clock = time.perf_counter_ns
    durations = [0] * count
    gc.collect()
    gc.freeze()
    gc.disable()
    for index in range(count):
        begin = clock()
        out = call()
        end = clock()
        out = None  # noqa: F841 - freed after the clock was read
        durations[index] = end - begin
    return durations


class Bare:
    """The serving process, seen from the benchmark."""

    def __init__(self) -> None:
        command = [sys.executable, __file__, "--serve"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.import_s = self._answer()["import_s"]

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the bare loop ended; is torch installed here?")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def measure(self, how: str, model: str, size: int, count: int) -> Figures:
        assert self.process.stdin is not None
        begun = time.perf_counter()
        print(
            json.dumps({"how": how, "model": model, "size": size, "count": count}), file=self.process.stdin, flush=True
        )
        answer = self._answer()
        wall = time.perf_counter() - begun + self.import_s
        return figures(answer["ms"], wall) if "ms" in answer else Figures(None, answer["mean"], None, wall)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def figures(milliseconds: list[float], wall: float) -> Figures:
    ordered = sorted(milliseconds)
    return Figures(percentile(ordered, 0.1), percentile(ordered, 0.5), percentile(ordered, 0.99), wall)


# -- jetbench-tui


@contextmanager
def out_of_the_way() -> Iterator[None]:
    """This process on the screen's cores. What it starts is started outside: affinity is inherited."""
    cores.keep_to(SCREEN_CORES)
    try:
        yield
    finally:
        cores.keep_to(ALL_CORES)


def recorded(path: Path, wall: float, count: int) -> Figures:
    """The passes of a recording of one case."""
    milliseconds: list[float] = []
    with path.open() as file:
        for line in file:
            event = json.loads(line)
            if event["k"] == "run":
                case, protocol = event["cases"][0], event["protocol"]
                assert (case["threads"], len(event["cases"])) == (THREADS, 1), event
            if event["k"] == "lat":
                milliseconds += [ns / 1e6 for ns in event["d"]]
    if len(milliseconds) != count:
        raise SystemExit(f"{path} has {len(milliseconds)} passes, not {count}: {protocol}")
    return figures(milliseconds, wall)


def by_run(model: str, size: int, count: int) -> Figures:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "session.jsonl"
        options = ["-m", model, "-s", str(size), "-k", str(count), "--max-time", "600s", "-o", str(file), "--json"]
        begun = time.perf_counter()
        process = subprocess.Popen([program(), "run", *options], stdout=subprocess.DEVNULL)
        with out_of_the_way():
            process.wait()
        return recorded(file, time.perf_counter() - begun, count)


def by_app(model: str, size: int, count: int) -> Figures:
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


def measure_round(round_: int, subjects: tuple[tuple[str, int, int], ...]) -> list[dict[str, Any]]:
    """Each tool between two bare loops: rows with its figures and those of its neighbours."""
    tools = TOOLS[round_ % len(TOOLS) :] + TOOLS[: round_ % len(TOOLS)]
    rows = []
    server = Bare()
    for model, size, count in subjects:
        before = server.measure("bare", model, size, count)
        for tool in tools:
            way = {"app": by_app, "run": by_run}.get(tool) or functools.partial(server.measure, tool)
            found = way(model, size, count)
            after = server.measure("bare", model, size, count)
            rows.append({"model": model, "tool": tool, "found": found, "around": (before, after)})
            before = after
        print(".", end="", file=sys.stderr, flush=True)
    server.close()
    return rows


def ratios(rows: list[dict[str, Any]], name: str) -> list[float]:
    """Of the rows that have the figure: over the mean of the two bare loops around."""
    pairs = [(getattr(row["found"], name), [getattr(figures, name) for figures in row["around"]]) for row in rows]
    return [value / statistics.mean(around) for value, around in pairs if value is not None]


def spread(values: list[float]) -> str:
    if not values:
        return "N/A"
    return f"{statistics.median(values):.3f} [{min(values):.3f}..{max(values):.3f}]"


def report(rows: list[dict[str, Any]], subjects: tuple[tuple[str, int, int], ...]) -> str:
    lines = []
    for model, size, count in subjects:
        own = [row for row in rows if row["model"] == model]
        middle = statistics.median(row["around"][0].p50 for row in own)
        lines.append(f"{model}, {size} x {size}, {count} passes, {THREADS} thread(s), bare p50 {middle:.3f} ms")
        lines.append(f"  {'':<8} {'p10 / bare':<22} {'p50 / bare':<22} {'p99 / bare':<22} {'wall s':>7}")
        for tool in TOOLS:
            of_tool = [row for row in own if row["tool"] == tool]
            wall = statistics.median(row["found"].wall for row in of_tool)
            columns = "".join(f"{spread(ratios(of_tool, name)):<23}" for name in ("p10", "p50", "p99"))
            lines.append(f"  {tool:<8} {columns}{wall:>7.1f}")
    lines.append("timeit and tub give one figure, a mean and a median of blocks, set against bare p50; no percentiles")
    lines.append("wanted of app and run on a quiet machine: p50 within 0.98..1.02, p99 within 1.2")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=5, metavar="ROUNDS")
    parser.add_argument("--quick", action="store_true", help="one round of few passes: does it work")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    subjects, rounds = (QUICK, 1) if options.quick else (SUBJECTS, options.n)
    rows = [row for round_ in range(rounds) for row in measure_round(round_, subjects)]
    print(f"\n{rounds} round(s), cores {ALL_CORES}: screen {SCREEN_CORES}, passes {BENCH_CORES}")
    print(report(rows, subjects))


if __name__ == "__main__":
    main()
