"""Opening the file of a new recording: said before the run starts what would keep it from being written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from jetbench.domain.text import printable
from jetbench.recording.format import RecordingError

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
_MODE = 0o644


def open_new(path: Path) -> int:
    """A descriptor to append to. An empty file is taken as it is, any other that exists is refused."""
    shown = printable(path)
    try:
        return os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        return _open_empty(path)
    except FileNotFoundError as error:
        raise RecordingError(f"{shown}: the folder {printable(path.parent)} does not exist") from error
    except (OSError, ValueError) as error:
        raise RecordingError(f"{shown} cannot be written: {plain(error)}") from error


def _open_empty(path: Path) -> int:
    shown = printable(path)
    if path.is_dir():
        raise RecordingError(f"{shown} is a folder; name a file with -o")
    if path.exists() and not path.is_file():
        raise RecordingError(f"{shown} is no regular file; name another with -o")
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise RecordingError(f"{shown} cannot be written: {plain(error)}") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size:
        os.close(descriptor)
        raise RecordingError(f"{shown} exists; name another with -o")
    return descriptor


def plain(error: Exception) -> str:
    """What the system said, in its own words and without the number and the path."""
    return getattr(error, "strerror", None) or str(error)
