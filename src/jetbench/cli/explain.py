"""jetbench-tui explain: why a model is as fast as it is here, and the trials that test it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from jetbench.cli.errors import MEASURED, SOME_FAILED, CliError
from jetbench.cli.options import HOST, JSON, PYTHON, ROOT, host_of, inherited, sensor_arguments, sensor_options
from jetbench.cli.progress import Printer
from jetbench.cli.run import run_signals
from jetbench.cli.session import fault_code, fault_error, make_worker, started
from jetbench.domain.explaining import ROUNDS, explaining, first_of
from jetbench.domain.plan import Plan, PlanError, parse_size
from jetbench.domain.results import CaseResult
from jetbench.domain.text import printable
from jetbench.domain.variants import PLAIN
from jetbench.domain.why import STALLED
from jetbench.session.state import SessionState
from jetbench.session.worker import SessionWorker


@click.command("explain")
@click.argument("model", metavar="MODEL")
@click.option("-b", "--batch", type=int, default=1, metavar="N", help="Batch size.")
@click.option("-s", "--size", metavar="N", help="Input size. Default: the model's own.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="Where it runs.")
@click.option("--dtype", type=click.Choice(PLAIN), default="fp32", help="Numbers it computes with.")
@click.option("--threads", type=int, metavar="N", help="Threads of a pass. Default: every core but one.")
@click.option("--weights", metavar="NAME|FILE", help="A torchvision weights entry or a checkpoint. Default: random.")
@click.option("--rounds", type=click.IntRange(0, 100), default=ROUNDS, metavar="N", help="Of the trials; 0: none.")
@click.option("--seed", type=int, default=0, metavar="N", help="Of their order.")
@click.option("--no-mkldnn", is_flag=True, help="Without oneDNN, as on a torch that is built without it.")
@HOST
@PYTHON
@ROOT
@sensor_options
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The recording.")
@JSON
@click.pass_context
def command(ctx: click.Context, /, output: Path | None, as_json: bool, **options: Any) -> None:
    """Why a model is as fast as it is here: the verdict, its evidence, and the trials that test it."""
    python, root = inherited(ctx, options)
    host, arguments = host_of(ctx, options), sensor_arguments(options, ctx)
    worker = make_worker(python, root, screen=False, output=output, sensors=arguments, host=host)
    plan = _plan(options)
    with started(worker), run_signals(worker):
        try:
            worker.run(plan)
        except RuntimeError as error:
            raise CliError(str(error)) from error
        printer = Printer(sys.stderr, quiet=as_json)
        while not worker.wait(printer.interval):
            printer.update(worker.snapshot())
        printer.finish(worker.snapshot())
    ctx.exit(_conclude(worker, as_json))


def _plan(options: dict[str, Any]) -> Plan:
    try:
        base = Plan(
            models=(options["model"],),
            variants=(options["dtype"],),
            batches=(options["batch"],),
            sizes=(parse_size(options["size"]),) if options["size"] else (),
            device=options["device"],
            threads=options["threads"],
            weights=options["weights"],
            seed=options["seed"],
            onednn=not options["no_mkldnn"],
        )
        return explaining(first_of(base, options["model"]), base, options["rounds"])
    except PlanError as error:
        raise CliError(str(error)) from error


def _conclude(worker: SessionWorker, as_json: bool) -> int:
    snapshot = worker.snapshot()
    if snapshot.status in ("failed", "lost"):
        raise fault_error(snapshot, fault_code(worker))
    found: tuple[CaseResult, ...] = worker.read(SessionState.case_results)
    if not found:
        raise CliError("nothing was measured", SOME_FAILED)
    result = found[0]
    if as_json:
        from jetbench.export.document import document
        from jetbench.export.json import dumps

        print(dumps(worker.read(document)))
    elif result.why is None:
        print(f"{printable(result.case.model)}: {printable(result.error or 'interrupted before anything was known')}")
    else:
        print("\n".join(_lines(result)))
        if worker.recording is not None:
            print(f"\nrecording  {worker.recording}")
    told = result.why is not None and (result.why.roofline is not None or result.why.verdict.kind == STALLED)
    return MEASURED if told else SOME_FAILED


def _lines(result: CaseResult) -> list[str]:
    from jetbench.export import why

    assert result.why is not None
    case = result.case
    size = f" {'x'.join(map(str, result.model.input))}" if result.model is not None and result.model.input else ""
    off = " without oneDNN" if result.why.onednn is False and case.device == "cpu" else ""
    threads = "1 thread" if case.threads == 1 else f"{case.threads} threads"
    head = f"{printable(case.model)}{size} {case.variant} on {case.device}, {threads}{off}:"
    return [head, *why.lines(result.why)]
