"""A process whose terminal is gone: its three descriptors are put where nothing spins, blocks or is lost."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

MOST_BYTES = 1 << 20
ESCAPES = re.compile(rb"\x1b\[[0-9;?<>=]*[a-zA-Z]")  # with which Textual takes leave of its terminal


class Detached:
    """Takes fd 0, 1 and 2 off the terminal at once.

    What is printed afterwards goes into a file beside ``recording``, which is removed if no word is among it.
    """

    def __init__(self, recording: Path | None) -> None:
        # /dev/null can always be read, and a thread that waits for keys would spin: a pipe nobody writes to is silent.
        silent, self._held = os.pipe()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        self.log = recording.with_name(recording.name + ".stderr") if recording is not None else None
        out = nowhere
        if self.log is not None:
            try:
                out = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            except OSError:  # a full disk: the recording says so itself
                self.log = None
        for descriptor, place in ((silent, 0), (nowhere, 1), (out, 2)):
            if stat.S_ISCHR(os.fstat(place).st_mode):  # a pipe or a file is still there; isatty says no of a lost one
                os.dup2(descriptor, place)
        for descriptor in {silent, nowhere, out}:
            os.close(descriptor)

    def end(self) -> None:
        if self.log is not None:
            with contextlib.suppress(OSError):
                printed = self.log.read_bytes()[:MOST_BYTES]
                words = ESCAPES.sub(b"", printed).strip()
                if not words:
                    self.log.unlink()
                elif words != printed:
                    self.log.write_bytes(words + b"\n")
