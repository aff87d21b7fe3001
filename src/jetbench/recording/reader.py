"""Reading a recording: every line that is whole, and an account of those that are not."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import stat
import zlib
from collections.abc import Iterator
from typing import IO, Any, cast, get_args

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.sound import unsound
from jetbench.domain.text import printable
from jetbench.recording.axis import Axis
from jetbench.recording.damage import Damage
from jetbench.recording.format import MAX_LINE, NAME, VERSION, RecordingError

SPLIT = "jetbench-tui export -f boards {} writes them"
_GZIP_MAGIC = b"\x1f\x8b"
BROKEN_GZIP = (EOFError, zlib.error, gzip.BadGzipFile)
# Recordings shrink to between a half and a twentieth; what shrinks to less was made to fill somebody's time.
MAX_GROWTH = 500
FREE_GROWTH = 16 << 20


class _Opening(msgspec.Struct):
    """What tells a recording from any other file."""

    k: str = ""
    e: str = ""  # of a fleet's file
    format: str = ""
    version: int = 0


_KINDS = frozenset(kind.__struct_config__.tag for kind in get_args(ev.AnyEvent))
_opening = msgspec.json.Decoder(_Opening)


class Unpacked(io.BufferedReader):
    """A packed recording. Reading it raises one of BROKEN_GZIP where it is damaged or grows beyond measure."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__(_Growth(packed), 1 << 16)


class _Growth(io.RawIOBase):
    """Unpacks as it is read, and ends with an error where bytes grow beyond measure."""

    def __init__(self, packed: IO[bytes]) -> None:
        super().__init__()
        self._packed = packed
        self._file = gzip.GzipFile(fileobj=packed)
        self._read = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._read

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._read += len(data)
        if self._read > FREE_GROWTH and self._read > MAX_GROWTH * self._packed.tell():
            raise gzip.BadGzipFile(f"it grows more than {MAX_GROWTH} times")
        return len(data)


def read_header(path: str | os.PathLike[str]) -> ev.Header:
    """The first line. Raises RecordingError where the file is no recording."""
    with open_file(path) as file:
        return header_of(file, path)


def events(
    path: str | os.PathLike[str], damage: Damage | None = None, axis: Axis | None = None
) -> Iterator[tuple[int, ev.AnyEvent]]:
    """Every event with its byte offset, the header first. A file that is still written is read as far as it is.

    Of a session that was resumed every part is placed on the clock of the first one, by ``axis``. What has to be left
    out is counted in ``damage``. Raises RecordingError where the file is no recording.
    """
    account = Damage() if damage is None else damage
    placing = Axis() if axis is None else axis
    with open_file(path) as file:
        header = header_of(file, path)
        placing.place(header)
        yield 0, header
        try:
            yield from events_from(file, file.tell(), account, placing)
        except OSError as error:
            raise RecordingError(f"{printable(path)}: {error.strerror or error}") from error


def events_from(file: IO[bytes], offset: int, account: Damage, axis: Axis) -> Iterator[tuple[int, ev.AnyEvent]]:
    """Events of the lines that follow where the file stands, which is ``offset``. Raises OSError."""
    try:
        yield from _lines(file, offset, account, axis)
    except BROKEN_GZIP as error:
        account.stop(file.tell(), f"the compressed data is broken: {printable(error, 100)}")


def _lines(file: IO[bytes], offset: int, account: Damage, axis: Axis) -> Iterator[tuple[int, ev.AnyEvent]]:
    readline, place = file.readline, axis.place
    while line := readline(MAX_LINE):
        begin, offset = offset, offset + len(line)
        if not line.endswith(b"\n"):
            if len(line) < MAX_LINE:
                account.torn = len(line)
                return
            while line and not line.endswith(b"\n"):  # the rest of an endless line, never kept
                line = readline(MAX_LINE)
                offset += len(line)
            account.line(begin, f"longer than {MAX_LINE} bytes")
        elif line.strip():
            event = _event(line, begin, account)
            if event is None:
                continue
            if axis.part is not None or isinstance(event, ev.Part):
                event = place(event)
                wrong = unsound(event)
                if wrong is not None:
                    account.line(begin, wrong)
                    continue
            yield begin, event


def _event(line: bytes, offset: int, account: Damage) -> ev.AnyEvent | None:
    try:
        event = ev.decode(line)
    except (ValueError, RecursionError) as error:
        kind = _kind(line)
        if kind is not None and kind not in _KINDS:
            account.kind(offset, printable(kind, 40))
        else:
            account.line(offset, printable(error, 200))
        return None
    wrong = unsound(event)
    if wrong is not None:
        account.line(offset, wrong)
        return None
    return event


def _kind(line: bytes) -> str | None:
    try:
        return _opening.decode(line).k or None
    except (ValueError, RecursionError):
        return None


def header_of(file: IO[bytes], path: str | os.PathLike[str]) -> ev.Header:
    """The first line of an open file; the file then stands at the second."""
    shown = printable(path)
    try:
        line = file.readline(MAX_LINE)
    except BROKEN_GZIP:
        line = b"\0"
    except OSError as error:
        raise RecordingError(f"{shown}: {error.strerror or error}") from error
    if not line:
        raise RecordingError(f"{shown} is empty")
    try:
        opening = _opening.decode(line)
    except (ValueError, RecursionError):
        opening = _Opening()
    if opening.e == "fleet":
        raise RecordingError(f"{shown} is a recording of a fleet; one board's is wanted here: {SPLIT.format(shown)}")
    if opening.k != "header" or opening.format != NAME or opening.version < 1:
        raise RecordingError(f"{shown} is no recording of jetbench-tui: its first line is no header")
    if opening.version > VERSION:
        newer = f"format version {opening.version}, this one reads up to {VERSION}"
        raise RecordingError(f"{shown} was made by a newer jetbench-tui ({newer})")
    try:
        header = ev.decode(line)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{shown}: its first line is damaged: {printable(error, 200)}") from error
    wrong = unsound(header)
    if wrong is not None:
        raise RecordingError(f"{shown}: its first line is damaged: {wrong}")
    return cast(ev.Header, header)


@contextlib.contextmanager
def open_file(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Read only, and only what is a file: never waits on a pipe, never reads a device. Unpacks what is packed."""
    shown = printable(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise RecordingError(f"{shown}: {getattr(error, 'strerror', None) or error}") from error
    with contextlib.ExitStack() as stack:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            os.close(descriptor)
            kind = "a folder" if stat.S_ISDIR(mode) else "no regular file"
            raise RecordingError(f"{shown} is {kind}, not a recording")
        file: IO[bytes] = stack.enter_context(os.fdopen(descriptor, "rb"))
        with contextlib.suppress(OSError):
            if os.pread(descriptor, 2, 0) == _GZIP_MAGIC:
                file = cast(IO[bytes], stack.enter_context(Unpacked(file)))
        yield file
