"""What the tools that people use make of one forward pass, each in a process of its own.

python benchmarks/peers.py TOOL MODEL SIZE [--quick]       prints {"ms": figure, "import_s": seconds}
python benchmarks/peers.py pyperf MODEL SIZE OUTPUT [...]  a script as pyperf wants it, with pyperf's own options

  timeit     timeit around the call, the mean of ten after the first
  tub        torch.utils.benchmark, the median of the blocks of blocked_autorange
  adaptive   torch.utils.benchmark, the median of the blocks of adaptive_autorange
  ptb        pytorch-benchmark, the mean of 100 passes (seconds_per_batch_mean); it takes no_grad by itself
  pyperf     Runner.bench_func with its defaults: 20 processes, the mean of 3 values of each

All on the cores and with the threads of the bare loop, under inference_mode where the tool leaves that to its user.
``ms`` is the figure the tool prints. ``import_s`` is what importing torch and torchvision took, of all processes.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bare import BENCH_CORES, THREADS, Figures, answered, import_torch, out_of_the_way, subject

MEASURE_S = 900.0


# -- in the process that measures


def by_timeit(_network: Any, _batch: Any, call: Callable[[], Any], _quick: bool) -> float:
    import timeit

    return timeit.timeit(call, number=10) / 10


def by_tub(_network: Any, _batch: Any, call: Callable[[], Any], _quick: bool) -> float:
    from torch.utils.benchmark import Timer

    return Timer("call()", globals={"call": call}, num_threads=THREADS).blocked_autorange().median


def by_adaptive(_network: Any, _batch: Any, call: Callable[[], Any], _quick: bool) -> float:
    from torch.utils.benchmark import Timer

    return Timer("call()", globals={"call": call}, num_threads=THREADS).adaptive_autorange().median


def by_ptb(network: Any, batch: Any, _call: Callable[[], Any], quick: bool) -> float:
    from pytorch_benchmark import benchmark

    found = benchmark(network, batch, num_runs=10 if quick else 100)
    return found["timing"]["batch_size_1"]["on_device_inference"]["metrics"]["seconds_per_batch_mean"]


WAYS = {"timeit": by_timeit, "tub": by_tub, "adaptive": by_adaptive, "ptb": by_ptb}
TOOLS = (*WAYS, "pyperf")


def figure(tool: str, model: str, size: int, quick: bool) -> dict[str, float]:
    torch, import_s = import_torch()
    network, batch = subject(torch, model, size)
    call = functools.partial(network, batch)
    if tool == "ptb":
        return {"ms": WAYS[tool](network, batch, call, quick) * 1e3, "import_s": import_s}
    with torch.inference_mode():
        call()
        return {"ms": WAYS[tool](network, batch, call, quick) * 1e3, "import_s": import_s}


def pyperf_script(model: str, size: int, output: Path) -> None:
    """Runs in pyperf's manager and again in each of its workers; the manager writes the figure to ``output``."""
    torch, import_s = import_torch()
    import pyperf

    network, batch = subject(torch, model, size)
    itself = [str(Path(__file__).resolve()), "pyperf", model, str(size), str(output)]
    runner = pyperf.Runner(metadata={"import_s": import_s}, program_args=itself)
    runner.parse_args(sys.argv[5:])
    with torch.inference_mode():
        bench = runner.bench_func(model, network, batch)
    if not runner.args.worker:
        imports = import_s + sum(run.get_metadata()["import_s"] for run in bench.get_runs())
        output.write_text(json.dumps({"ms": bench.mean() * 1e3, "import_s": imports}))


# -- in the benchmark


def measure(tool: str, model: str, size: int, quick: bool = False) -> Figures:
    """Raises RuntimeError that says why there is no figure: not installed, or the last line of what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "figure.json"
        command = [sys.executable, __file__, tool, model, str(size), str(output)]
        if quick:
            command += ["-p", "2", "-n", "1"] if tool == "pyperf" else ["--quick"]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with out_of_the_way():
            said = answered(process, MEASURE_S)[1]
        wall = time.perf_counter() - begun
        if process.returncode:
            raise RuntimeError(_why(said) or f"exit status {process.returncode}")
        found = json.loads(output.read_text())
    return Figures(None, found["ms"], None, wall, found["import_s"])


def _why(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    missing = next((line for line in lines if line.startswith("ModuleNotFoundError")), None)
    return f"not installed (make bench): {missing}" if missing else (lines or [""])[-1]


def main() -> None:
    os.sched_setaffinity(0, BENCH_CORES)
    if sys.argv[1:2] == ["pyperf"]:
        pyperf_script(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("model")
    parser.add_argument("size", type=int)
    parser.add_argument("output", type=Path, nargs="?")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    found = json.dumps(figure(options.tool, options.model, options.size, options.quick))
    options.output.write_text(found) if options.output else print(found)


if __name__ == "__main__":
    main()
