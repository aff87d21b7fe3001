"""Recordings of many samples: size, and times to open, seek, scan and load, beside SQLite and Parquet.

python benchmarks/recording_scale.py [--samples 1000000] [-n ROUNDS] [--quick] [--keep FILE]

The session is made up: 5 000 passes a second in batches of 500, 30 channels ten times a second, ten cases, a checkpoint
every 5 s; the lines are those that the agent sends. Durations repeat after 97 batches, which flatters what compresses.

  recording  this program's file: recording.opened, recording.seek, recording.reader
  SQLite     a row with two blobs of 64-bit numbers a batch, an index on time
  Parquet    a row a sample, row groups of 10 s, zstd; only with pyarrow

Written, opened, sought (20 moments at random) and scanned in turns, so that what else the machine does meets all alike;
the medians of the rounds are shown. "scan" ends with every duration as a number that Python can add up. Opening drops
the file from the page cache first. "recorded" is what recording takes while passes come, in real time and in per cent
of a core: of the writer alone, and of all that the screen side does with an event: decode, check, fold, record.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))

from jetbench.domain import events as ev  # noqa: E402
from jetbench.recording import reader  # noqa: E402
from jetbench.recording.checkpoints import Index  # noqa: E402
from jetbench.recording.format import header  # noqa: E402
from jetbench.recording.opened import open_session  # noqa: E402
from jetbench.recording.seek import next_mark, previous_mark, seek  # noqa: E402
from jetbench.recording.writer import RecordingWriter  # noqa: E402

RATE, BATCH, CASES, CHANNELS = 5000, 500, 10, 30
BATCH_NS = BATCH * 1_000_000_000 // RATE
T0 = 1_000_000_000_000
CHECKPOINT_NS = 5_000_000_000
SEEKS = 20
LIMITS = {"open": 0.5, "seek": 0.1, "scan": 3.0, "recorded": 3.0}


@dataclass(frozen=True)
class Batch:
    """A tenth of a second: passes, and a row of telemetry."""

    number: int
    case: int
    t: int
    starts: list[int]
    durations: list[int]
    row: list[int]


def batches(samples: int, cases: int = CASES) -> Iterator[Batch]:
    chance = random.Random(1)
    pool = [[int(160_000 * chance.lognormvariate(0, 0.05)) for _ in range(BATCH)] for _ in range(97)]
    count = samples // BATCH
    for number in range(count):
        durations, starts, at = pool[number % 97], [], 0
        for duration in durations:
            starts.append(at)
            at += duration + 4000
        row = [7_000_000 + (number * 37 + channel * 1009) % 9973 for channel in range(CHANNELS)]
        yield Batch(number, number * cases // count, T0 + number * BATCH_NS, starts, durations, row)


def board() -> ev.Board:
    quantities = ("power", "temperature", "clock", "load", "voltage")
    channels = [
        ev.Channel(id=f"{quantity}.cpu{n}", quantity=quantity, name=f"cpu{n}", unit="x", scale=1e-3)
        for n in range(CHANNELS // len(quantities))
        for quantity in quantities
    ]
    return ev.Board(t=T0, model="made up", channels=tuple(channels))


# -- this program's recording


def lines(batch: Batch, last_case: int, per_case: int) -> list[bytes]:
    """What the agent sends in that time."""
    events = []
    if batch.case != last_case:
        events += [{"k": "case_end", "c": last_case, "r": 0, "status": "measured"}] if last_case >= 0 else []
        events.append({"k": "case", "c": batch.case, "r": 0})
    passes = {"c": batch.case, "r": 0, "i": batch.number % per_case * BATCH}
    events.append({"k": "lat", **passes, "b": batch.t, "s": batch.starts, "d": batch.durations})
    events.append({"k": "tel", "v": batch.row})
    made = []
    for place, event in enumerate(events):
        kind = event.pop("k")
        whole = {"k": kind, "t": batch.t + BATCH_NS - 1000 + place, **event, "n": 2 * batch.number + place}
        made.append(json.dumps(whole, separators=(",", ":")).encode() + b"\n")
    return made


def opening_lines() -> list[bytes]:
    cases = tuple(ev.Case(id=n, model=f"model {n}", size=(224, 224)) for n in range(CASES))
    run = ev.RunStart(t=T0, cases=cases, order=(tuple(range(CASES)),), protocol=ev.Protocol())
    return [ev.encode(header(board=board(), t=T0, wall_ns=1_764_000_000_000_000_000)) + b"\n", ev.encode(run) + b"\n"]


class Lines:
    """Lines of a session, a list for each tenth of a second."""

    def __init__(self, samples: int) -> None:
        self.per_case = max(1, samples // BATCH // CASES)
        self.last = -1

    def of(self, batch: Batch) -> list[bytes]:
        made = lines(batch, self.last, self.per_case)
        self.last = batch.case
        return made


def write_recording(path: Path, samples: int) -> float:
    """As the recorder would have in the time that the session tells. Returns CPU seconds without making it up."""
    made, index, spent, noted, size = Lines(samples), Index(), 0.0, T0, 0
    with path.open("wb") as file:
        for number, batch in enumerate(batches(samples)):
            todo = (opening_lines() if not number else []) + made.of(batch)
            if batch.number == samples // BATCH - 1:
                ends = (ev.CaseEnd(t=batch.t + BATCH_NS, c=batch.case), ev.RunEnd(t=batch.t + BATCH_NS, status="done"))
                todo += [ev.encode(event) + b"\n" for event in ends]
            begun = time.process_time()
            file.write(b"".join(todo))
            file.flush()
            index.take(todo, size)
            size += sum(map(len, todo))
            if batch.t - noted >= CHECKPOINT_NS or batch.number == samples // BATCH - 1:
                line = index.line(batch.t + BATCH_NS, {"status": "running", "finished": batch.case, "cases": CASES})
                file.write(line)
                index.take([line], size)
                size += len(line)
                noted = batch.t
            spent += time.process_time() - begun
    return spent


def open_recording(path: Path) -> None:
    opened = open_session(path)
    assert opened.checkpoint is not None


def seek_recording(path: Path, t: int) -> None:
    assert next(seek(open_session(path), t))[1].t >= t


def scan_recording(path: Path) -> int:
    return sum(sum(event.d) for _, event in reader.events(path) if isinstance(event, ev.Latency))


# -- SQLite


def write_sqlite(path: Path, samples: int) -> float:
    spent = 0.0
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute("CREATE TABLE lat (t INTEGER, c INTEGER, r INTEGER, i INTEGER, b INTEGER, s BLOB, d BLOB)")
    database.execute("CREATE TABLE tel (t INTEGER, v BLOB)")
    database.execute("CREATE INDEX lat_t ON lat (t)")
    for batch in batches(samples):
        begun = time.process_time()
        blobs = array("q", batch.starts).tobytes(), array("q", batch.durations).tobytes()
        passes = (batch.t, batch.case, 0, batch.number * BATCH, batch.t, *blobs)
        database.execute("INSERT INTO lat VALUES (?, ?, ?, ?, ?, ?, ?)", passes)
        database.execute("INSERT INTO tel VALUES (?, ?)", (batch.t, array("q", batch.row).tobytes()))
        if batch.number % 10 == 9:
            database.commit()
        spent += time.process_time() - begun
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return spent


def open_sqlite(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT max(t) FROM lat").fetchone()[0]


def seek_sqlite(path: Path, t: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT d FROM lat WHERE t >= ? ORDER BY t LIMIT 1", (t - BATCH_NS,)).fetchone()
        assert len(array("q", found[0])) == BATCH


def scan_sqlite(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database:
        return sum(sum(array("q", blob)) for (blob,) in database.execute("SELECT d FROM lat ORDER BY rowid"))


# -- Parquet


def write_parquet(path: Path, samples: int) -> float:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("case", pa.int32()), ("t", pa.int64()), ("duration", pa.int64())])
    spent, kept = 0.0, ([], [], [])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches(samples):
            begun = time.process_time()
            kept[0].extend([batch.case] * BATCH)
            kept[1].extend([batch.t + start for start in batch.starts])
            kept[2].extend(batch.durations)
            if len(kept[0]) >= 10 * RATE or batch.number == samples // BATCH - 1:
                columns = [pa.array(values, field.type) for values, field in zip(kept, schema, strict=True)]
                writer.write_table(pa.table(columns, schema=schema))
                kept = ([], [], [])
            spent += time.process_time() - begun
    return spent


def open_parquet(path: Path) -> None:
    import pyarrow.parquet as pq

    assert pq.ParquetFile(path).metadata.num_rows


def seek_parquet(path: Path, t: int) -> None:
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    for group in range(file.metadata.num_row_groups):
        if file.metadata.row_group(group).column(1).statistics.max >= t:
            assert file.read_row_group(group, columns=["t", "duration"]).num_rows
            return


def scan_parquet(path: Path) -> int:
    """Group by group: Python numbers of a whole column would take gigabytes."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    groups = range(file.metadata.num_row_groups)
    return sum(sum(file.read_row_group(group, columns=["duration"])["duration"].to_pylist()) for group in groups)


@dataclass(frozen=True)
class Format:
    name: str
    suffix: str
    write: Callable[[Path, int], float]
    open: Callable[[Path], None]
    seek: Callable[[Path, int], None]
    scan: Callable[[Path], int]


FORMATS = [
    Format("recording", ".jsonl", write_recording, open_recording, seek_recording, scan_recording),
    Format("SQLite", ".sqlite", write_sqlite, open_sqlite, seek_sqlite, scan_sqlite),
    Format("Parquet", ".parquet", write_parquet, open_parquet, seek_parquet, scan_parquet),
]


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def forget(path: Path) -> None:
    """Out of the page cache."""
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def moments(samples: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    return [T0 + chance.randrange(samples // BATCH - 1) * BATCH_NS for _ in range(SEEKS)]


def compare(folder: Path, samples: int, rounds: int) -> dict[str, dict[str, float]]:
    """Medians over the rounds, by format."""
    formats = list(FORMATS)
    if not _has_pyarrow():
        print("Parquet is left out: pyarrow is not there")
        formats = formats[:2]
    seen: dict[str, dict[str, list[float]]] = {each.name: {} for each in formats}
    total = None
    for number in range(rounds):
        for each in formats:
            path = folder / f"session{each.suffix}"
            path.unlink(missing_ok=True)
            told = seen[each.name]
            told.setdefault("write", []).append(each.write(path, samples))
            told.setdefault("MB", []).append(path.stat().st_size / 1e6)
            forget(path)
            told.setdefault("open", []).append(timed(lambda each=each, path=path: each.open(path)))
            for t in moments(samples, number):
                told.setdefault("seek", []).append(timed(lambda each=each, path=path, t=t: each.seek(path, t)))
            begun = time.perf_counter()
            found = each.scan(path)
            told.setdefault("scan", []).append(time.perf_counter() - begun)
            assert total in (None, found), "two formats that hold different durations"
            total = found
    return {name: {what: statistics.median(values) for what, values in told.items()} for name, told in seen.items()}


def _has_pyarrow() -> bool:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def jumps(path: Path, samples: int) -> tuple[float, float]:
    """Seconds to the next moment that is jumped to, and to the one before; the longest of SEEKS each."""
    opened = open_session(path)
    there = [timed(lambda t=t: next_mark(opened, t)) for t in moments(samples, 7)]
    back = [timed(lambda t=t: previous_mark(opened, t)) for t in moments(samples, 8)]
    return max(there), max(back)


def loaded(path: Path) -> tuple[float, float, float]:
    """Seconds to fold the file and to analyse all cases, and MiB at the peak, in a process of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        from jetbench.session.load import load

        begun = time.perf_counter()
        state = load(path)[0]
        folded = time.perf_counter()
        state.case_results()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os.write(write, json.dumps([folded - begun, time.perf_counter() - folded, peak]).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    fold, analysis, peak = json.loads(text)
    return fold, analysis, peak


def recorded(folder: Path, seconds: float) -> tuple[float, float]:
    """Per cent of a core, in real time: the writer alone, and all the screen side does with an event."""
    from jetbench.session.worker import SessionWorker

    class Nothing:
        """A link over which this benchmark itself brings the events."""

        far = None

        def lines(self) -> Iterator[bytes]:
            return iter(())

        prints = lines

        def send(self, command: object) -> None: ...

        def close(self) -> None: ...

        def describe_end(self) -> str:
            return ""

    samples = int(seconds * RATE)
    writer = RecordingWriter(folder / "writer.jsonl", header(board=board()))
    idle = _paced(samples, len)
    alone = _paced(samples, writer.write)
    writer.close()
    worker = SessionWorker(Nothing, lambda: folder / "worker.jsonl")
    worker._take(ev.encode(board()))
    with worker._lock:
        worker._recorder.begin(board(), {})
    worker._take(opening_lines()[1])
    whole = _paced(samples, worker._take)
    worker.close()
    return (alone - idle) / seconds * 100, (whole - idle) / seconds * 100


def _paced(samples: int, take: Callable[[bytes], object]) -> float:
    """CPU seconds of this process while lines come as they do in a run."""
    made = Lines(samples)
    todo = [made.of(batch) for batch in batches(samples, cases=1)]
    begun, cpu = time.monotonic(), time.process_time()
    for number, together in enumerate(todo, 1):
        for line in together:
            take(line.rstrip(b"\n"))
        time.sleep(max(0.0, begun + number * BATCH_NS * 1e-9 - time.monotonic()))
    return time.process_time() - cpu


def show(told: dict[str, dict[str, float]], samples: int) -> None:
    print(f"{samples / 1e6:g} million samples, {samples / RATE:.0f} s of a session at {RATE} a second")
    print(f"{'':10} {'MB':>8} {'write %':>8} {'open ms':>9} {'seek ms':>9} {'scan s':>8}")
    for name, each in told.items():
        share = each["write"] / (samples / RATE) * 100
        times = f"{each['open'] * 1e3:9.1f} {each['seek'] * 1e3:9.2f} {each['scan']:8.2f}"
        print(f"{name:10} {each['MB']:8.1f} {share:8.3f} {times}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("-n", "--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round of 100 000 samples: does it work")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the recording, and make nothing else")
    options = parser.parse_args()
    samples, rounds = (100_000, 1) if options.quick else (max(BATCH * CASES, options.samples), options.rounds)
    if options.keep is not None:
        write_recording(options.keep, samples)
        return
    folder = Path(tempfile.mkdtemp(prefix="jetbench-scale-"))
    try:
        told = compare(folder, samples, rounds)
        show(told, samples)
        path = folder / "session.jsonl"
        there, back = jumps(path, samples)
        print(f"next moment {there * 1e3:.1f} ms, previous {back * 1e3:.1f} ms (the longest of {SEEKS})")
        fold, analysis, peak = loaded(path)
        print(f"load {fold:.2f} s, analysis of all cases {analysis:.2f} s, {peak:.0f} MiB at the peak")
        writer, whole = recorded(folder, 2.0 if options.quick else 20.0)
        print(f"recorded: the writer {writer:.2f} % of a core, decode, check, fold and record {whole:.2f} %")
        mine = {**told["recording"], "recorded": writer}
        over = [f"{what} {mine[what]:.3g} (limit {limit:g})" for what, limit in LIMITS.items() if mine[what] > limit]
        print("over the limit: " + ", ".join(over) if over else "within the limits: " + str(LIMITS))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
