"""Opens the app over a local agent."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jetbench.cli.errors import CliError
from jetbench.cli.screen_arguments import screen_arguments
from jetbench.cli.session import link_error, make_worker
from jetbench.domain.plan import Plan
from jetbench.link.base import LinkError
from jetbench.session.worker import SessionWorker


def open_app(options: dict[str, Any]) -> int:
    """The app from its first line to its last. Returns the exit status."""
    worker = None
    try:
        sensors = options.get("sensors") or ()
        where = options.get("python"), options.get("root")
        worker = make_worker(*where, screen=True, sensors=sensors, host=options.get("host"), again=True)
        worker.start()  # the agent starts while Textual is imported
        return _run(worker, options)
    except LinkError as error:
        leave_splash()
        raise link_error(error) from error
    except BaseException:  # Ctrl-C while Textual is imported, too: the terminal must be given back
        leave_splash()
        raise
    finally:
        if worker is not None:
            goes_on = worker.left or worker.trouble() is not None
            worker.close()
            if goes_on:
                print(f"a run goes on there; back to it with: jetbench-tui attach {options.get('host')}")
            if worker.recording is not None:
                print(f"recording  {worker.recording}\nexport     jetbench-tui export {worker.recording} -f csv")


def _run(worker: SessionWorker, options: dict[str, Any]) -> int:
    from jetbench.tui import run_app

    def export() -> Sequence[Path]:
        return export_session(worker)

    def books() -> Any:
        from jetbench.cli.replay import library

        return library()

    return run_app(worker, Plan(), export, library=books, **screen_arguments(options))


def export_session(worker: SessionWorker) -> Sequence[Path]:
    """CSV folder beside the session's recording. Raises RuntimeError with one line when there is none."""
    from jetbench.cli.export import export_file

    recording = worker.recording
    if recording is None:
        raise RuntimeError("nothing is recorded yet: start a run first")
    try:
        return export_file(recording, "csv", None)
    except CliError as error:
        raise RuntimeError(str(error)) from error


def leave_splash() -> None:
    """Back from the alternate screen that the first line was written to."""
    if sys.stderr.isatty():
        sys.stderr.write("\x1b[?1049l\x1b[?25h")
        sys.stderr.flush()
