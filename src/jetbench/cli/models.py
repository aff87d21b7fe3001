"""jetbench-tui models: what can be measured here."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
import msgspec

from jetbench.cli.errors import SOME_FAILED, CliError
from jetbench.cli.options import HOST, JSON, PYTHON, ROOT, host_of, inherited
from jetbench.cli.session import fault_code, fault_error, make_worker, started
from jetbench.domain.events import ModelEntry
from jetbench.domain.text import printable


@click.command("models")
@click.argument("words", nargs=-1, metavar="[WORDS]")
@HOST
@PYTHON
@ROOT
@JSON
@click.pass_context
def command(ctx: click.Context, /, words: tuple[str, ...], **options: Any) -> None:
    """List what can be measured here; WORDS keep those whose name or kind holds all of them.

    A word that begins with timm or hf lists these; a folder or a file what of it can be named. What a name may be:
    docs/models.md.
    """
    python, root = inherited(ctx, options)
    worker = make_worker(python, root, screen=False, host=host_of(ctx, options))
    with started(worker):
        worker.request_models(words)
        worker.wait()
        snapshot = worker.snapshot()
    if snapshot.status in ("failed", "lost"):
        raise fault_error(snapshot, fault_code(worker))
    for line in snapshot.log:
        if line.source == "plugins":
            print(f"jetbench-tui: {printable(line.text)}", file=sys.stderr)
    wanted = [word.lower() for word in words]
    found = [model for model in snapshot.models if all(word in _searched(model) for word in wanted)]
    if options["as_json"]:
        print(json.dumps({"models": [msgspec.structs.asdict(model) for model in found]}))
    else:
        width = max(32, *(len(model.name) for model in found)) if found else 32
        for model in found:
            size = model.input or (f"{model.size}x{model.size}" if model.size else "N/A")
            params = f"{model.params / 1e6:8.2f} M" if model.params else "       N/A"
            print(f"{model.name:<{width}} {model.family:<14} {size:>20} {params}")
    if not found:
        raise CliError(f"no model's name or kind holds {' '.join(words)!r}", SOME_FAILED)


def _searched(model: ModelEntry) -> str:
    return f"{model.name} {model.family}".lower()
