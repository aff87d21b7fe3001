"""Opens the app over a local agent."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetbench.cli.errors import CliError
from jetbench.cli.screen_arguments import screen_arguments
from jetbench.domain.plan import Plan
from jetbench.link.base import LinkError

if TYPE_CHECKING:  # imported when the screen stands, or where the board is elsewhere
    from jetbench.session.late import LateSession
    from jetbench.session.worker import SessionWorker


def open_app(options: dict[str, Any]) -> int:
    """The app from its first line to its last. Returns the exit status."""
    session: LateSession | SessionWorker | None = None
    try:
        if _is_fleet(options):
            from jetbench.cli.fleet_app import open_fleet

            return open_fleet(options)
        session = _elsewhere(options) if options.get("host") else _here(options)
        return _run(session, options)
    except LinkError as error:
        from jetbench.cli.session import link_error

        leave_splash()
        raise link_error(error) from error
    except BaseException:  # Ctrl-C while Textual is imported, too: the terminal must be given back
        leave_splash()
        raise
    finally:
        if session is not None:
            _end(session, _host(options))


def _here(options: dict[str, Any]) -> LateSession:
    """The agent starts while Textual is imported; what reads it is imported when the screen stands."""
    from jetbench.link.local import LocalLink
    from jetbench.session.late import LateSession

    python, root, sensors = options.get("python"), options.get("root"), options.get("sensors") or ()
    link = LocalLink(python, Path(root) if root else None, sensors)

    def make() -> SessionWorker:
        from jetbench.cli.session import make_worker

        return make_worker(python, root, screen=True, agent=link)

    return LateSession(make, link.python, link.close)


def _elsewhere(options: dict[str, Any]) -> SessionWorker:
    from jetbench.cli.session import make_worker

    where, sensors = (options.get("python"), options.get("root")), options.get("sensors") or ()
    worker = make_worker(*where, screen=True, sensors=sensors, host=_host(options), again=True)
    worker.start()
    return worker


def _host(options: dict[str, Any]) -> str | None:
    """The one board elsewhere, if any."""
    names = options.get("host") or ()
    return names[0] if names else None


def _is_fleet(options: dict[str, Any]) -> bool:
    return len(options.get("host") or ()) > 1 or options.get("dask") is not None


def _end(session: LateSession | SessionWorker, host: str | None) -> None:
    goes_on = session.left or session.trouble() is not None
    session.close()
    if goes_on:
        print(f"a run goes on there; back to it with: jetbench-tui attach {host}")
    if session.recording is not None:
        print(f"recording  {session.recording}\nexport     jetbench-tui export {session.recording} -f csv")


def _run(session: LateSession | SessionWorker, options: dict[str, Any]) -> int:
    from jetbench.tui import run_app

    def export() -> Sequence[Path]:
        return export_session(session)

    def books() -> Any:
        from jetbench.cli.replay import library

        return library()

    return run_app(session, Plan(), export, library=books, **screen_arguments(options))


def export_session(session: LateSession | SessionWorker) -> Sequence[Path]:
    """CSV folder beside the session's recording. Raises RuntimeError with one line when there is none."""
    from jetbench.cli.export import export_file

    recording = session.recording
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
