"""Where a recording goes when no file is named."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from platformdirs import user_data_path

from jetbench.recording.format import SUFFIX, RecordingError

APP = "jetbench-tui"
MAX_TRIES = 1000


def default_folder() -> Path:
    """``$XDG_DATA_HOME/jetbench-tui/recordings``; it need not exist."""
    return user_data_path(APP, appauthor=False) / "recordings"


def new_fleet_path() -> Path:
    """Of a fleet: ``fleet-<UTC>-<host>.jsonl``."""
    return new_path(kind="fleet")


def new_path(
    folder: Path | None = None, *, host: str | None = None, wall_s: float | None = None, kind: str = "session"
) -> Path:
    """A name that no file has yet: ``session-<UTC>-<host>.jsonl``. Makes the folder."""
    where = default_folder() if folder is None else folder
    try:
        where.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordingError(f"no folder for recordings: {where}: {error.strerror}; name a file with -o") from error
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(wall_s))
    stem = f"{kind}-{stamp}-{safe_host(host if host is not None else os.uname().nodename)}"
    for number in range(1, MAX_TRIES):
        path = where / (f"{stem}{SUFFIX}" if number == 1 else f"{stem}-{number}{SUFFIX}")
        if not path.exists():
            return path
    raise RecordingError(f"{where} holds {MAX_TRIES} recordings of this second; name a file with -o")


def safe_host(name: str) -> str:
    """A host's name as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name.split(".")[0]).strip("-")[:40] or "host"


def recordings(folder: Path | None = None) -> list[Path]:
    """Recordings in a folder, the newest first."""
    where = default_folder() if folder is None else folder
    try:
        found = [path for path in where.iterdir() if path.name.endswith((SUFFIX, SUFFIX + ".gz"))]
        return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    except OSError:
        return []
