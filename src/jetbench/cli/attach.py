"""jetbench-tui attach: a run on a board that went on when its line dropped, or that somebody else began."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from jetbench.cli import hosts
from jetbench.cli.errors import INTERRUPTED, MEASURED, NOTHING_MEASURED, CliError
from jetbench.cli.options import PYTHON, inherited
from jetbench.cli.progress import Printer
from jetbench.cli.run import Wanted, conclude
from jetbench.cli.session import link_error, make_worker, started
from jetbench.domain.text import printable
from jetbench.link.base import LinkError
from jetbench.link.ssh import Kept

Listed = Mapping[str, Any]  # what the board says of a session that it keeps


@click.command("attach")
@click.argument("board", metavar="[USER@]BOARD")
@click.argument("session", required=False, metavar="[SESSION]")
@click.option("--list", "only_list", is_flag=True, help="What the board keeps, and nothing more.")
@click.option("--take", is_flag=True, help="Although somebody is attached to it.")
@click.option("--stop", is_flag=True, help="End its run after the pass it is in.")
@PYTHON
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="The recording.")
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path), metavar="PATH", help="Export: a folder, or FILE.csv."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else.")
@click.pass_context
def command(ctx: click.Context, /, board: str, session: str | None, **options: Any) -> None:
    """Go on with a run on a board whose line dropped: its whole recording and its table, as of run.

    Ctrl-C leaves it, and the run goes on there; --stop ends it. What was fetched is kept there no longer.
    """
    python, _ = inherited(ctx, options)
    host = hosts.find(board, python)
    try:
        listed = hosts.sessions(host)
    except LinkError as error:
        raise link_error(error) from error
    if options["only_list"]:
        _print(listed, options["as_json"])
        return
    chosen = _chosen(listed, session, board)
    kept = Kept(str(chosen["id"]), take=options["take"])
    wanted = Wanted(options["output"], options["csv_path"], options["as_json"])
    ctx.exit(_follow(board, python, kept, wanted, options["stop"]))


def _print(listed: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"sessions": listed}))
        return
    for about in listed:
        print(_line(about))
    if not listed:
        print("nothing is kept there")


def _line(about: Listed) -> str:
    client = about.get("client")
    by = f", {printable(client.get('by'), 80)} is attached" if isinstance(client, dict) else ""
    return f"{printable(about.get('id'), 40)}  {_state(about)}, begun by {printable(about.get('by'), 80)}{by}"


def _state(about: Listed) -> str:
    since = about.get("run_since")
    at = time.strftime(" since %Y-%m-%d %H:%M:%S", time.localtime(since)) if _is_time(since) else ""
    if about.get("busy"):
        return f"measures{at}" if about.get("kept") else f"was measuring{at} when its keeper ended"
    return f"has a run to fetch, begun{at.replace(' since', '')}" if _unheard(about) else "idle"


def _is_time(value: object) -> bool:
    return isinstance(value, int) and 0 < value < 1 << 40


def _unheard(about: Listed) -> bool:
    """Whether there is a run in it that goes on, or that nobody has the whole of."""
    run_end, fetched = about.get("run_end") or 0, about.get("fetched") or 0
    return bool(about.get("busy")) or (isinstance(run_end, int) and isinstance(fetched, int) and run_end > fetched)


def _chosen(listed: list[dict[str, Any]], name: str | None, board: str) -> Listed:
    """The one that was named, or the only one with a run. Raises CliError."""
    found = [about for about in listed if (about.get("id") == name if name is not None else _unheard(about))]
    if len(found) == 1:
        return found[0]
    if not found:
        what = f"no session {name!r}" if name is not None else "no run"
        text = f"{board} keeps {what}: none goes on there, and what was measured is fetched"
        raise CliError(text, NOTHING_MEASURED, f"what there is: jetbench-tui attach {board} --list")
    names = ", ".join(printable(about.get("id"), 40) for about in found)
    raise CliError(f"{board} keeps more than one run: {names}; name one", hint=f"jetbench-tui attach {board} --list")


def _follow(board: str, python: str | None, kept: Kept, wanted: Wanted, stop: bool) -> int:
    """Until the run is over, or Ctrl-C. Returns the exit status."""
    worker = make_worker(python, None, screen=False, output=wanted.recording, host=board, kept=kept)
    worker.follow()
    with _leaving() as left, started(worker):
        printer = Printer(sys.stderr, quiet=wanted.json)
        if stop:
            worker.stop()
        while not left.is_set() and not worker.wait(printer.interval):
            printer.update(worker.snapshot())
        printer.finish(worker.snapshot())
        if left.is_set() and worker.leave():
            print(f"\nit goes on there; jetbench-tui attach {board} comes back to it", file=sys.stderr)
            return INTERRUPTED
        return conclude(worker, wanted, []) if worker.snapshot().cases else _nothing(board)


def _nothing(board: str) -> int:
    print(f"jetbench-tui: nothing was measured in that session on {printable(board)}", file=sys.stderr)
    return MEASURED


@contextmanager
def _leaving() -> Iterator[threading.Event]:
    """Set by Ctrl-C, SIGTERM or a lost terminal."""
    left = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: left.set()) for number in numbers}
    try:
        yield left
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
