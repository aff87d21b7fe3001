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
    try:
        with _opened(path.resolve()) as file:
            yield file
    except OSError as error:
        raise ExportError(f"{printable(path)} cannot be written: {error.strerror or error}") from error


@contextlib.contextmanager
def _opened(target: Path) -> Iterator[IO[str]]:
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    part = target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("x", encoding="utf-8", newline="") as file:
            yield file
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ExportError(f"{printable(path)} cannot be made a folder: {error.strerror or error}") from error
