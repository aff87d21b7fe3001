"""What the measured loop costs around a callable that does nothing.

python benchmarks/loop_overhead.py [--python PATH] [-n 200000] [--rounds 7]

``bare pair`` is two clock reads and nothing between them; ``sample`` is what `jetbench_agent.bench.timing` reports for
an empty call; ``whole loop`` is the wall time of a sample with its bookkeeping (stop rule, blocks, storing); ``with
events`` adds what the bench child does with samples: JSON lines to a descriptor, here /dev/null. Rounds are
interleaved; figures are medians over the rounds. PATH is another interpreter, from 3.6 on; it needs no torch, so this
file keeps to what Python 3.6 can read.
"""

import argparse
import functools
import json
import operator
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

LIMIT_NS = 2000


def nothing(_batch: object) -> None:
    """The empty callable; bound to an argument as the bench child binds a model to its batch."""


def percentile(ordered: list, share: float) -> float:
    return float(ordered[min(len(ordered) - 1, int(share * len(ordered)))])


def bare_pair(count: int) -> dict:
    """Nanoseconds between two clock reads with nothing between them."""
    clock, scale = (time.perf_counter_ns, 1) if hasattr(time, "perf_counter_ns") else (time.perf_counter, 1e9)
    gaps = [0] * count
    for index in range(count):
        begin = clock()
        end = clock()
        gaps[index] = end - begin
    gaps = sorted(gap * scale for gap in gaps)
    return {"p50": percentile(gaps, 0.5), "p99": percentile(gaps, 0.99)}


def measured(count: int, descriptor: object) -> dict:
    """The agent's loop over ``count`` samples; with a descriptor the samples are sent there as events."""
    from jetbench_agent.bench import timing
    from jetbench_agent.stopping import StopRule
    from jetbench_agent.stream import Sender

    sender = Sender(descriptor, numbered=False)
    durations = []

    def keep(_index: int, starts: list, ends: list) -> None:
        durations.extend(map(operator.sub, ends, starts))

    def send(index: int, starts: list, ends: list) -> None:
        base = starts[0]
        offsets = [start - base for start in starts]
        sender.send("lat", c=0, r=0, i=index, b=base, s=offsets, d=list(map(operator.sub, ends, starts)))

    emit = keep if descriptor is None else send
    with timing.Quiet():
        rule = StopRule(count, None, 3600.0)
        begin = time.perf_counter()
        timing.measure(functools.partial(nothing, None), rule, emit, lambda: False)
        wall = (time.perf_counter() - begin) * 1e9 / count
    if not durations:
        return {"wall": wall}
    durations.sort()
    return {"wall": wall, "p50": percentile(durations, 0.5), "p99": percentile(durations, 0.99)}


def probe(count: int, rounds: int) -> dict:
    """Medians over interleaved rounds, in nanoseconds a sample."""
    found = {"pair_p50": [], "pair_p99": [], "sample_p50": [], "sample_p99": [], "loop": [], "events": []}
    null = os.open(os.devnull, os.O_WRONLY)
    for _ in range(rounds):
        pair, plain, sent = bare_pair(count), measured(count, None), measured(count, null)
        for key, value in (
            ("pair_p50", pair["p50"]),
            ("pair_p99", pair["p99"]),
            ("sample_p50", plain["p50"]),
            ("sample_p99", plain["p99"]),
            ("loop", plain["wall"]),
            ("events", sent["wall"]),
        ):
            found[key].append(value)
    os.close(null)
    medians = {key: round(statistics.median(values), 1) for key, values in found.items()}
    medians["python"] = sys.version.split()[0]
    return medians


def report(found: dict) -> str:
    pair = found["pair_p50"]
    rows = (
        ("bare pair", found["pair_p50"], found["pair_p99"]),
        ("sample", found["sample_p50"], found["sample_p99"]),
        ("whole loop", found["loop"], None),
        ("with events", found["events"], None),
    )
    lines = [f"python {found['python']}, nanoseconds a sample"]
    lines.append(f"{'':<12} {'median':>8} {'p99':>8} {'x bare pair':>12}")
    for name, middle, high in rows:
        last = "" if high is None else f"{high:.0f}"
        lines.append(f"{name:<12} {middle:>8.0f} {last:>8} {middle / pair:>12.2f}")
    worst = max(found["loop"], found["events"])
    verdict = "holds" if worst <= LIMIT_NS else "MISSED"
    lines.append(f"limit {LIMIT_NS} ns a sample with all bookkeeping: {verdict} ({worst:.0f})")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", metavar="PATH", help="another interpreter that runs the loop")
    parser.add_argument("-n", type=int, default=200000, help="samples a round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="few rounds: does it work")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.n, options.rounds = 20000, 3
    if options.python:
        command = [options.python, __file__, "-n", str(options.n), "--rounds", str(options.rounds), "--json"]
        found = json.loads(subprocess.check_output(command).decode())
    else:
        found = probe(options.n, options.rounds)
    print(json.dumps(found) if options.json else report(found))


if __name__ == "__main__":
    main()
