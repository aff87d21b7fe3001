"""A finished recording packed with gzip: the packed file is whole before the plain one goes."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import zlib
from pathlib import Path
from typing import IO

from jetbench.domain.text import printable
from jetbench.recording.format import PACKED, RecordingError
from jetbench.recording.place import plain as said

_CHUNK = 1 << 20
_LEVEL = 6


def is_packed(path: Path) -> bool:
    """Whether a name asks for a packed file."""
    return path.name.endswith(PACKED) and len(path.name) > len(PACKED)


def unpacked_name(path: Path) -> Path:
    """Where the lines of a recording go until it is packed."""
    return path.with_name(path.name[: -len(PACKED)])


def to_write(path: Path) -> tuple[Path, Path | None]:
    """Where the lines of a new recording go, and what they are packed into in the end. Raises RecordingError."""
    if not is_packed(path):
        return path, None
    if path.exists():
        raise RecordingError(f"{printable(path)} exists; name another with -o")
    return unpacked_name(path), path


def put_away(plain: Path, packed: Path) -> str | None:
    """``pack``, or why that cannot be: then the plain one stays."""
    try:
        pack(plain, packed)
    except RecordingError as error:
        return f"{error}; the recording stays {printable(plain)}"
    return None


def pack(plain: Path, packed: Path) -> None:
    """Make ``packed`` and remove ``plain``. Raises RecordingError, and then ``plain`` is as it was."""
    part = packed.with_name(packed.name + ".part")
    try:
        if packed.exists():
            raise FileExistsError(0, "it exists")
        with plain.open("rb") as source, part.open("xb") as target:
            with gzip.GzipFile("", "wb", _LEVEL, target, mtime=0) as file:
                shutil.copyfileobj(source, file, _CHUNK)
            target.flush()
            os.fsync(target.fileno())
        with plain.open("rb") as source, gzip.open(part, "rb") as file:
            if _sum(source) != _sum(file):
                raise OSError(0, "what was written is not what is read back")
        part.replace(packed)
        plain.unlink()
    except (OSError, EOFError, zlib.error) as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise RecordingError(f"{printable(packed)} cannot be made: {said(error)}") from error


def _sum(file: IO[bytes] | gzip.GzipFile) -> tuple[int, int]:
    """Length and CRC."""
    length = crc = 0
    while data := file.read(_CHUNK):
        length, crc = length + len(data), zlib.crc32(data, crc)
    return length, crc
