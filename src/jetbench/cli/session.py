"""What the commands share: a session over a local agent, and its faults as exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetbench.cli import hosts
from jetbench.cli.errors import NOTHING_MEASURED, SOME_FAILED, WRONG_INPUT, CliError
from jetbench.domain import plugins
from jetbench.link.base import Link, LinkError, UnreachableError
from jetbench.link.local import LocalLink, resolve_python
from jetbench.recording.folder import new_path
from jetbench.session.snapshot import Snapshot
from jetbench.session.state import SessionState
from jetbench.session.worker import SessionWorker

if TYPE_CHECKING:
    from jetbench.link.ssh import Kept

BOARD_TIMEOUT_S = 30.0


def make_worker(
    python: str | None,
    root: str | None,
    *,
    screen: bool,
    output: Path | None = None,
    sensors: tuple[str, ...] = (),
    host: str | None = None,
    kept: Kept | None = None,
    again: bool = False,
    agent: Link | None = None,
) -> SessionWorker:
    """A worker over an agent that is not started yet; ``sensors`` are further options of the agent.

    With ``host`` it runs on that board, and what ``python``, ``root`` and ``sensors`` name is there; ``kept``: a
    session there that is attached to; ``again``: one of our own whose line dropped, if there is one. ``agent``: a
    link to one that starts already.
    """
    far = hosts.find(host, python) if host is not None else None
    if far is not None and plugins.are_off():  # an agent of this machine knows by the environment
        sensors += (plugins.OPTION,)

    def link() -> Link:
        if agent is not None:
            return agent
        if far is not None:
            return hosts.link(far, root, sensors, kept, again=again)
        return LocalLink(python, Path(root) if root else None, sensors)

    return SessionWorker(
        link,
        (lambda: output) if output is not None else new_path,
        executable=executable(python) if far is None else far.key,
        screen=screen,
        command=tuple(sys.argv),
    )


def executable(python: str | None) -> str:
    try:
        return resolve_python(python)
    except LinkError as error:
        raise CliError(str(error)) from error


@contextmanager
def started(worker: SessionWorker) -> Iterator[SessionWorker]:
    """The worker with its board known; ended whatever happens."""
    try:
        worker.start()
        if not worker.wait_board(BOARD_TIMEOUT_S):
            snapshot = worker.snapshot()
            if fault_code(worker) == "bad_request":
                raise fault_error(snapshot, "bad_request")
            if (snapshot.fault or "").startswith("--python "):
                raise CliError(snapshot.fault or "")
            text = snapshot.fault or f"the agent did not answer within {BOARD_TIMEOUT_S:.0f} s"
            raise CliError(f"the board cannot be read: {text}", NOTHING_MEASURED)
        yield worker
    except LinkError as error:
        raise link_error(error) from error
    finally:
        worker.close()


def link_error(error: LinkError) -> CliError:
    """What was asked for wrongly, or a board that does not answer."""
    status = NOTHING_MEASURED if isinstance(error, UnreachableError) else WRONG_INPUT
    return CliError(str(error), status, error.hint)


def fault_error(snapshot: Snapshot, code: str | None) -> CliError:
    """The error a request that could not be carried out ends the program with."""
    status = {
        "no_torch": NOTHING_MEASURED,
        "no_models": NOTHING_MEASURED,
        "busy": NOTHING_MEASURED,
        "no_download": NOTHING_MEASURED,
        "unknown_model": WRONG_INPUT,
        "no_cuda": WRONG_INPUT,
        "bad_request": WRONG_INPUT,
    }.get(code or "", SOME_FAILED)
    return CliError(snapshot.fault or "the request failed", status, snapshot.hint)


def fault_code(worker: SessionWorker) -> str | None:
    def code(state: SessionState) -> str | None:
        return state.fault.code if state.fault else None

    found: str | None = worker.read(code)
    return found


Reader = Callable[[SessionState], Any]
