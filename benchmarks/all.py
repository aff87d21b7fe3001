"""Every benchmark, one after the other: python benchmarks/all.py [--quick]

Each runs in an interpreter of its own; one that fails is said at the end and does not keep the others from running.
Without --quick the last two take an hour each, and the machine should have nothing else to do.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Name, and what makes it quick. The cheapest first.
BENCHMARKS = (
    ("loop_overhead.py", ("--quick",)),
    ("poller_cost.py", ()),
    ("screen_cost.py", ("--quick",)),
    ("screen_peers.py", ("--quick",)),
    ("slow_link.py", ("--quick",)),
    ("long_session.py", ("--quick",)),
    ("recording_scale.py", ("--quick",)),
    ("export_speed.py", ("--quick",)),
    ("remote.py", ("--quick",)),
    ("fleet.py", ("--quick",)),
    ("run_overhead.py", ("--quick",)),
    ("calibration.py", ("--quick",)),
    ("against_bare_loop.py", ("--quick",)),
    ("verdicts.py", ("--quick",)),
    ("against_peers.py", ("--quick",)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rounds: do they work")
    quick = parser.parse_args().quick
    failed = []
    for name, faster in BENCHMARKS:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, str(HERE / name), *(faster if quick else ())], check=False).returncode:
            failed.append(name)
        print(flush=True)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
