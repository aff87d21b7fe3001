"""Writing an exported file: complete or not at all."""

from __future__ import annotations

import contextlib
import errno
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from jetbench.domain.text import printable


class ExportError(Exception):
    """Nothing could be exported; the text is one plain line."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """A text file that takes the place of ``path`` when all of it was written.

    What is no regular file (a device, a pipe) is written to directly. Raises ExportError.
    """
    with _said(path), _place(path) as place, place.open("w", encoding="utf-8", newline="") as file:
        yield file


@contextlib.contextmanager
def replacing_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The same for a file of bytes."""
    with _said(path), _place(path) as place, place.open("wb") as file:
        yield file


@contextlib.contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """The same for what opens its file itself: an empty one, to be closed before the end. Raises ExportError."""
    with _said(path):
        if _is_special(path):
            raise OSError(errno.EINVAL, "it is no regular file")
        with _place(path) as place:
            yield place


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ExportError(f"{printable(path)} cannot be written: {error.strerror or error}") from error


@contextlib.contextmanager
def _place(path: Path) -> Iterator[Path]:
    """Where to write: a new file of another name, renamed at the end; or ``path`` where that is no regular file."""
    if _is_special(path):
        yield path
        return
    target = path.resolve()
    part = target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}.part")
    try:
        part.open("x").close()
        yield part
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _is_special(path: Path) -> bool:
    """Whether it is a device or a pipe. Raises OSError for a folder."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    return path.exists() and not path.is_file()


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{printable(path)} cannot be made a folder: {error.strerror or error}") from error
