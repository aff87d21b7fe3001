"""What the measured loop costs around a callable that does nothing.

python benchmarks/loop_overhead.py [--python PATH] [-n 200000] [--rounds 7]

``bare pair`` is two clock reads and nothing between them; ``sample`` is what `jetbench_agent.bench.timing` reports for
an empty call, ``between`` the time from the end of a sample to the start of the next one of its block, ``whole loop``
the wall time of a sample with its bookkeeping (stop rule, blocks, storing). ``watched`` are the same with the watch for
page faults, switches and collections that a case has (bench/evidence.py): it is asked between the samples, and what it
does to a sample is the difference of the two rows. ``a block`` is what it reads once a block of samples, not once a
sample. ``with events`` adds what the bench child does with samples: JSON lines to a descriptor, here /dev/null. Rounds
are interleaved; figures are medians over the rounds. PATH is another interpreter, from 3.6 on; it needs no torch, so
this file keeps to what Python 3.6 can read.
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

LIMIT_NS = 2000  # a sample, with everything: the watch and the events
LIMIT_ADDED_NS = 50  # what the watch may add to a sample


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


def measured(count: int, watched: bool, descriptor: object = None) -> dict:
    """The agent's loop over ``count`` samples; with a descriptor the samples are sent there as events."""
    from jetbench_agent.bench import timing
    from jetbench_agent.bench.evidence import Watch
    from jetbench_agent.stopping import StopRule
    from jetbench_agent.stream import Sender

    sender = Sender(descriptor, numbered=False)
    kept = []

    def keep(_index: int, starts: list, ends: list, _more: dict) -> None:
        kept.append((starts, ends))

    def send(index: int, starts: list, ends: list, more: dict) -> None:
        base = starts[0]
        offsets = [start - base for start in starts]
        sender.send("lat", c=0, r=0, i=index, b=base, s=offsets, d=list(map(operator.sub, ends, starts)), **more)

    emit = keep if descriptor is None else send
    with timing.Quiet(), Watch(None) as watch:
        rule = StopRule(count, None, 3600.0)
        begin = time.perf_counter()
        watches = (watch,) if watched else ()
        timing.measure(functools.partial(nothing, None), rule, emit, lambda: False, watches)
        wall = (time.perf_counter() - begin) * 1e9 / count
    found = {"wall": wall}
    if kept:
        durations = [end - start for starts, ends in kept for start, end in zip(starts, ends)]  # noqa: B905 - 3.10
        between = [start - end for starts, ends in kept for start, end in zip(starts[1:], ends)]  # noqa: B905
        for name, values in (("", sorted(durations)), ("between_", sorted(between))):
            found.update({name + "p50": percentile(values, 0.5), name + "p99": percentile(values, 0.99)})
    return found


def block(count: int) -> float:
    """Nanoseconds the watch takes at the two ends of a block of samples."""
    from jetbench_agent.bench.evidence import Watch

    with Watch(None) as watch:
        begin = time.perf_counter()
        for _ in range(count):
            watch.begin()
            watch.take()
        return (time.perf_counter() - begin) * 1e9 / count


def probe(count: int, rounds: int) -> dict:
    """Medians over interleaved rounds, in nanoseconds a sample."""
    found = {}
    null = os.open(os.devnull, os.O_WRONLY)
    for _ in range(rounds):
        pair, plain, watched = bare_pair(count), measured(count, False), measured(count, True)
        told = {"pair_" + name: value for name, value in pair.items()}
        told.update({"plain_" + name: value for name, value in plain.items()})
        told.update({"watched_" + name: value for name, value in watched.items()})
        told.update(events_wall=measured(count, True, null)["wall"], block=block(max(1, count // 1000)))
        for name, value in told.items():
            found.setdefault(name, []).append(value)
    os.close(null)
    medians = {name: round(statistics.median(values), 1) for name, values in found.items()}
    medians["python"] = sys.version.split()[0]
    return medians


ROWS = (
    ("bare pair", "pair_p50", "pair_p99"),
    ("sample", "plain_p50", "plain_p99"),
    ("  watched", "watched_p50", "watched_p99"),
    ("between", "plain_between_p50", "plain_between_p99"),
    ("  watched", "watched_between_p50", "watched_between_p99"),
    ("whole loop", "plain_wall", None),
    ("  watched", "watched_wall", None),
    ("  with events", "events_wall", None),
    ("a block", "block", None),
)


def report(found: dict) -> str:
    lines = ["python {python}, nanoseconds a sample".format(**found)]
    lines.append(f"{'':<14} {'median':>8} {'p99':>8} {'x bare pair':>12}")
    for name, middle, high in ROWS:
        last = "" if high is None else f"{found[high]:.0f}"
        lines.append(f"{name:<14} {found[middle]:>8.0f} {last:>8} {found[middle] / found['pair_p50']:>12.2f}")
    added = found["watched_p50"] - found["plain_p50"]
    whole = max(found["watched_wall"], found["events_wall"])
    lines.append(
        f"limit {LIMIT_ADDED_NS} ns that the watch adds to a sample: {verdict(added, LIMIT_ADDED_NS)} ({added:.0f})"
    )
    lines.append(f"limit {LIMIT_NS} ns a sample with all bookkeeping: {verdict(whole, LIMIT_NS)} ({whole:.0f})")
    return "\n".join(lines)


def verdict(value: float, limit: float) -> str:
    return "holds" if value <= limit else "MISSED"


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
