"""Exports of many samples: samples.csv against pyarrow's CSV writer, and every format's time, size and memory.

python benchmarks/export_speed.py [--samples 1000000] [-n ROUNDS] [--quick]

The recording is the one that recording_scale.py makes up: 5 000 passes a second in ten cases, 30 channels ten times a
second. First, in turns and in one process, the same columns of the same samples as CSV:

  jetbench         samples.csv as the export writes it: the flags of every pass told, digits made, file complete
  pyarrow          pyarrow.csv.write_csv of a table that is there already
  pyarrow, whole   the same with the making of that table from the session, flags told too

Medians of the rounds; CPU is that of the process. Both files are read back by pyarrow and compared. Then each format
once, in a process of its own that first loads the recording: the export's seconds, the size of what it wrote, and how
much it raised the peak of resident memory above that of the loaded session. Without pyarrow there is only this part.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE)]

from jetbench.cli.export import FORMATS  # noqa: E402
from jetbench.export import csv, parquet  # noqa: E402
from jetbench.export.files import ExportError  # noqa: E402
from jetbench.session.load import load  # noqa: E402
from jetbench.session.state import SessionState  # noqa: E402


def as_table(state: SessionState) -> Any:
    import pyarrow as pa

    return pa.Table.from_batches(parquet._samples(state))


def by_pyarrow(table: Any, path: Path) -> None:
    from pyarrow import csv as pyarrow_csv

    pyarrow_csv.write_csv(table, str(path), pyarrow_csv.WriteOptions(quoting_style="needed"))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(seconds, CPU seconds)."""
    cpu, begun = time.process_time(), time.perf_counter()
    work()
    return time.perf_counter() - begun, time.process_time() - cpu


def same(one: Path, other: Path) -> bool:
    """Whether two files read as the same table, number by number."""
    from pyarrow import csv as pyarrow_csv

    options = pyarrow_csv.ConvertOptions(column_types={"flags": "string"}, strings_can_be_null=False)
    return pyarrow_csv.read_csv(one, convert_options=options).equals(
        pyarrow_csv.read_csv(other, convert_options=options)
    )


def against_pyarrow(state: SessionState, folder: Path, rounds: int) -> None:
    ours, theirs = folder / "samples.csv", folder / "pyarrow.csv"
    table = as_table(state)
    ways: dict[str, Callable[[], object]] = {
        "jetbench": lambda: csv._write_samples(ours, state),
        "pyarrow": lambda: by_pyarrow(table, theirs),
        "pyarrow, whole": lambda: by_pyarrow(as_table(state), theirs),
    }
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 1):  # the first is not counted
        for name in sorted(ways, reverse=number % 2 == 0):
            took = timed(ways[name])
            if number:
                seen[name].append(took)
    wall, cpu = ({name: statistics.median(t[at] for t in took) for name, took in seen.items()} for at in (0, 1))
    size = {"jetbench": ours.stat().st_size, "pyarrow": theirs.stat().st_size, "pyarrow, whole": theirs.stat().st_size}
    print(f"{'samples.csv':16}{'s':>8}{'CPU s':>8}{'MB':>8}{'to jetbench':>13}{'CPU':>7}")
    for name in ways:
        ratios = wall[name] / wall["jetbench"], cpu[name] / cpu["jetbench"]
        print(f"{name:16}{wall[name]:8.2f}{cpu[name]:8.2f}{size[name] / 1e6:8.1f}{ratios[0]:13.2f}{ratios[1]:7.2f}")
    print("the two files hold the same numbers" if same(ours, theirs) else "THE TWO FILES DIFFER")


def peak_mib() -> float:
    """Of this program alone; ru_maxrss begins at what the process that started it had."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def one_format(recording: Path, form: str, target: Path) -> None:
    """In a process of its own; prints a JSON object."""
    begun = time.perf_counter()
    state, _ = load(recording)
    loading = time.perf_counter() - begun
    before = peak_mib()
    try:
        wall, cpu = timed(lambda: FORMATS[form][0](target, state, recording))
    except ExportError as error:
        print(json.dumps({"error": str(error)}))
        return
    files = [path for path in target.rglob("*") if path.is_file()] if target.is_dir() else [target]
    size = sum(path.stat().st_size for path in files)
    told = {"load": loading, "wall": wall, "cpu": cpu, "MB": size / 1e6, "MiB": peak_mib() - before}
    print(json.dumps(told | {"state": before}))


def every_format(recording: Path, folder: Path) -> None:
    print(f"\n{'format':16}{'s':>8}{'CPU s':>8}{'MB':>8}{'MiB more':>10}   whole export, by its command's function")
    found: dict[str, Any] = {}
    for form in FORMATS:
        target = folder / f"out-{form}"
        command = [sys.executable, __file__, "--one", form, str(recording), str(target)]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        if "error" in found:
            print(f"{form:16}{found['error']}")
            continue
        print(f"{form:16}{found['wall']:8.2f}{found['cpu']:8.2f}{found['MB']:8.1f}{found['MiB']:10.0f}", flush=True)
    if "load" in found:
        print(f"the recording loads in {found['load']:.1f} s and takes {found['state']:.0f} MiB, this program included")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("-n", dest="rounds", type=int, default=5, help="rounds against pyarrow")
    parser.add_argument("--quick", action="store_true", help="few samples: does it work")
    parser.add_argument("--one", nargs=3, metavar=("FORM", "RECORDING", "TARGET"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one_format(Path(arguments.one[1]), arguments.one[0], Path(arguments.one[2]))
        return
    from recording_scale import write_recording

    samples, rounds = (50_000, 2) if arguments.quick else (arguments.samples, arguments.rounds)
    with tempfile.TemporaryDirectory() as name:
        folder, recording = Path(name), Path(name) / "session.jsonl"
        write_recording(recording, samples)
        print(f"{samples} samples, a recording of {recording.stat().st_size / 1e6:.1f} MB", flush=True)
        try:
            import pyarrow

            print(f"pyarrow {pyarrow.__version__}")
            against_pyarrow(load(recording)[0], folder, rounds)
        except ImportError:
            print("pyarrow is not there: nothing to compare with")
        every_format(recording, folder)


if __name__ == "__main__":
    main()
