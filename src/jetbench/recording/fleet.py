"""One file for a whole fleet: the lines of every board's own recording, each with the number of its board.

    {"e":"fleet","format":"jetbench-fleet","version":1,"created":...,"wall_ns":...,"t":...,"plan":{...},"members":[...]}
    {"e":"member","b":0,"t":...,"state":"running"}
    {"b":0,"l":{"k":"header",...}}

What stands behind ``"l":`` is a line of an ordinary recording, byte for byte, so that splitting the file gives those.
It is JSON and nothing else; reading it executes nothing and opens no path in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import msgspec

from jetbench import __version__
from jetbench.domain.fleet import MOST, Member, checked
from jetbench.domain.text import printable
from jetbench.recording.damage import Damage
from jetbench.recording.format import MAX_LINE, SUFFIX, RecordingError, clock_pair, iso_utc
from jetbench.recording.reader import BROKEN_GZIP, open_file

NAME = "jetbench-fleet"
VERSION = 1
WRAPPING = 64  # bytes a line grows by, at most
MAX_FLEET_LINE = MAX_LINE + WRAPPING
_OPENING = b'{"e":"fleet"'


class FleetHeader(msgspec.Struct, frozen=True, tag_field="e", tag="fleet", kw_only=True):
    """The first line. ``t`` and ``wall_ns`` are one moment on both clocks of the machine that records."""

    format: str = ""
    version: int = 0
    jetbench: str = ""
    created: str = ""  # ISO 8601, UTC
    wall_ns: int = 0
    t: int = 0  # CLOCK_MONOTONIC, ns
    command: tuple[str, ...] = ()
    plan: dict[str, Any] = msgspec.field(default_factory=dict)
    members: tuple[Member, ...] = ()


class MemberLine(msgspec.Struct, frozen=True, tag_field="e", tag="member", omit_defaults=True):
    """A board of the fleet is in another state: as in ``jetbench.session.fleet_snapshot``."""

    b: int  # which
    t: int = 0  # CLOCK_MONOTONIC of the machine that records, ns
    state: str = ""
    trouble: str | None = None  # one line


class _Wrapped(msgspec.Struct):
    b: int
    l: msgspec.Raw  # noqa: E741 - its name in the file


class _Kind(msgspec.Struct):
    e: str = ""


_header = msgspec.json.Decoder(FleetHeader)
_member = msgspec.json.Decoder(MemberLine)
_wrapped = msgspec.json.Decoder(_Wrapped)
_kind = msgspec.json.Decoder(_Kind)
Line = MemberLine | tuple[int, bytes]  # or a board and a line of its recording, without its end


def fleet_header(members: Sequence[Member], plan: Mapping[str, Any], command: Sequence[str] = ()) -> FleetHeader:
    """The first line of a file that begins now."""
    t, wall_ns = clock_pair()
    return FleetHeader(
        format=NAME,
        version=VERSION,
        jetbench=__version__,
        created=iso_utc(wall_ns),
        wall_ns=wall_ns,
        t=t,
        command=tuple(command),
        plan=dict(plan),
        members=tuple(members),
    )


def wrapped(board: int, lines: bytes) -> bytes:
    """Lines of a board's recording, each with its end, as those of the fleet's."""
    begin = b'{"b":%d,"l":' % board
    return begin + lines[:-1].replace(b"\n", b"}\n" + begin) + b"}\n"


def is_fleet(path: str | os.PathLike[str]) -> bool:
    """Whether a file begins as one; a file that cannot be read does not."""
    try:
        with open_file(path) as file:
            return file.read(len(_OPENING)) == _OPENING
    except (RecordingError, OSError, *BROKEN_GZIP):
        return False


def header_of(file: IO[bytes], path: str | os.PathLike[str]) -> FleetHeader:
    """The first line of an open file, which then stands at the second. Raises RecordingError."""
    shown = printable(path)
    try:
        line = file.readline(MAX_FLEET_LINE)
    except (OSError, *BROKEN_GZIP) as error:
        raise RecordingError(f"{shown}: {printable(error)}") from error
    if not line.startswith(_OPENING):
        raise RecordingError(f"{shown} is no recording of a fleet: its first line is no header of one")
    try:
        header = _header.decode(line)
        if header.format != NAME or not 1 <= header.version <= VERSION:
            newer = f"format version {header.version}, this one reads up to {VERSION}"
            raise RecordingError(f"{shown} was made by a newer jetbench-tui ({newer})")
        checked(header.members)
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{shown}: its first line is damaged: {printable(error, 200)}") from error
    return header


def read_header(path: str | os.PathLike[str]) -> FleetHeader:
    """Raises RecordingError where the file is no recording of a fleet."""
    with open_file(path) as file:
        return header_of(file, path)


def lines(file: IO[bytes], boards: int, account: Damage) -> Iterator[Line]:
    """What follows the first line, as far as it is whole. What is left out is counted in ``account``."""
    offset = file.tell()
    try:
        while line := file.readline(MAX_FLEET_LINE):
            begin, offset = offset, offset + len(line)
            if not line.endswith(b"\n"):
                if len(line) < MAX_FLEET_LINE:
                    account.torn = len(line)
                    return
                while line and not line.endswith(b"\n"):  # the rest of an endless line, never kept
                    line = file.readline(MAX_FLEET_LINE)
                    offset += len(line)
                account.line(begin, f"longer than {MAX_FLEET_LINE} bytes")
            elif line.strip():
                found = _line(line, boards, begin, account)
                if found is not None:
                    yield found
    except BROKEN_GZIP as error:
        account.stop(offset, f"the compressed data is broken: {printable(error, 100)}")


def _line(line: bytes, boards: int, offset: int, account: Damage) -> Line | None:
    try:
        if line.startswith(b'{"b":'):
            of = _wrapped.decode(line)
            inner = bytes(of.l)
            if not 0 <= of.b < boards or not inner.startswith(b"{") or len(inner) >= MAX_LINE:
                raise ValueError(f"no line of one of {boards} boards")
            return of.b, inner
        kind = _kind.decode(line).e
        if kind and kind != "member":
            account.kind(offset, printable(kind, 40))
            return None
        said = _member.decode(line)
        if not 0 <= said.b < boards or not 0 <= said.t < 1 << 62:
            raise ValueError(f"no word of one of {boards} boards")
        return said
    except (ValueError, RecursionError) as error:
        account.line(offset, printable(error, 200))
        return None


class Split(msgspec.Struct, frozen=True):
    """``files``: a board's own recording each; None where it was never reached."""

    header: FleetHeader
    files: tuple[Path | None, ...]
    said: tuple[MemberLine, ...]
    damage: Damage


def split(path: str | os.PathLike[str], folder: Path) -> Split:
    """An ordinary recording of each board, in a folder. Raises RecordingError, and OSError where it cannot write.

    A file that is still written is split as far as it goes.
    """
    said, damage = [], Damage()
    with ExitStack() as stack:
        file = stack.enter_context(open_file(path))
        header = header_of(file, path)
        names = file_names(header.members)
        made: list[IO[bytes] | None] = [None] * len(names)
        for found in lines(file, len(names), damage):
            if isinstance(found, MemberLine):
                said.append(found)
                continue
            board, line = found
            target = made[board]
            if target is None:
                target = made[board] = stack.enter_context((folder / names[board]).open("xb"))
            target.write(line + b"\n")
    files = tuple(folder / name if target is not None else None for name, target in zip(names, made, strict=True))
    return Split(header, files, tuple(said), damage)


def file_names(members: Sequence[Member]) -> list[str]:
    """A file for each: its name as far as a file may be called so, no two alike whatever case they are in."""
    found: list[str] = []
    for member in members:
        stem = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in member.name)[:80].strip(".-")
        name, number = f"{stem or 'board'}{SUFFIX}", 2
        while name.lower() in {other.lower() for other in found}:
            name, number = f"{stem or 'board'}-{number}{SUFFIX}", number + 1
        found.append(name)
    return found


assert MOST <= 1000  # a number of a board is three digits: WRAPPING holds
