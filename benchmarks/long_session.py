"""5 000 samples a second for a long time: python benchmarks/long_session.py [--seconds 600] [--then 4000000] [--quick]

The app in a pty, recorder and all, over an agent that makes its stream up: 500 passes in a line and 30 channels ten
times a second, ten cases. Windows of the same length are compared: the first, the last of those ``--seconds``, and one
after the session was filled as fast as it would go, to so many samples. CPU and memory are the app's alone. A picture
is what the app's own code takes for one; a key is timed to the text it changes.

``--hour``: an hour of a usual session, 30 passes a second and the same channels, of which the first two minutes
come in real time and the others as fast as they go. What is measured is how much memory that takes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

import recording_scale as scale  # noqa: E402
from recording_scale import CASES, Batch, Lines, batches, board  # noqa: E402

from jetbench.domain import events as ev  # noqa: E402

HOUR_RATE = 30  # passes a second
MARGIN_S = 5.0  # a window ends with a whole key and pause, so after its time
SETTLED_S = 60.0  # from the start of the run to the first window: a minute fills the charts, and an empty one is cheap
LIMITS = {"CPU %": 1.5, "picture ms": 1.5, "key ms": 1.5}  # last to first
GROWTH_MIB = 5.0  # an hour's


def use(rate: int) -> None:
    """So many passes a second, in batches of a tenth."""
    scale.RATE, scale.BATCH = rate, rate // 10


# -- the agent: a process that makes up a stream


def agent(seconds: float, then: int, after: float, rate: int) -> None:
    use(rate)
    write = sys.stdout.buffer.write
    first = ev.Telemetry(t=board().t, v=tuple([7_000_000] * 30))
    models = ev.Models(t=board().t, models=tuple(ev.ModelEntry(name=f"model {n}", size=224) for n in range(CASES)))
    for event in (board(), first, models):
        write(ev.encode(event) + b"\n")
    sys.stdout.flush()
    while json.loads(sys.stdin.readline() or '{"op": "run"}')["op"] != "run":
        pass
    total = int((seconds + after) * scale.RATE) + max(0, then - int(seconds * scale.RATE))
    cases = tuple(ev.Case(id=n, model=f"model {n}", size=(224, 224)) for n in range(CASES))
    start = ev.RunStart(t=board().t, cases=cases, order=(tuple(range(CASES)),), protocol=ev.Protocol())
    write(ev.encode(start) + b"\n")
    made, due = Lines(total), time.monotonic()
    for batch in batches(total):
        for line in made.of(batch):
            write(line.replace(b',"n":', b',"x":'))  # nobody counts: what is left out is not missing
        sys.stdout.flush()
        fast = seconds * scale.RATE <= batch.number * scale.BATCH < then
        due = time.monotonic() if fast else due + scale.BATCH / scale.RATE
        time.sleep(max(0.0, due - time.monotonic()))
    end(batch)
    sys.stdin.read()


def end(last: Batch) -> None:
    for event in (ev.CaseEnd(t=last.t, c=last.case), ev.RunEnd(t=last.t, status="done"), ev.Ready(what="run")):
        sys.stdout.buffer.write(ev.encode(event) + b"\n")
    sys.stdout.flush()


# -- the app


class MadeUpLink:
    far = None

    def __init__(self, arguments: list[str]) -> None:
        command = [sys.executable, __file__, "--agent", *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)

    def lines(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            yield line.rstrip(b"\n")

    def prints(self) -> Iterator[bytes]:
        return iter(())

    def send(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        if command["op"] == "run":
            self._process.stdin.write(b'{"op": "run"}\n')
            self._process.stdin.flush()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def describe_end(self) -> str:
        return "the made-up agent is gone"


def app(folder: Path, arguments: list[str]) -> int:
    """Writes (moment, seconds) of every picture into a file, a line each."""
    from jetbench.domain.plan import Plan
    from jetbench.session.worker import SessionWorker
    from jetbench.tui import run_app
    from jetbench.tui.app import BenchApp

    with (folder / "pictures").open("w", buffering=1) as pictures:
        pull = BenchApp.pull

        def timed(self: BenchApp, jumped: bool = False) -> None:
            begun = time.perf_counter()
            pull(self, jumped)
            print(time.monotonic(), time.perf_counter() - begun, threading.active_count(), file=pictures)

        BenchApp.pull = timed  # type: ignore[method-assign]
        worker = SessionWorker(lambda: MadeUpLink(arguments), lambda: folder / "session.jsonl")
        worker.start()
        return run_app(worker, Plan(models=tuple(f"model {n}" for n in range(CASES))), tuple)


# -- what is seen of it


def window(terminal: Any, process: Any, folder: Path, seconds: float) -> dict[str, float]:
    from slow_link import WINDOWS

    begun, before = time.monotonic(), process.cpu_times()
    keys, memory = [], []
    while time.monotonic() < begun + seconds:
        shown = next((n for n, words in enumerate(WINDOWS) if terminal.shows(words)), 0)
        terminal.send("w")
        keys.append(terminal.until(WINDOWS[(shown + 1) % len(WINDOWS)], 10.0))
        memory.append(process.memory_info().rss / 2**20)
        terminal.read(1.3)
    times, length = process.cpu_times(), time.monotonic() - begun
    rows = [line.split() for line in (folder / "pictures").read_text().splitlines()]
    pictures = [1000 * float(took) for at, took, _ in rows if begun <= float(at) <= begun + length]
    return {
        "CPU %": 100 * (times.user + times.system - before.user - before.system) / length,
        "picture ms": statistics.median(pictures),
        "key ms": 1000 * statistics.median(keys),
        "RSS MiB": statistics.median(memory),
    }


def measure(seconds: float, then: int, length: float, rate: int) -> dict[str, dict[str, float]]:
    import psutil
    from slow_link import SlowTerminal

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments = [str(seconds), str(then), str(3 * length), str(rate)]
        command = [sys.executable, __file__, "--app", name, *arguments]
        own = {f"XDG_{kind}_HOME": name for kind in ("DATA", "CONFIG", "CACHE")}
        terminal = SlowTerminal(command, own, 50_000_000, True)
        terminal.until("10 cases")
        terminal.send("s")
        terminal.until("LIVE")
        begun, process, found = terminal.now(), psutil.Process(terminal.pid), {}
        terminal.read(SETTLED_S)
        found["first"] = window(terminal, process, folder, length)
        terminal.read(max(0.0, seconds - length - MARGIN_S - (terminal.now() - begun)))
        found["last"] = window(terminal, process, folder, length)
        if then > seconds * scale.RATE:
            filled = wait_until_filled(terminal, folder, then)
            terminal.read(5.0)
            found[f"{filled / 1e6:.2g} M"] = window(terminal, process, folder, length)
        terminal.close("xxqy")
        return found


def wait_until_filled(terminal: Any, folder: Path, samples: int) -> int:
    """Until the recording has so many. How many it then has."""
    count = 0
    with (folder / "session.jsonl").open("rb") as file:
        while count < samples:
            terminal.read(1.0)
            if terminal.status is not None:
                raise SystemExit(f"the app ended with {terminal.status}")
            count += scale.BATCH * file.read().count(b'{"k":"lat"')
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="in real time")
    parser.add_argument(
        "--then", type=int, default=4_000_000, metavar="SAMPLES", help="as fast as it goes, up to these"
    )
    parser.add_argument("--rate", type=int, default=5000, help="passes a second, a multiple of 10")
    parser.add_argument("--hour", action="store_true", help="an hour of a usual session, and its memory")
    parser.add_argument("--window", type=float, default=20.0, metavar="S")
    parser.add_argument("--quick", action="store_true", help="two minutes, and a million samples: does it work")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.then, options.window = 100.0, 1_000_000, 12.0
    if options.hour:
        options.rate, options.then = HOUR_RATE, 3600 * HOUR_RATE
        options.seconds = SETTLED_S + 2 * (options.window + MARGIN_S)
    use(options.rate)
    found = measure(options.seconds, options.then, options.window, options.rate)
    first, names = found["first"], list(found["first"])
    print(f"{scale.RATE} samples/s for {options.seconds:g} s, windows of {options.window:g} s")
    print("window    " + "".join(f"{name:>22}" for name in names))
    for name, figures in found.items():
        cells = (f"{figures[key]:.1f} ({figures[key] / first[key]:.2f})" for key in names)
        print(f"{name:10}" + "".join(f"{cell:>22}" for cell in cells))
    grown = list(found.values())[-1]["RSS MiB"] - first["RSS MiB"]
    if options.hour:
        print(f"memory grows by {grown:.1f} MiB; limit {GROWTH_MIB:g}: {'holds' if grown < GROWTH_MIB else 'MISSED'}")
        return
    last = found["last"]
    for key, limit in LIMITS.items():
        ratio = last[key] / first[key]
        print(f"{key}, last to first {ratio:.2f}; limit {limit:g}: {'holds' if ratio <= limit else 'MISSED'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--agent"]:
        agent(float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
    elif sys.argv[1:2] == ["--app"]:
        sys.exit(app(Path(sys.argv[2]), sys.argv[3:]))
    else:
        main()
