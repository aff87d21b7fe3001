"""Exit statuses, and how an error reaches the user: one plain line on stderr, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from jetbench.domain.text import printable

MEASURED = 0
SOME_FAILED = 1
WRONG_INPUT = 2
NOTHING_MEASURED = 3
INTERRUPTED = 130


class CliError(Exception):
    """Ends the program with one or two lines and a status."""

    def __init__(self, text: str, status: int = WRONG_INPUT, hint: str | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.hint = hint


def guarded(work: Callable[[], int | None], *, debug: bool) -> int:
    """Do the work and return its status; what goes wrong is reported in a line. ``debug`` lets it through."""
    try:
        return work() or MEASURED
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
    except Exception as error:
        if debug:
            raise
        text = f"this should not have happened: {type(error).__name__}: {error}"
        report(CliError(text, hint="run it again with --debug and report what it prints"))
        return SOME_FAILED


def report(error: CliError) -> None:
    print(f"jetbench-tui: {printable(str(error))}", file=sys.stderr)
    if error.hint:
        print(f"  {printable(error.hint)}", file=sys.stderr)
