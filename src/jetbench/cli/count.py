"""jetbench-tui count: what models are, without timing them; and whether what somebody wrote of them is right."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from jetbench.analysis import claims, judge
from jetbench.analysis.claims import Claim
from jetbench.cli.errors import MEASURED, SOME_FAILED, CliError
from jetbench.cli.options import DOWNLOAD, HOST, JSON, PYTHON, ROOT, host_of, inherited
from jetbench.cli.session import fault_code, fault_error, make_worker, started
from jetbench.domain.events import Model, Software
from jetbench.domain.plan import Plan, PlanError, check, parse_counts, parse_size
from jetbench.session.worker import SessionWorker

Size = tuple[int, int]  # height, width
MOST_TO_COUNT = 200  # models of a file; the rest is compared with what is published


class Request(msgspec.Struct, frozen=True):
    models: tuple[str, ...]
    batch: int
    size: Size | None
    layers: bool
    claims: tuple[Claim, ...]
    download: bool


class Answer(msgspec.Struct, frozen=True):
    """``asked``: the models that were named, in that order; ``further``: those that a file is about."""

    asked: tuple[Model, ...] = ()
    further: tuple[Model, ...] = ()
    software: Software | None = None
    notes: tuple[str, ...] = ()


@click.command("count")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("-b", "--batch", default="1", metavar="N", help="Batch size.")
@click.option("-s", "--size", metavar="N", help="Input size. Default: the model's own, as published.")
@click.option("--layers", is_flag=True, help="What every layer takes as well.")
@click.option(
    "--check",
    "file",
    metavar="FILE.csv",
    type=click.Path(path_type=Path),
    help="Figures that somebody wrote down: a table with columns such as model, params, GMACs, GFLOPs.",
)
@DOWNLOAD
@HOST
@PYTHON
@ROOT
@JSON
@click.pass_context
def command(ctx: click.Context, /, models: tuple[str, ...], file: Path | None, **options: Any) -> None:
    """Parameters, MACs, FLOPs and bytes of models, counted in two ways; no timing.

    With --check, whether the figures in a file are right: of the models that it names, and of MODEL.
    """
    if not models and file is None:
        raise click.UsageError("Missing argument 'MODEL...'.", ctx)
    request = _request(models, options, _read(file) if file is not None else ())
    answer = _answer(request, *inherited(ctx, options), host_of(ctx, options))
    counted = (*answer.asked, *answer.further)
    verdicts = tuple(found for claim in request.claims for found in judge.judge(claim, counted, request.size))
    if options["as_json"]:
        _print_document(request, answer, verdicts if file is not None else None)
    else:
        _print_tables(request, answer, verdicts if file is not None else None)
    wrong = any(model.macs is None for model in answer.asked) or any(v.kind not in judge.FINE for v in verdicts)
    ctx.exit(SOME_FAILED if wrong else MEASURED)


def _request(models: tuple[str, ...], options: dict[str, Any], told: tuple[Claim, ...]) -> Request:
    try:
        batches = parse_counts(options["batch"], "batch size")
        sizes = (parse_size(options["size"]),) if options["size"] else ()
        check(Plan(batches=batches, sizes=sizes))
    except PlanError as error:
        raise CliError(str(error)) from error
    if len(batches) != 1:
        raise CliError("count takes one batch size")
    return Request(models, batches[0], sizes[0] if sizes else None, options["layers"], told, options["download"])


def _read(file: Path) -> tuple[Claim, ...]:
    try:
        with file.open("rb") as source:
            return claims.parse(source.read(claims.MOST_BYTES + 1))
    except OSError as error:
        raise CliError(f"--check {file}: {error.strerror or error}") from error
    except ValueError as error:
        raise CliError(f"--check {file}: {error}") from error


# -- what is counted


def _answer(request: Request, python: str | None, root: str | None, host: str | None) -> Answer:
    """Raises CliError where the models that were named cannot be counted. Those of a file alone need no torch."""
    asked_for = {(name, None) for name in request.models}
    wanted = [point for point in judge.wanted(request.claims) if point not in asked_for]
    if not request.models and not wanted:
        return Answer()
    worker = make_worker(python, root, screen=False, host=host)
    worker.download = request.download
    with started(worker):
        asked: tuple[Model, ...] = ()
        if request.models:
            asked = _count(worker, request.models, request.batch, request.size, request.layers)
            _raise_fault(worker)
        further, notes = _further(worker, wanted, request.size)
        software: Software | None = worker.read(lambda state: state.software)
    return Answer(asked, further, software, notes)


def _count(
    worker: SessionWorker, models: tuple[str, ...], batch: int, size: Size | None, layers: bool = False
) -> tuple[Model, ...]:
    before: int = worker.read(lambda state: len(state.counted))
    worker.count(models, batch, (size,) if size else (), layers)
    worker.wait()
    found: tuple[Model, ...] = worker.read(lambda state: tuple(state.counted[before:]))
    return found


def _raise_fault(worker: SessionWorker) -> None:
    snapshot = worker.snapshot()
    if snapshot.status in ("failed", "lost"):
        raise fault_error(snapshot, fault_code(worker))


def _further(
    worker: SessionWorker, wanted: Sequence[tuple[str, Size | None]], size: Size | None
) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """The models that a file is about, as far as this interpreter has them, and why others were not counted."""
    if not wanted:
        return (), ()
    worker.request_models()
    worker.wait()
    if fault_code(worker) in ("no_torch", "no_models"):
        return (), (f"nothing was counted, all is compared with published figures: {worker.snapshot().fault}",)
    _raise_fault(worker)
    here = {model.name for model in worker.snapshot().models}
    points = [(name, at or size) for name, at in wanted if name in here][:MOST_TO_COUNT]
    found: list[Model] = []
    for at in dict.fromkeys(at for _, at in points):
        found += _count(worker, tuple(name for name, own in points if own == at), 1, at)
        _raise_fault(worker)
    notes = [f"{name} is not in this torchvision" for name, _ in wanted if name not in here]
    notes += [f"{model.name} was not counted: {model.error}" for model in found if model.macs is None]
    if len(wanted) > MOST_TO_COUNT:
        notes.append(f"only {MOST_TO_COUNT} models and sizes of the file were counted")
    return tuple(found), tuple(f"{note}; compared with published figures" for note in dict.fromkeys(notes))


# -- what is said of it


def _print_document(request: Request, answer: Answer, verdicts: Sequence[judge.Verdict] | None) -> None:
    from jetbench.export import counts
    from jetbench.export import verdicts as told
    from jetbench.export.json import dumps

    models = [counts.entry(model, request.layers) for model in answer.asked]
    document: dict[str, Any] = {"models": models + [counts.entry(model, False) for model in answer.further]}
    if verdicts is not None:
        document |= {"verdicts": [told.entry(verdict) for verdict in verdicts], "notes": list(answer.notes)}
    print(dumps(document))


def _print_tables(request: Request, answer: Answer, verdicts: Sequence[judge.Verdict] | None) -> None:
    from jetbench.export import counts
    from jetbench.export import verdicts as told
    from jetbench.export.grid import room, show

    limit = room(sys.stdout)
    parts = counts.tables(answer.asked, answer.software, limit, request.layers) if answer.asked else []
    if verdicts is not None:
        parts += told.lines(verdicts, answer.notes)
    show(parts, sys.stdout, limit)
