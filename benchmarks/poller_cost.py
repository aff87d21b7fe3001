"""What a tick of the sensor poller costs: CPU microseconds of a row, against the usual ways to read the same things.

python benchmarks/poller_cost.py [ROOT]        ROOT: a board to read; by default fake boards of the tests, and /

Prints one JSON object a board. ``row_us`` is ``SensorBoard.read`` whole, with its parsing; ``tick_us`` a tick of the
poller's thread at 50 Hz, wake-up and callback included, ``percent_of_a_core_at_10_hz`` follows from it; ``open_us`` the
search for sensors at the start; ``rss_mib`` the process with this benchmark in it; ``open_read_us`` is open().read() of
the same files and nothing more; ``psutil_us`` is psutil on this machine for those of load, memory, clocks and
temperatures that the board has (of ``/`` only: psutil has no root prefix).
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent / "tests")]

from board_tree import lay_out, manifest  # noqa: E402
from jetbench_agent.sensors import Poller, open_board  # noqa: E402

ROUNDS, TICKS = 15, 200


def cost_us(call):
    """Median over the rounds of the CPU time a call takes."""
    rounds = []
    for _ in range(ROUNDS):
        begun = time.process_time_ns()
        for _ in range(TICKS):
            call()
        rounds.append((time.process_time_ns() - begun) / TICKS / 1000)
    return round(statistics.median(rounds), 1)


def by_open(paths):
    def read():
        for path in paths:
            try:
                with open(path) as file:  # noqa: PTH123
                    file.read()
            except (OSError, TypeError):  # a gated zone
                pass

    return read


def by_psutil(quantities):
    """A call that has psutil read the same quantities; None without psutil."""
    try:
        import psutil
    except ImportError:
        return None
    calls = {
        "load": [psutil.cpu_percent],
        "memory": [psutil.virtual_memory, psutil.swap_memory],
        "clock": [psutil.cpu_freq],
        "temperature": [psutil.sensors_temperatures],
        "fan": [psutil.sensors_fans],
    }
    wanted = [call for quantity in sorted(quantities) for call in calls.get(quantity, ())]
    return lambda: [call() for call in wanted]


def polled_us(board):
    """CPU time a tick of the whole poller takes, at 50 Hz for two seconds."""
    poller = Poller(board, lambda *_: None, lambda *_: None, lambda _: None, period=0.02)
    begun = time.process_time_ns()
    poller.start()
    time.sleep(2)
    poller.stop()
    return round((time.process_time_ns() - begun) / poller.ticks / 1000, 1)


def rss_mib():
    with open("/proc/self/status") as file:  # noqa: PTH123
        return round(next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024, 1)


def measure(root):
    begun = time.perf_counter()
    board = open_board(root)
    opened_us = round((time.perf_counter() - begun) * 1e6)
    channels = board.describe()["channels"]
    paths = [file.path for file in board._root._kept]
    row, opened, tick = cost_us(board.read), cost_us(by_open(paths)), polled_us(board)
    found = {
        "root": root,
        "channels": len(channels),
        "files": len(paths),
        "row_us": row,
        "tick_us": tick,
        "percent_of_a_core_at_10_hz": round(tick * 10 / 1e4, 2),
        "open_us": opened_us,
        "rss_mib": rss_mib(),
        "open_read_us": opened,
        "times_cheaper_than_open": round(opened / row, 1),
    }
    psutil_read = by_psutil({channel["quantity"] for channel in channels}) if root == "/" else None
    if psutil_read:
        found["psutil_us"] = cost_us(psutil_read)
        found["times_cheaper_than_psutil"] = round(found["psutil_us"] / row, 1)
    board.close()
    return found


def main():
    if len(sys.argv) > 1:
        print(json.dumps(measure(sys.argv[1])))
        return
    for name in ("orin-nano", "rpi5", "x86-laptop-rapl"):
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(dict(measure(str(lay_out(manifest(name), Path(folder)))), board=name + " (fake)")))
    print(json.dumps(dict(measure("/"), board="this machine")))


if __name__ == "__main__":
    main()
