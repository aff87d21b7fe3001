"""jetbench-tui run: the headless twin of the app over the same session."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click
import msgspec

from jetbench.cli.errors import INTERRUPTED, MEASURED, SOME_FAILED, CliError
from jetbench.cli.options import (
    DASK,
    DOWNLOAD,
    HOSTS,
    PYTHON,
    ROOT,
    duty_cycle,
    duty_options,
    host_of,
    inherited,
    sensor_arguments,
    sensor_options,
)  # fmt: skip
from jetbench.cli.watch import Watch, watch
from jetbench.cli.watch import options as watch_options
from jetbench.domain import plan as plans
from jetbench.domain.plan import Plan, PlanError
from jetbench.domain.text import printable

if TYPE_CHECKING:  # imported while the agent starts, which takes as long
    from jetbench.analysis.duty import DutyCycle
    from jetbench.link.base import Link
    from jetbench.session.state import SessionState
    from jetbench.session.worker import SessionWorker

TERMINATED = 143
FIRST_ROW_S = 1.0  # the sensors are read for the first time as soon as the board has described itself
_AS_THEY_ARE = (
    "device", "threads", "weights", "arch", "k", "rounds", "seed", "fresh", "energy", "force", "end_to_end", "images",
    "why", "data", "labels", "data_limit",
)  # fmt: skip


class Stoppable(Protocol):
    def stop(self, force: bool = False) -> None: ...


class Wanted(msgspec.Struct, frozen=True):
    """What is to come out of a run, beside its table."""

    recording: Path | None = None  # None: the user's data folder
    csv: Path | None = None
    json: bool = False  # instead of the table
    duty: DutyCycle | None = None
    watch: Watch = msgspec.field(default_factory=Watch)  # beside a recording
    download: bool = False  # models may fetch what they lack first
    host: str | None = None  # measured there
    wait: bool = False  # until nobody else measures on the board


@click.command("run")
@click.argument("plan_file", metavar="[PLAN.toml]", required=False, type=click.Path(path_type=Path))
@click.option("-m", "--model", "models", multiple=True, metavar="MODEL", help="A model; again for more, or a,b,c.")
@click.option("-b", "--batch", metavar="1,2,4", help="Batch sizes.")
@click.option("-s", "--size", metavar="224", help="Input sizes: 224, 128,224 or 240x320. Default: the model's own.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), help="auto: CUDA where a kernel really runs.")
@click.option("--dtype", metavar="fp32,...", help=f"Variants: {', '.join(plans.VARIANTS)}.")
@click.option("--threads", type=int, metavar="N", help="Threads of a pass. Default: every core but the screen's.")
@click.option("--weights", metavar="NAME|FILE", help="A torchvision weights entry or a checkpoint. Default: random.")
@click.option("--arch", metavar="MODEL", help="With -m FILE.pt that holds weights alone: what they are the weights of.")
@DOWNLOAD
@click.option("-k", "k", type=int, metavar="N", help="Passes after the first. Default: 10.")
@click.option("--until", metavar="1%", help="Instead of -k: until the median is known that well.")
@click.option("--max-time", metavar="60s", help="Measuring a case stops here.")
@click.option("--case-timeout", metavar="10m", help="A case without a sign of life for so long is killed.")
@click.option("--warmup", metavar="N|auto", help="Passes between the first and those that count; auto: until flat.")
@click.option("--cooldown", metavar="30s", help="Longest wait before a case until the board is as cool as it was.")
@click.option("--energy", is_flag=True, default=None, help="Joules: a block of passes, with idle before and after.")
@click.option("--energy-time", metavar="10s", help="Least length of that block.")
@click.option("--idle-time", metavar="15s", help="Idle before it.")
@click.option("--soak", metavar="15m", help="Then passes back to back until the board has settled, that long at most.")
@click.option("--force", is_flag=True, default=None, help="Run what will hardly fit into memory.")
@click.option("--end-to-end", is_flag=True, default=None, help="Time reading and preparing images too, part by part.")
@click.option("--images", metavar="FOLDER", help="Images for --end-to-end. Default: made for the purpose.")
@click.option("--data", metavar="FOLDER|CSV|torchvision:NAME", help="Labelled images: top-1, top-5.")
@click.option("--labels", metavar="FILE|sorted", help="Which output each class of --data is. Default: by its name.")
@click.option("--data-limit", type=int, metavar="N", help="Images of --data at most, drawn with the seed.")
@click.option("--rounds", type=int, metavar="N", help="Measure all cases N times, each round in random order.")
@click.option("--seed", type=int, metavar="N", help="Of that order.")
@click.option(
    "--expect",
    multiple=True,
    metavar="TEXT",
    help="What you expect, scored afterwards: 'latency: a < b', 'energy: a / b = 2'.",
)
@click.option("--why", is_flag=True, default=None, help="Say why: a profile after the timed passes of each case.")
@click.option("--fresh", is_flag=True, default=None, help="A new interpreter for every case instead of a fork.")
@click.option(
    "--resume",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Finish what a cut session left, in its recording; --anyway: although another board, torch, ... recorded it.",
)
@watch_options
@duty_options
@HOSTS
@DASK
@click.option("--wait", is_flag=True, help="Where somebody else measures on the board: until that is over.")
@PYTHON
@ROOT
@sensor_options
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The recording.")
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path), metavar="PATH", help="Export: a folder, or FILE.csv."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")
@click.pass_context
def command(ctx: click.Context, /, plan_file: Path | None, output: Path | None, **options: Any) -> None:
    """Measure without a screen: progress, a table, a recording."""
    if options["resume"] is not None:
        from jetbench.cli.resume import resume

        ctx.exit(resume(ctx, options))
    plan = plan_from(plan_file, options)
    from jetbench.cli.fleet_members import asked_for

    boards = asked_for(ctx, options, plan)
    if boards:
        from jetbench.cli.fleet import run_fleet

        ctx.exit(run_fleet(plan, boards, output, options))
    plan = msgspec.structs.replace(plan, boards=())
    python, root = inherited(ctx, options)
    sensors = sensor_arguments(options, ctx)
    duty, beside = duty_cycle(options["rate"], options["battery"]), watch(options, plan)
    where = host_of(ctx, options), options["wait"]
    wanted = Wanted(output, options["csv_path"], options["as_json"], duty, beside, options["download"], *where)
    ctx.exit(measure(plan, python, root, wanted, sensors))


def run_default(options: dict[str, Any]) -> int:
    """The default plan, as `jetbench-tui` without a terminal runs it."""
    plan, sensors = plans.check(Plan()), sensor_arguments(options)
    ctx = click.get_current_context()
    from jetbench.cli.fleet_members import asked_for

    boards = asked_for(ctx, options, plan)
    if boards:
        from jetbench.cli.fleet import run_fleet

        return run_fleet(plan, boards, None, options)
    wanted = Wanted(host=host_of(ctx, options))
    return measure(plan, options.get("python"), options.get("root"), wanted, sensors)


def plan_from(path: Path | None, options: dict[str, Any]) -> Plan:
    """The plan of a file, or the default one, with what the command line says instead."""
    try:
        plan = plans.load(path) if path is not None else Plan()
        changes: dict[str, Any] = {name: options[name] for name in _AS_THEY_ARE if options.get(name) is not None}
        if options["models"]:
            changes["models"] = tuple(name for word in options["models"] for name in _models(word))
        if options["batch"] is not None:
            changes["batches"] = plans.parse_counts(options["batch"], "list of batches")
        if options["size"] is not None:
            changes["sizes"] = tuple(plans.parse_size(word) for word in options["size"].split(","))
        if options["dtype"] is not None:
            changes["variants"] = tuple(options["dtype"].split(","))
        if options["until"] is not None:
            changes["until"] = plans.parse_percent(options["until"])
            changes.setdefault("k", None)
        elif "k" in changes:
            changes["until"] = None
        if options["expect"]:
            changes["expect"] = tuple(options["expect"])
        if options["warmup"] is not None:
            changes["warmup"] = plans.parse_warmup(options["warmup"])
        for name in ("max_time", "case_timeout", "cooldown", "energy_time", "idle_time", "soak"):
            if options[name] is not None:
                changes[name] = plans.parse_duration(options[name], zero=name == "cooldown")
        plan = msgspec.structs.replace(plan, **changes)
        if options.get("arch") and not any(model.endswith(plans.CHECKPOINTS) for model in plan.models):
            endings = ", ".join(plans.CHECKPOINTS)
            raise PlanError(f"--arch says what a file of weights is of, and no model is one ({endings})")
        return plans.check(plan)
    except PlanError as error:
        raise CliError(str(error)) from error


def _models(word: str) -> list[str]:
    """``a,b`` is two models."""
    return [name for name in word.split(",") if name]


def measure(
    plan: Plan,
    python: str | None,
    root: str | None,
    wanted: Wanted,
    sensors: tuple[str, ...] = (),
    begin: Callable[[SessionWorker], None] | None = None,
) -> int:
    """Run a plan to its end and print what came out. Returns the exit status. ``begin`` starts it in another way."""
    if wanted.csv is not None:
        check_writable(wanted.csv)
    told = (*sensors, "--ahead")  # torch is imported while the board is read
    agent = _early(python, root, told) if wanted.host is None else None
    from jetbench.cli.progress import Printer
    from jetbench.cli.session import make_worker, started

    given: dict[str, Any] = {"screen": not wanted.json, "output": wanted.recording, "sensors": told}
    worker = make_worker(python, root, host=wanted.host, agent=agent, **given)
    worker.patient = wanted.wait
    worker.download = wanted.download
    with started(worker), run_signals(worker) as received:
        wanted.watch.begin(worker, plan)
        if not wanted.json:
            _print_warnings(worker)
        try:
            if not received:
                (begin or (lambda worker: worker.run(plan)))(worker)
        except RuntimeError as error:
            raise CliError(str(error)) from error
        _import_what_prints(wanted.json)
        printer = Printer(sys.stderr, quiet=wanted.json)
        while not worker.wait(printer.interval):
            printer.update(worker.snapshot())
            wanted.watch.update(worker, sys.stderr)
        printer.finish(worker.snapshot())
        wanted.watch.finish(worker, sys.stderr)
        threading.Thread(target=worker.close, name="close").start()  # its processes end while the table is made
        return conclude(worker, wanted, received)


def _early(python: str | None, root: str | None, sensors: tuple[str, ...]) -> Link:
    """An agent of this machine that starts while what reads it is imported; it ends with this process.

    Raises CliError.
    """
    from jetbench.link.base import LinkError
    from jetbench.link.local import LocalLink

    try:
        return LocalLink(python, Path(root) if root else None, sensors)
    except LinkError as error:
        raise CliError(str(error)) from error


def _import_what_prints(as_json: bool) -> None:
    """While the agent imports torch, not when all is measured and somebody waits."""
    if not as_json:
        from jetbench.export import table  # noqa: F401
    from jetbench.analysis import case  # noqa: F401
    from jetbench.export import document, json  # noqa: F401


def _print_warnings(worker: SessionWorker) -> None:
    """What of the board's state would spoil the run, a line each: the app's sheet before the start."""
    from jetbench.analysis.board_checks import troubles
    from jetbench.session.readiness import readiness

    worker.wait_board(FIRST_ROW_S, rows=1)
    for finding in troubles(readiness(worker.snapshot())):
        mend = f" ({finding.remedy})" if finding.remedy else ""
        print(f"warning: {finding.name}: {finding.text}{mend}", file=sys.stderr)


def conclude(worker: SessionWorker, wanted: Wanted, received: list[int]) -> int:
    """Table or document, files, exit status."""
    from jetbench.cli.session import fault_code, fault_error
    from jetbench.export.document import document
    from jetbench.export.json import dumps

    snapshot = worker.snapshot()
    begun = bool(snapshot.cases)
    if begun:
        if wanted.json:
            print(dumps(worker.read(lambda state: document(state, wanted.duty)) | wanted.watch.document()))
        else:
            _print_table(worker, wanted.duty, wanted.watch)
        if wanted.csv is not None:
            _export_csv(worker, wanted.csv, wanted.json)
    if snapshot.recording_ended:
        text = f"the recording ended early: {snapshot.recording_ended}; what is printed and exported here is whole"
        print(f"jetbench-tui: {printable(text)}", file=sys.stderr)
    if received and not begun:
        print("jetbench-tui: interrupted before the first case: nothing was measured or recorded", file=sys.stderr)
    if received and (not begun or snapshot.status == "interrupted"):
        return TERMINATED if received[0] == signal.SIGTERM else INTERRUPTED
    if snapshot.status in ("failed", "lost"):
        raise fault_error(snapshot, fault_code(worker))
    measured = all(case.status == "measured" for case in snapshot.cases)
    return MEASURED if measured and not wanted.watch.regressed else SOME_FAILED


def _print_table(worker: SessionWorker, duty: DutyCycle | None, watch: Watch) -> None:
    from jetbench.export.table import print_table

    def show(state: SessionState) -> None:
        print_table(state, sys.stdout, duty=duty)

    worker.read(show)
    watch.print_summary(sys.stdout)
    if worker.recording is not None and not worker.snapshot().recording_ended:
        print(f"\nrecording  {worker.recording}")
        print(f"export     jetbench-tui export {worker.recording} -f csv")


def _export_csv(worker: SessionWorker, path: Path, as_json: bool) -> None:
    from jetbench.cli.export import export_file
    from jetbench.export import csv
    from jetbench.export.files import ExportError

    def write_kept(state: SessionState) -> tuple[Path, ...]:
        if path.suffix.lower() != ".csv":
            return csv.write_folder(path, state)
        csv.write_cases(path, state)
        return (path,)

    try:
        if worker.recording is not None and not worker.snapshot().recording_ended:
            written = export_file(worker.recording, "csv", path)
        else:  # the disk took no recording: what is still in memory
            written = worker.read(write_kept)
    except (ExportError, CliError) as error:
        raise CliError(f"--csv: {error}", SOME_FAILED) from error
    if not as_json:
        print(f"csv        {', '.join(str(file) for file in written)}")


def check_writable(path: Path) -> None:
    """Refuse a CSV path that could not be written, before minutes are spent measuring."""
    folder = path.parent if path.suffix.lower() == ".csv" else path
    try:
        if path.suffix.lower() == ".csv" and path.is_dir():
            raise CliError(f"--csv {path}: is a folder")
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".jetbench-{id(path):x}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CliError(f"--csv {path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def run_signals(worker: Stoppable) -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM end the run softly, a second one at once. Yields what was received."""
    received: list[int] = []

    def handle(number: int, _frame: object) -> None:
        received.append(number)
        worker.stop(force=len(received) > 1)
        if len(received) == 1:
            print("\nstopping; again to stop at once", file=sys.stderr)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
