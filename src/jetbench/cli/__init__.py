"""The command jetbench-tui. Each command's module is imported only when it is called."""

from __future__ import annotations

import gc
import os
import sys

_BACK = b"\x1b[?1049l\x1b[?25h"  # from the screen that the first line was written to


def main() -> None:
    """Entry point of the console script. Without arguments and on a terminal it is the app."""
    try:
        sys.exit(_main())
    except KeyboardInterrupt:  # while something is imported
        if len(sys.argv) == 1 and _terminal():
            os.write(2, _BACK)
        sys.exit(130)


def _main() -> int:
    if len(sys.argv) == 1 and _terminal() and not _served():
        _splash()
        _leave_by_signal()
        gc.disable()  # until the first paint: nothing that imports make is garbage
        from jetbench.cli.app import open_app
        from jetbench.cli.errors import guarded

        return guarded(lambda: open_app({}), debug=False)
    from jetbench.cli.commands import run_command_line

    return run_command_line()


def _terminal() -> bool:
    """Whether an app can be drawn: Textual reads fd 0, draws to fd 2, and never checks either."""
    return _served() or (os.isatty(0) and os.isatty(2) and os.environ.get("TERM", "") not in ("", "dumb"))


def _served() -> bool:
    """Whether this is behind textual-serve: packets over pipes for a browser, and no terminal."""
    return os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver") and not os.isatty(1)


def _splash() -> None:
    """A first line before anything heavy is imported: seconds on a small board, nothing here."""
    os.write(2, b"\x1b[?1049h\x1b[2J\x1b[H\x1b[?25l jetbench  starting: reading the board\xe2\x80\xa6\r\n")


def _leave_by_signal() -> None:
    """Until the app guards itself, which takes a second on a small board. The agent ends with its stdin."""
    import signal

    def leave(number: int, _frame: object) -> None:
        try:
            os.write(2, _BACK)
        except OSError:  # the terminal is gone
            pass
        os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
            signal.signal(number, leave)
