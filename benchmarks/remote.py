"""A board over ssh: how late its events come, and whether what it measures is what is measured without the line.

python benchmarks/remote.py [-n ROUNDS] [--part delivery|p50] [--quick]

Starts an sshd of its own on loopback, with its own keys. Two things:

  delivery   a run on a simulated board, with readings ten times a second: from an event's time stamp to the moment it
             is here, through agent, spool, sshd and ssh. Both clocks are one here, so the stamps can be compared.
  p50        one model, in many short turns here, there and here again: the ratio of what the turns come to, with its
             95 % interval by resampling, and beside it that of here to itself, which tells what the machine does.
             The model is that of steady.py, or the one that --model names
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import queue
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
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
from jetbench.link.shared import SharedReader
from jetbench.link.ssh import SshLink
from jetbench.link.ssh_line import COMMAND

MODEL = "squeezenet1_1"  # whose events are timed
STEADY = f"{Path(__file__).resolve().parent / 'steady.py'}:build"
LATE_MS, SAME = 50.0, 0.01
ROUNDS, LEAST_BLOCKS = 8, 6  # with the same agents; and of so many an interval is made
Round = dict[str, float]  # milliseconds
DELIVERED = 1000  # passes, while events are timed


def plain(value: Any) -> Any:
    """Structs as tables with every field: the agent has no schema."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


class Side:
    """A link that stays open: its agent imports torch once, and runs begin at once after the first."""

    def __init__(self, link: Link, lines: Iterator[bytes] | None = None) -> None:
        self.link = link
        self._lines = link.lines() if lines is None else lines
        threading.Thread(target=lambda: list(link.prints()), daemon=True).start()

    def run(self, plan: Plan) -> Iterator[tuple[float, dict[str, Any]]]:
        """Every event of a run, with the milliseconds from its stamp to here."""
        cases, protocol = plain(plan.cases()), plain(plan.protocol())
        # As if a screen were there: the child has its core for itself, also on a machine that is its own far side.
        self.link.send({"op": "run", "cases": cases, "protocol": protocol, "screen": True})
        with out_of_the_way():  # after all was started: affinity is inherited
            for line in self._lines:
                now = time.perf_counter_ns()
                event = json.loads(line)
                yield (now - event["t"]) / 1e6, event
                if event["k"] == "fault":
                    raise SystemExit(event["text"])
                if event["k"] == "ready":
                    return

    def p50(self, model: str, passes: int) -> float:
        """Milliseconds."""
        plan = Plan(models=(model,), k=passes, max_time=60.0)
        told = [event for _, event in self.run(plan) if event["k"] == "lat" and not event.get("flags")]
        return statistics.median([ns for event in told for ns in event["d"]][1:]) / 1e6


def delivery(side: Side, passes: int) -> list[float]:
    """Milliseconds of the events that tell what happens. What was said before the run has been waiting for us."""
    plan = Plan(models=(MODEL,), sizes=((64, 64),), k=passes)
    kinds = ("tel", "stage", "case", "memory", "rule", "case_end")
    told = itertools.dropwhile(lambda found: found[1]["k"] != "run", side.run(plan))
    return sorted(late for late, event in told if event["k"] in kinds)


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)]


def as_in_a_fleet(link: SshLink) -> Iterator[bytes]:
    """Read by the thread that reads all boards of a fleet."""
    told: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    link.pour(SharedReader(), told.put, lambda _: told.put(None))
    return iter(told.get, None)


def delivered(links: dict[str, Link]) -> None:
    for name, link in links.items():
        lines = as_in_a_fleet(link) if isinstance(link, SshLink) and "fleet" in name else None
        late = delivery(Side(link, lines), DELIVERED)
        link.close()
        tell_late(name, late, None if name == "here" else LATE_MS)


def tell_late(name: str, late: list[float], most: float | None) -> None:
    """Milliseconds in order."""
    median = percentile(late, 0.5)
    limit = "" if most is None else f"; limit {most:.0f} ms: {'holds' if median < most else 'MISSED'}"
    more = f"p50 {median:.2f} ms, p95 {percentile(late, 0.95):.2f}, most {late[-1]:.1f}"
    print(f"delivery, {name}: {len(late)} events, {more}{limit}", flush=True)


def compare(here: Callable[[], Link], there: Callable[[], Link], model: str, rounds: int, passes: int) -> str:
    """Each round is here, there, and here again by another agent, in an order that turns: one figure for the line, one
    for the machine. Agents are started anew every few rounds, in an order that turns too: where the loader puts torch
    lasts as long as an agent, and makes a pass faster or slower by a per cent or two."""
    ways = [("here", here), ("there", there), ("again", here)]
    blocks = []
    for done in range(0, rounds, ROUNDS):
        blocks.append(block(dict(ways), model, min(ROUNDS, rounds - done), passes))
        ways = ways[1:] + ways[:1]
    ways_to_tell = (("rounds, their middle half", middle_half), ("turns, their medians", medians))
    lines = []
    for words, ratio in ways_to_tell:
        told, null = (with_interval(blocks, partial(ratio, name=name)) for name in ("there", "again"))
        verdict = same(*told[1:]) if len(blocks) >= LEAST_BLOCKS else "too few rounds for an interval"
        lines.append(f"  {words:<25} there {_shown(told)}, here again {_shown(null)}; {verdict}")
    return "\n".join(lines)


def block(opens: dict[str, Callable[[], Link]], model: str, rounds: int, passes: int) -> list[Round]:
    """Milliseconds of each turn."""
    links = {name: opened() for name, opened in opens.items()}
    ways = {name: Side(link) for name, link in links.items()}
    for side in ways.values():
        side.p50(model, passes)  # torch is imported, the model counted
    found = []
    for turn in range(rounds):
        order = list(ways)[turn % 3 :] + list(ways)[: turn % 3]
        found.append({name: ways[name].p50(model, passes) for name in order})
    for link in links.values():
        link.close()
    if os.environ.get("JETBENCH_SHOW"):
        print(
            "\n".join("  ms  " + "  ".join(f"{name} {each[name]:.3f}" for name in links) for each in found), flush=True
        )
    return found


def medians(rounds: Sequence[Round], name: str) -> float:
    return statistics.median([each[name] for each in rounds]) / statistics.median([each["here"] for each in rounds])


def middle_half(rounds: Sequence[Round], name: str) -> float:
    """Of each round's ratio, without the quarter at either end: what drifts slowly drops out, and so do turns in which
    something else ran. There is compared with both turns here."""
    found = []
    for each in rounds:
        here = math.sqrt(each["here"] * each["again"]) if name == "there" else each["here"]
        found.append(math.log(each[name] / here))
    kept = sorted(found)[len(found) // 4 : len(found) - len(found) // 4]
    return math.exp(statistics.fmean(kept))


def with_interval(
    blocks: Sequence[Sequence[Round]], ratio: Callable[[Sequence[Round]], float]
) -> tuple[float, float, float]:
    """And its 95 % interval: whole blocks are drawn anew, 2000 times."""
    draw = random.Random(len(blocks))
    drawn = sorted(
        ratio([each for block in draw.choices(blocks, k=len(blocks)) for each in block]) for _ in range(2000)
    )
    return ratio(list(itertools.chain(*blocks))), percentile(drawn, 0.025), percentile(drawn, 0.975)


def same(low: float, high: float) -> str:
    if max(abs(low - 1), abs(high - 1)) <= SAME:
        return f"limit {100 * SAME:.0f} %: holds"
    inside = low <= 1 + SAME and high >= 1 - SAME
    return f"limit {100 * SAME:.0f} %: {'not decided, the interval is too wide' if inside else 'MISSED'}"


def _shown(told: tuple[float, float, float]) -> str:
    return f"{told[0]:.4f} [{told[1]:.4f}..{told[2]:.4f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=80, metavar="ROUNDS")
    parser.add_argument("--part", choices=("delivery", "p50"), help="one of them alone")
    parser.add_argument("--model", default=STEADY, help="of p50")
    parser.add_argument("--passes", type=int, default=10, help="of a turn")
    parser.add_argument("--quick", action="store_true", help="two short rounds: does it work")
    options = parser.parse_args()
    rounds, passes = (2, 10) if options.quick else (options.n, options.passes)
    if sshd.found() is None:
        print("no OpenSSH server here: nothing to measure (apt-get install openssh-server)")
        return
    python = os.environ.get("JETBENCH_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as folder, sshd.running(Path(folder)) as server:
        os.environ[COMMAND] = server.command
        address = parse(server.address)

        def there(*arguments: str) -> SshLink:
            return SshLink(address, python, arguments=arguments)

        if options.part != "p50":
            simulated = ("--simulate", "orin")
            here = LocalLink(python, arguments=simulated)
            delivered({"here": here, "there": there(*simulated), "there, in a fleet": there(*simulated)})
        if options.part == "delivery":
            return
        print(f"p50 of {Path(options.model).name}, {passes} passes a turn, {rounds} rounds", flush=True)
        print(compare(lambda: LocalLink(python), there, options.model, rounds, passes), flush=True)


if __name__ == "__main__":
    main()
