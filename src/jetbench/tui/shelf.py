"""What stands in the list of recordings: each told by its first line and its end, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.text import printable
from jetbench.recording import fleet
from jetbench.recording.folder import recordings
from jetbench.recording.format import RecordingError
from jetbench.recording.opened import open_session
from jetbench.recording.reader import read_header

MOST = 300  # recordings that are listed, the newest
MOST_PACKED = 8 << 20  # bytes; a larger packed one is not unpacked only to be listed


class Listed(msgspec.Struct, frozen=True):
    path: Path
    created: str = ""
    board: str = ""
    models: tuple[str, ...] = ()
    status: str = ""  # of its last checkpoint
    seconds: float | None = None
    size: int = 0  # bytes
    boards: int = 0  # of a fleet
    problem: str | None = None  # why it cannot be opened

    @property
    def whole(self) -> bool:
        return self.status == "done"


def listed(folders: Iterable[Path]) -> list[Listed]:
    """Of all folders, the newest first. What cannot be read says why."""
    found = {path.resolve(): path for folder in folders for path in recordings(folder)}
    newest = sorted(found.values(), key=_age, reverse=True)[:MOST]
    return [told(path) for path in newest]


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def told(path: Path) -> Listed:
    try:
        size = path.stat().st_size
        if path.suffix == ".gz" and size > MOST_PACKED:
            return _of(path, size, read_header(path))
        opened = open_session(path)
        status = str(opened.brief.get("status", ""))
        return _of(path, size, opened.header, status, opened.duration_s)
    except (RecordingError, OSError) as error:
        return _of_fleet(path) or Listed(path, problem=printable(str(error), 200))


def _of_fleet(path: Path) -> Listed | None:
    try:
        header, size = fleet.read_header(path), path.stat().st_size
    except (RecordingError, OSError):
        return None
    return Listed(
        path,
        created=printable(header.created, 40),
        board=printable(", ".join(member.name for member in header.members), 400),
        models=_names(header.plan.get("models")),
        size=size,
        boards=len(header.members),
    )


def _of(path: Path, size: int, header: ev.Header, status: str = "", seconds: float | None = None) -> Listed:
    board = header.board
    models = header.plan.get("models") if isinstance(header.plan, dict) else None
    return Listed(
        path,
        created=printable(header.created, 40),
        board=printable((board.model or board.hostname or board.kind) if board else "", 80),
        models=_names(models),
        status=printable(status, 20),
        seconds=seconds,
        size=size,
    )


def _names(models: object) -> tuple[str, ...]:
    if not isinstance(models, Sequence) or isinstance(models, str):
        return ()
    return tuple(printable(str(name), 60) for name in models[:50])
