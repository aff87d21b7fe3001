"""The reference of the benchmarks: a plain loop of clock reads around a forward pass, in a process of its own.

On the cores that jetbench-tui leaves to a case, with as many threads, under inference_mode, in eval, collector off, the
first pass apart. Torch is imported once and a child is forked for every measurement, so that a reference costs seconds
and can be taken before and after everything it is compared with: a machine that gets slower meanwhile cancels.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from terminal import program

from jetbench_agent import cores

ALL_CORES = cores.available()
SCREEN_CORES, BENCH_CORES, THREADS, _ = cores.divide(ALL_CORES, 0, True)
STEADY = 1.02  # of two bare loops, before and after: the machine was the same


@dataclass(frozen=True)
class Figures:
    """Milliseconds of a pass, seconds of the whole thing and of importing torch and torchvision within it.

    p10 is what other work on the machine disturbs least. A tool that gives one figure has it in p50.
    """

    p10: float | None
    p50: float
    p99: float | None
    wall: float
    imports: float = 0.0


def figures(milliseconds: list[float], wall: float, imports: float) -> Figures:
    from jetbench.analysis.latency import percentile  # not where a peer's start is timed

    ordered = sorted(milliseconds)
    return Figures(percentile(ordered, 0.1), percentile(ordered, 0.5), percentile(ordered, 0.99), wall, imports)


# -- in the process that measures


def import_torch() -> tuple[Any, float]:
    """(torch, seconds that importing it and torchvision took)."""
    begun = time.perf_counter()
    import torch
    import torchvision  # noqa: F401

    return torch, time.perf_counter() - begun


def subject(torch: Any, model: str, size: int) -> tuple[Any, Any]:
    """A network with random weights and a batch of one image, on the cores and with the threads of a case."""
    import torchvision

    cores.keep_to(BENCH_CORES)
    torch.set_num_threads(THREADS)
    return torchvision.models.get_model(model).eval(), torch.rand(1, 3, size, size)


def loop(call: Callable[[], Any], count: int) -> list[int]:
    """The loop anybody would write who knows how. Nanoseconds of each pass; the collector is off."""
    clock = time.perf_counter_ns
    durations = [0] * count
    for index in range(count):
        begin = clock()
        out = call()
        end = clock()
        out = None  # noqa: F841 - freed after the clock was read
        durations[index] = end - begin
    return durations


def passes(torch: Any, model: str, size: int, count: int) -> list[float]:
    """Milliseconds of ``count`` passes after the first."""
    network, batch = subject(torch, model, size)
    call = functools.partial(network, batch)
    with torch.inference_mode():
        call()
        gc.collect()
        gc.freeze()
        gc.disable()
        return [ns / 1e6 for ns in loop(call, count)]


def serve() -> None:
    """Import torch, then fork a child for every line on stdin, as the agent's bench parent does."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    torch, import_s = import_torch()
    print(json.dumps(import_s), file=out, flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                print(json.dumps(passes(torch, *json.loads(line))), file=out, flush=True)
                status = 0
            finally:
                os._exit(status)
        if os.waitpid(pid, 0)[1] != 0:
            sys.exit("a bare measurement failed")


# -- in the benchmark


class Bare:
    """The serving process."""

    def __init__(self) -> None:
        command = [sys.executable, __file__]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.import_s: float = self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the bare loop ended; is torch installed here?")
        return json.loads(line)

    def measure(self, model: str, size: int, count: int) -> Figures:
        """As if it had imported torch for this measurement alone."""
        assert self.process.stdin is not None
        begun = time.perf_counter()
        print(json.dumps([model, size, count]), file=self.process.stdin, flush=True)
        milliseconds = self._answer()
        return figures(milliseconds, time.perf_counter() - begun + self.import_s, self.import_s)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


@contextmanager
def out_of_the_way() -> Iterator[None]:
    """This process on the screen's cores. What it starts is started outside: affinity is inherited."""
    cores.keep_to(SCREEN_CORES)
    try:
        yield
    finally:
        cores.keep_to(ALL_CORES)


# -- jetbench-tui


def by_run(options: list[str], file: Path, seconds: float, count: int | None = None) -> Figures:
    """jetbench-tui run of one case, recorded in ``file``. Raises RuntimeError with its last line when it fails.

    Without --json, because that leaves the screen's core to the case as well.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(
        [program(), "run", *options, "-o", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    with out_of_the_way():
        said = answered(process, seconds)[1]
    if process.returncode:
        raise RuntimeError((said.strip().splitlines() or [f"exit status {process.returncode}"])[-1])
    return recorded(file, time.perf_counter() - begun, count)


def recorded(file: Path, wall: float, count: int | None = None) -> Figures:
    """The passes that count of a recording of one case. Raises RuntimeError unless they were measured as the bare
    loop measures, and are ``count`` where that is given.
    """
    milliseconds: list[float] = []
    imports = 0
    with file.open() as lines:
        for line in lines:
            event = json.loads(line)
            if event["k"] == "run":
                case, protocol = event["cases"][0], event["protocol"]
                found = (len(event["cases"]), case["device"], case["threads"], protocol["bench_cores"])
                if found != (1, "cpu", THREADS, BENCH_CORES):
                    raise RuntimeError(f"measured otherwise than the bare loop: {found}")
            elif event["k"] == "lat" and not event.get("flags"):
                milliseconds += [ns / 1e6 for ns in event["d"]]
            elif event["k"] == "stage" and event["name"] in ("import", "torchvision"):
                imports += event.get("ns") or 0
    if not milliseconds or count not in (None, len(milliseconds)):
        raise RuntimeError(f"{len(milliseconds)} passes are recorded, not {count or 'any'}")
    return figures(milliseconds, wall, imports * 1e-9)


def answered(process: subprocess.Popen[str], seconds: float) -> tuple[str, str]:
    """What it printed, (stdout, stderr). Raises RuntimeError when that takes longer; whatever is raised ends it."""
    try:
        return process.communicate(timeout=seconds)
    except BaseException as error:
        process.terminate()
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise RuntimeError(f"not done within {seconds:g} s") from None
        raise


# -- ratios


def ratio(found: Figures, around: tuple[Figures, Figures], name: str = "p50") -> float | None:
    """Of a figure to the mean of those of the two bare loops around; None where the tool does not give it."""
    value = getattr(found, name)
    return None if value is None else value / statistics.mean(getattr(bare, name) for bare in around)


def steady(around: tuple[Figures, Figures]) -> bool:
    """Whether the machine was as fast after as before."""
    first, second = sorted(bare.p50 for bare in around)
    return second <= STEADY * first


def in_steady(ratios: list[tuple[float, bool]]) -> str:
    """The median where the machine was steady, and in how many rounds it was."""
    kept = [value for value, was in ratios if was]
    return f"{statistics.median(kept):.3f} in {len(kept)}" if kept else "none"


def spread(values: list[float]) -> str:
    """median [min..max]"""
    if not values:
        return "N/A"
    return f"{statistics.median(values):.3f} [{min(values):.3f}..{max(values):.3f}]"


if __name__ == "__main__":
    serve()
