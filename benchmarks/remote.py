"""A board over ssh: how late its events come, and whether what it measures is what is measured without the line.

python benchmarks/remote.py [-n ROUNDS] [--quick]

Starts an sshd of its own on loopback, with its own keys. Two things:

  delivery   a run on a simulated board, with readings ten times a second: from an event's time stamp to the moment it
             is here, through agent, spool, sshd and ssh. Both clocks are one here, so the stamps can be compared.
  p50        one model, in turns here and there, in rounds; the ratio of the medians of each round
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
from bare import out_of_the_way

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import sshd
from jetbench.domain.plan import Plan
from jetbench.link.address import parse
from jetbench.link.base import Link
from jetbench.link.local import LocalLink
from jetbench.link.ssh import SshLink
from jetbench.link.ssh_line import COMMAND

MODEL = "squeezenet1_1"
LATE_MS, SAME = 50.0, 0.01


def plain(value: Any) -> Any:
    """Structs as tables with every field: the agent has no schema."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def arrivals(link: Link, plan: Plan) -> list[tuple[float, str, list[int]]]:
    """(milliseconds from its stamp to here, kind, durations) of every event of a run."""
    found = []
    link.send({"op": "run", "cases": plain(plan.cases()), "protocol": plain(plan.protocol()), "screen": False})
    threading.Thread(target=lambda: list(link.prints()), daemon=True).start()
    with out_of_the_way():  # after all was started: affinity is inherited
        for line in link.lines():
            now = time.perf_counter_ns()
            event = json.loads(line)
            found.append(((now - event["t"]) / 1e6, event["k"], event.get("d", []) if not event.get("flags") else []))
            if event["k"] == "fault":
                raise SystemExit(event["text"])
            if event["k"] == "ready":
                break
    link.close()
    return found


def delivery(make: Any, passes: int) -> list[float]:
    """Milliseconds of the events that tell what happens; rows of the sensors are stamped before they are read."""
    told = arrivals(make(), Plan(models=(MODEL,), sizes=((64, 64),), k=passes, energy=False))
    return sorted(late for late, kind, _ in told if kind in ("tel", "stage", "case", "memory", "rule", "case_end"))


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def p50(make: Any, passes: int) -> float:
    """Milliseconds."""
    plan = Plan(models=(MODEL,), k=passes, max_time=60.0)
    durations = [ns for _, kind, run in arrivals(make(), plan) if kind == "lat" for ns in run]
    return statistics.median(durations[1:]) / 1e6


def compare(here: Any, there: Any, rounds: int, passes: int) -> str:
    ratios, own = [], []
    for turn in range(rounds):
        ways = {"here": here, "there": there, "again": here}
        order = list(ways) if turn % 2 == 0 else list(ways)[::-1]
        found = {name: p50(ways[name], passes) for name in order}
        ratios.append(found["there"] / found["here"])
        own.append(found["again"] / found["here"])
        print(f"  round {turn + 1}: " + ", ".join(f"{name} {found[name]:.3f} ms" for name in ways), flush=True)

    def row(name: str, values: list[float]) -> str:
        return f"  {name:<22} {statistics.median(values):.4f} [{min(values):.4f}..{max(values):.4f}]"

    verdict = "holds" if abs(statistics.median(ratios) - 1) <= SAME else "MISSED"
    lines = [row("there to here", ratios), row("here to itself", own)]
    return "\n".join([*lines, f"  limit: within {100 * SAME:.0f} %: {verdict}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=7, metavar="ROUNDS")
    parser.add_argument("--quick", action="store_true", help="two short rounds: does it work")
    options = parser.parse_args()
    rounds, passes = (2, 30) if options.quick else (options.n, 100)
    if sshd.found() is None:
        print("no OpenSSH server here: nothing to measure (apt-get install openssh-server)")
        return
    python = os.environ.get("JETBENCH_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as folder, sshd.running(Path(folder)) as server:
        os.environ[COMMAND] = server.command
        address = parse(server.address)

        def there(*arguments: str) -> SshLink:
            return SshLink(address, python, arguments=arguments)

        for name, make in (
            ("here", lambda: LocalLink(python, arguments=("--simulate", "orin"))),
            ("there", lambda: there("--simulate", "orin")),
        ):
            late = delivery(make, 10 * passes)
            median = percentile(late, 0.5)
            verdict = "" if name == "here" else f"; limit {LATE_MS:.0f} ms: {'holds' if median < LATE_MS else 'MISSED'}"
            spread = f"p50 {median:.2f} ms, p95 {percentile(late, 0.95):.2f}, most {late[-1]:.1f}"
            print(f"delivery, {name}: {len(late)} events, {spread}{verdict}", flush=True)
        print(f"p50 of {MODEL}, {passes} passes a turn, {rounds} rounds", flush=True)
        print(compare(lambda: LocalLink(python), there, rounds, passes), flush=True)


if __name__ == "__main__":
    main()
