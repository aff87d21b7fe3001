"""Exit statuses, and how an error reaches the user: one plain line on stderr, never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

from jetbench.domain.text import printable

MEASURED = 0
SOME_FAILED = 1
WRONG_INPUT = 2
NOTHING_MEASURED = 3
INTERRUPTED = 130
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class CliError(Exception):
    """Ends the program with one or two lines and a status."""

    def __init__(self, text: str, status: int = WRONG_INPUT, hint: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.hint = hint


def guarded(work: Callable[[], int | None], *, debug: bool) -> int:
    """Do the work and return its status; what goes wrong is reported in a line. ``debug`` lets it through."""
    try:
        status = work() or MEASURED
        sys.stdout.flush()  # a full disk is found out here, not by the interpreter's last words
        return status
    except CliError as error:
        if debug:
            raise
        report(error)
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our stdout is gone (| head): nothing is left to say.
        sys.stderr.close()
        return MEASURED
    except OSError as error:
        if debug or error.errno not in _FULL:
            return _unforeseen(error, debug=debug)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered has nowhere to go
        report(CliError(f"not all of it could be written: {error.strerror}", hint="make room and run it again"))
        return SOME_FAILED
    except Exception as error:
        return _unforeseen(error, debug=debug)


def _unforeseen(error: Exception, *, debug: bool) -> int:
    if debug:
        raise error
    text = f"this should not have happened: {type(error).__name__}: {error}"
    report(CliError(text, hint="run it again with --debug and report what it prints"))
    return SOME_FAILED


def report(error: CliError) -> None:
    print(f"jetbench-tui: {printable(str(error))}", file=sys.stderr)
    if error.hint:
        print(f"  {printable(error.hint)}", file=sys.stderr)
