"""jetbench-tui count: what models are, without timing them."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from jetbench.cli.errors import MEASURED, SOME_FAILED, CliError
from jetbench.cli.options import JSON, PYTHON, ROOT, inherited
from jetbench.cli.session import fault_code, fault_error, make_worker, started
from jetbench.domain.events import Model
from jetbench.domain.plan import PlanError, parse_counts, parse_size
from jetbench.domain.text import printable


@click.command("count")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("-b", "--batch", default="1", metavar="N", help="Batch size.")
@click.option("-s", "--size", metavar="N", help="Input size. Default: the model's own, as published.")
@PYTHON
@ROOT
@JSON
@click.pass_context
def command(ctx: click.Context, /, models: tuple[str, ...], batch: str, size: str | None, **options: Any) -> None:
    """Parameters, MACs, FLOPs and bytes of models; no timing."""
    try:
        batches = parse_counts(batch, "batch size")
        sizes = (parse_size(size),) if size else ()
    except PlanError as error:
        raise CliError(str(error)) from error
    if len(batches) != 1:
        raise CliError("count takes one batch size")
    python, root = inherited(ctx, options)
    worker = make_worker(python, root, screen=False)
    with started(worker):
        worker.count(models, batches[0], sizes)
        worker.wait()
        snapshot = worker.snapshot()
        counted: tuple[Model, ...] = worker.read(lambda state: tuple(state.counted))
    if snapshot.status in ("failed", "lost"):
        raise fault_error(snapshot, fault_code(worker))
    if options["as_json"]:
        print(json.dumps({"models": [entry(model) for model in counted]}, allow_nan=False))
    else:
        print_counts(counted)
    ctx.exit(SOME_FAILED if any(model.macs is None for model in counted) else MEASURED)


def entry(model: Model) -> dict[str, Any]:
    names = ("params", "params_trainable", "params_shared", "buffers", "macs", "flops", "bytes", "method", "coverage")
    values = {name: getattr(model, name) for name in names}
    return {"model": model.name, "input": list(model.input), **values, "error": model.error}


def print_counts(models: tuple[Model, ...]) -> None:
    """MACs are multiply-adds and FLOPs twice that; the unit stands in every heading."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model")
    for heading in ("input", "parameters", "GMACs", "GFLOPs", "MiB", "coverage"):
        table.add_column(heading, justify="right")
    table.add_column("counted by")
    for model in models:
        table.add_row(
            printable(model.name),
            "x".join(str(n) for n in model.input) or "N/A",
            "N/A" if model.params is None else f"{model.params:,}".replace(",", " "),
            "N/A" if model.macs is None else f"{model.macs / 1e9:.4f}",
            "N/A" if model.flops is None else f"{model.flops / 1e9:.4f}",
            "N/A" if model.bytes is None else f"{model.bytes / 2**20:.1f}",
            "N/A" if model.coverage is None else f"{model.coverage:.0%}",
            printable(model.method or model.error or "N/A"),
        )
    Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 160).print(table)
