"""jetbench-tui models: what can be measured here."""

from __future__ import annotations

import json
from typing import Any

import click
import msgspec

from jetbench.cli.errors import SOME_FAILED, CliError
from jetbench.cli.options import JSON, PYTHON, ROOT, inherited
from jetbench.cli.session import fault_code, fault_error, make_worker, started


@click.command("models")
@click.argument("words", nargs=-1, metavar="[WORDS]")
@PYTHON
@ROOT
@JSON
@click.pass_context
def command(ctx: click.Context, /, words: tuple[str, ...], **options: Any) -> None:
    """List what can be measured here; WORDS keep the names that hold all of them."""
    python, root = inherited(ctx, options)
    worker = make_worker(python, root, screen=False)
    with started(worker):
        worker.request_models()
        worker.wait()
        snapshot = worker.snapshot()
    if snapshot.status in ("failed", "lost"):
        raise fault_error(snapshot, fault_code(worker))
    found = [model for model in snapshot.models if all(word.lower() in model.name for word in words)]
    if options["as_json"]:
        print(json.dumps({"models": [msgspec.structs.asdict(model) for model in found]}))
    else:
        for model in found:
            size = f"{model.size}x{model.size}" if model.size else "N/A"
            params = f"{model.params / 1e6:8.2f} M" if model.params else "       N/A"
            print(f"{model.name:<28} {model.family:<16} {size:>9} {params}")
    if not found:
        raise CliError(f"no model's name holds {' '.join(words)!r}", SOME_FAILED)
