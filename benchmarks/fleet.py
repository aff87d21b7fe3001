"""Many boards: what Dask adds to an event and to a pass, what its worker costs on a board, and 32 boards on one screen.

python benchmarks/fleet.py [-n ROUNDS] [--part delivery|resident|p50|screen] [--quick]

  delivery   a run on a simulated board, with readings ten times a second, from an event's time stamp to the moment it
             is here: agent, worker, scheduler, client. All are on this machine, so the stamps can be compared. And the
             readings of 32 boards that one thread reads, as of a fleet over ssh
  resident   a worker that waits for work: memory and CPU of its processes, without a controller and with one
  p50        one model, in turns here and on the worker: as in remote.py
  screen     32 boards that say what was recorded of a simulated one, ten readings a second each, in the app: bytes,
             CPU, memory and keys, as in screen_cost.py
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
from remote import LATE_MS, STEADY, compare, delivered, tell_late
from terminal import Terminal
from usage import cpu_seconds

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from screen_cost import KEYS, LOADING_S, SIZES, key_times, spread, tell, use, verdict

import dask_cluster
from jetbench.domain.fleet import Member
from jetbench.link.base import UnreachableError
from jetbench.link.local import LocalLink
from jetbench.link.shared import SharedReader

HERE = Path(__file__).resolve().parent
RECORDING = HERE.parent / "recordings" / "simulated-nano-long-thermal-run.jsonl.gz"
BOARDS = 32
# A worker looks at its own event loop fifty times a second, and at what its threads do a hundred times.
CALM = {"DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s", "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
SETTLE_S = 6.0
START_S = 40.0


@contextmanager
def dask_boards(
    *arguments: str, settings: Mapping[str, str] = {}
) -> Iterator[tuple[dask_cluster.DaskBoards, psutil.Process]]:
    """A scheduler and one worker, and the worker's first process."""
    with tempfile.TemporaryDirectory() as folder, dask_cluster.running(Path(folder), settings) as boards:
        process = boards.start("board", *arguments)
        yield boards, psutil.Process(process.pid)


def found(boards: dask_cluster.DaskBoards) -> tuple[object, Member]:
    from jetbench.link.dask import Cluster

    cluster = Cluster(boards.address)
    deadline = time.monotonic() + START_S
    while True:
        try:
            return cluster, cluster.workers()[0]
        except UnreachableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def delivery(seconds: float) -> None:
    late_by_dask()
    late_of_many(seconds)


def late_by_dask() -> None:
    from jetbench.link.dask_link import DaskLink

    with dask_boards() as (boards, _):
        cluster, member = found(boards)
        simulated = ("--simulate", "orin")
        delivered({"here": LocalLink(arguments=simulated), "there": DaskLink(cluster, member, simulated)})
        cluster.close()


@contextmanager
def streams() -> Iterator[Path]:
    """The boards of board_streams.py: a folder with a program for each, which stands for its interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "board_streams.py"), str(RECORDING), folder, str(BOARDS)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        yield Path(folder)
        process.kill()


def late_of_many(seconds: float) -> None:
    late: list[float] = []

    def hear(line: bytes) -> None:
        if line.startswith(b'{"k":"tel"'):
            late.append((time.perf_counter_ns() - json.loads(line)["t"]) / 1e6)

    with streams() as folder:
        reader = SharedReader()
        links = [LocalLink(str(folder / f"board-{number:02}")) for number in range(BOARDS)]
        for link in links:
            link.pour(reader, hear, lambda _: None)
            link.pour_prints(reader, lambda _: None)
            link.send({"op": "run"})
        time.sleep(SETTLE_S)
        late.clear()
        time.sleep(seconds)
        tell_late(f"{BOARDS} boards in a fleet", sorted(late), LATE_MS)
        for link in links:
            link.close()


def resident(seconds: float) -> None:
    """What stays on a board, whether anything is measured or not."""
    from jetbench.link.dask_link import DaskLink

    alone = ("--resources", "bench=1", "--no-nanny")
    for name, arguments, settings in (("with its nanny", (), {}), ("--no-nanny", alone, {}), ("set calm", alone, CALM)):
        with dask_boards(*arguments, settings=settings) as (boards, first):
            cluster, member = found(boards)
            time.sleep(SETTLE_S)
            told("worker that waits, " + name, first, seconds)
            link = DaskLink(cluster, member)
            lines = link.lines()
            for _ in range(4):  # the agent is there
                next(lines)
            threading.Thread(target=lambda lines=lines: list(lines), daemon=True).start()
            time.sleep(SETTLE_S)
            told("with a controller, " + name, first, seconds)
            link.close()
            cluster.close()


def told(what: str, first: psutil.Process, seconds: float) -> None:
    """Worker and agent apart: the agent is there only while a controller is."""
    every = [first, *first.children(True)]
    agents = [each for each in every if any("board-agent-" in word for word in each.cmdline())]
    for name, processes in (("dask", [each for each in every if each not in agents]), ("agent", agents)):
        if not processes:
            continue
        before, begun = cpu_seconds(processes), time.monotonic()
        time.sleep(seconds)
        cpu = 100 * (cpu_seconds(processes) - before) / (time.monotonic() - begun)
        rss = sum(each.memory_info().rss for each in processes) / 2**20
        own = sum(each.memory_full_info().uss for each in processes) / 2**20
        print(
            f"{what:38} {name:6} {len(processes)} processes, RSS {rss:.0f} MiB (its own {own:.0f}), CPU {cpu:.2f} %",
            flush=True,
        )


def medians(model: str, rounds: int, passes: int) -> None:
    from jetbench.link.dask_link import DaskLink

    with dask_boards() as (boards, _):
        cluster, member = found(boards)
        print(f"p50 of {Path(model).name}, {passes} passes a turn, {rounds} rounds", flush=True)
        print(compare(LocalLink, lambda: DaskLink(cluster, member), model, rounds, passes), flush=True)
        cluster.close()


# -- the screen


def screen(seconds: float) -> None:
    print(f"{BOARDS} boards at 10 Hz; windows of {seconds:g} s   B/s  worst 1 s  CPU %  RSS MiB")
    for size, most in SIZES:
        with streams() as folder:
            command = [sys.executable, str(HERE / "fleet_screen.py"), str(folder), str(BOARDS)]
            terminal = Terminal(command, {"XDG_DATA_HOME": str(folder)}, size)
            terminal.read(LOADING_S)
            terminal.type("s")
            terminal.read(SETTLE_S)
            name = f"{size[0]}x{size[1]}"
            tell(f"{name} measuring", use(terminal, seconds), most)
            keys = key_times(terminal, KEYS, "\x1b[B", "\x1b[A")
            holds = statistics.median(keys) <= 0.02 and max(keys) <= 0.1
            print(f"{name} key, ms     {spread(keys, 1e3)}; limit 20 and 100: {verdict(holds)}", flush=True)
            if os.environ.get("JETBENCH_SHOW"):
                print("\n".join(list(terminal.screens())[-1][1]))
            terminal.close("xxqy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=80, metavar="ROUNDS")
    parser.add_argument("--seconds", type=float, default=20.0, help="windows of resident and screen")
    parser.add_argument("--part", choices=("delivery", "resident", "p50", "screen"), help="one of them alone")
    parser.add_argument("--model", default=STEADY, help="of p50")
    parser.add_argument("--passes", type=int, default=10, help="of a turn of p50")
    parser.add_argument("--quick", action="store_true", help="short rounds: does it work")
    options = parser.parse_args()
    if importlib.util.find_spec("distributed") is None:
        print("no Dask distributed here: nothing to measure (pip install 'jetbench-tui[fleet]')")
        return
    rounds, passes, seconds = (2, 10, 4.0) if options.quick else (options.n, options.passes, options.seconds)
    parts = {
        "delivery": lambda: delivery(seconds),
        "resident": lambda: resident(seconds),
        "p50": lambda: medians(options.model, rounds, passes),
        "screen": lambda: screen(seconds),
    }
    for name, part in parts.items():
        if options.part in (None, name):
            part()


if __name__ == "__main__":
    main()
