"""Whether a calibration repeats: the roofs of this machine, each time in a process of its own.

    python benchmarks/calibration.py                  5 times, fp32, one thread
    python benchmarks/calibration.py --times 10 --dtype bf16 --threads 2 --pause 20

Prints how long each took, its roofs, how far its own best rounds were apart, and last how far the roofs of all of
them are apart ((highest - lowest) / median). Those of which the best rounds did not agree are not kept by the agent,
and are told apart. Exit status 1 where the kept ones differ by more than 5 %.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from statistics import median
from typing import Any

from jetbench_agent import kept_calibrations

WANTED = 0.05


def calibrated(job: dict[str, Any], answer: Any) -> None:
    from jetbench_agent.bench import calibrate

    calibrate.run(job, lambda kind, **fields: answer.put({"k": kind, **fields}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5, metavar="N")
    parser.add_argument("--dtype", default="fp32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--core", type=int, action="append", metavar="N", help="keep to it (may be given again)")
    parser.add_argument("--pause", type=float, default=0.0, metavar="S", help="between them")
    parser.add_argument("--quick", action="store_true", help="twice, and no limit: does it work")
    options = parser.parse_args()
    if options.quick:
        options.times = 2
    job = {"device": options.device, "dtype": options.dtype, "threads": options.threads, "cores": options.core}
    context = multiprocessing.get_context("spawn")
    found = []
    for number in range(options.times):
        if number:
            time.sleep(options.pause)
        answer = context.Queue()
        child = context.Process(target=calibrated, args=(job, answer))
        child.start()
        found.append(answer.get(timeout=120))
        child.join()
        tell(found[-1])
    kept = [event for event in found if kept_calibrations.trusted(event)]
    print(f"\n{len(kept)} of {len(found)} would be kept")
    return 0 if compared("kept", kept) or options.quick else 1


def tell(event: dict[str, Any]) -> None:
    words = [f"{event['ns'] * 1e-9:.1f} s"]
    for name, factor, unit in (
        ("peak_flops", 1e-9, "GFLOP/s"),
        ("bandwidth", 1e-9, "GB/s"),
        ("calls", 1e-3, "k calls/s"),
    ):
        by, spread = event[name + "_by"], event[name + "_spread"]
        words.append(f"{event[name] * factor:8.4g} {unit} ({by}, best rounds {spread:.1%} apart)")
    print("  ".join(words), flush=True)


def compared(title: str, events: list[dict[str, Any]]) -> bool:
    if len(events) < 2:
        print(f"{title}: too few to compare")
        return False
    worst = 0.0
    for name in kept_calibrations.ROOFS:
        values = [event[name] for event in events]
        apart = (max(values) - min(values)) / median(values)
        worst = max(worst, apart)
        print(f"{title} {name:<11} {apart:6.1%} apart, median {median(values):.4g}")
    return worst <= WANTED


if __name__ == "__main__":
    sys.exit(main())
