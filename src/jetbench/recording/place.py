"""Opening the file of a recording to write: said before the run starts what would keep it from being written.

Whoever writes holds a lock on the file (flock), which ends with its process, however that ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from pathlib import Path

from jetbench.domain.text import printable
from jetbench.recording.format import RecordingError

_FLAGS = os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK
_MODE = 0o644
# A file system that knows no locks: the file is written all the same, and two writers cannot be told apart there.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)


def open_new(path: Path) -> int:
    """A descriptor to append to. An empty file is taken as it is, any other that exists is refused."""
    shown = printable(path)
    try:
        descriptor = os.open(path, os.O_WRONLY | _FLAGS | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        descriptor = _open_empty(path)
    except FileNotFoundError as error:
        raise RecordingError(f"{shown}: the folder {printable(path.parent)} does not exist") from error
    except (OSError, ValueError) as error:
        raise RecordingError(f"{shown} cannot be written: {plain(error)}") from error
    return _locked(descriptor, path)


def open_again(path: Path) -> int:
    """A descriptor to read and to append to a recording that exists, and that nobody else writes."""
    shown = printable(path)
    try:
        descriptor = os.open(path, os.O_RDWR | _FLAGS)
    except (OSError, ValueError) as error:
        raise RecordingError(f"{shown} cannot be written: {plain(error)}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RecordingError(f"{shown} is no regular file")
    return _locked(descriptor, path)


def check_free(path: Path) -> None:
    """Raises RecordingError where it could not be gone on with: another process writes it, or nobody may."""
    os.close(open_again(path))


def _open_empty(path: Path) -> int:
    shown = printable(path)
    if path.is_dir():
        raise RecordingError(f"{shown} is a folder; name a file with -o")
    if path.exists() and not path.is_file():
        raise RecordingError(f"{shown} is no regular file; name another with -o")
    try:
        descriptor = os.open(path, os.O_WRONLY | _FLAGS)
    except OSError as error:
        raise RecordingError(f"{shown} cannot be written: {plain(error)}") from error
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size:
        os.close(descriptor)
        raise RecordingError(f"{shown} exists; name another with -o")
    return descriptor


def _locked(descriptor: int, path: Path) -> int:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return descriptor
        os.close(descriptor)
        said = "is being written by another process" if isinstance(error, BlockingIOError) else plain(error)
        raise RecordingError(f"{printable(path)} {said}") from error
    return descriptor


def plain(error: Exception) -> str:
    """What the system said, in its own words and without the number and the path."""
    return getattr(error, "strerror", None) or str(error)
