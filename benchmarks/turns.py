"""The agent's loop and the bare loop in one process, in turns of a few passes: what the loop itself does to a pass.

python benchmarks/turns.py MODEL SIZE COUNT OUTPUT

The agent's with its watch, and with samples that are sent as events to /dev/null. What else the machine does takes as
long in the one as in the other. Writes the milliseconds of COUNT passes of each.
"""

from __future__ import annotations

import functools
import json
import operator
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bare import Figures, answered, figures, import_torch, loop, out_of_the_way, subject

TURN = 4
MEASURE_S = 300.0


def by_agent(call: Callable[[], Any], count: int, watch: Any, sender: Any) -> list[int]:
    """Nanoseconds of each pass, by the loop of a case."""
    from jetbench_agent.bench import timing
    from jetbench_agent.stopping import StopRule

    durations: list[int] = []

    def emit(index: int, starts: list[int], ends: list[int], more: dict[str, Any]) -> None:
        took = list(map(operator.sub, ends, starts))
        durations.extend(took)
        sender.send("lat", c=0, r=0, i=index, b=starts[0], s=[start - starts[0] for start in starts], d=took, **more)

    timing.measure(call, StopRule(count, None, 3600.0), emit, lambda: False, (watch,))
    return durations


def both(model: str, size: int, count: int) -> dict[str, Any]:
    from jetbench_agent.bench.evidence import Watch
    from jetbench_agent.bench.timing import Quiet
    from jetbench_agent.stream import Sender

    torch, import_s = import_torch()
    network, batch = subject(torch, model, size)
    call = functools.partial(network, batch)
    sender = Sender(os.open(os.devnull, os.O_WRONLY), numbered=False)
    found: dict[str, list[int]] = {"agent": [], "bare": []}
    with torch.inference_mode(), Quiet(), Watch(None) as watch:
        call()
        for turn in range(count // TURN):
            ways = {"agent": lambda: by_agent(call, TURN, watch, sender), "bare": lambda: loop(call, TURN)}
            for name in sorted(ways, reverse=turn % 2 == 0):
                found[name] += ways[name]()
    return {"import_s": import_s, **{name: [ns / 1e6 for ns in durations] for name, durations in found.items()}}


def measure(model: str, size: int, count: int) -> tuple[Figures, Figures]:
    """(the agent's loop, the bare loop). Raises RuntimeError with the last line it printed when that fails."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "passes.json"
        command = [sys.executable, __file__, model, str(size), str(count), str(output)]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        with out_of_the_way():
            said = answered(process, MEASURE_S)[1]
        wall = time.perf_counter() - begun
        if process.returncode:
            raise RuntimeError((said.strip().splitlines() or [f"exit status {process.returncode}"])[-1])
        found = json.loads(output.read_text())
    agent, bare = (figures(found[name], wall, found["import_s"]) for name in ("agent", "bare"))
    return agent, bare


if __name__ == "__main__":
    Path(sys.argv[4]).write_text(json.dumps(both(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
