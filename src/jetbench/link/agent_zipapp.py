"""Builds the agent's zipapp from the installed package: one file that any Python from 3.6 on can start.

The agent is data here: its files are packed, never imported.
"""

from __future__ import annotations

import io
import os
import tempfile
import zlib
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_cache_path

_MAIN = b"""import sys
from jetbench_agent.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
# The same bytes from the same files, so that the name by content is stable.
_DATE = (2020, 1, 1, 0, 0, 0)


def package_folder() -> Path:
    spec = find_spec("jetbench_agent")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package jetbench_agent is not installed beside jetbench")
    return Path(spec.submodule_search_locations[0])


def build() -> bytes:
    """The zipapp's bytes."""
    import zipfile  # only when the agent has changed: start-up does without

    folder = package_folder()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", _DATE), _MAIN)
        for path in sorted(folder.rglob("*.py")):
            name = f"jetbench_agent/{path.relative_to(folder).as_posix()}"
            archive.writestr(zipfile.ZipInfo(name, _DATE), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def signature() -> str:
    """Changes when a file of the agent does: names, sizes and times, without reading them."""
    folder = package_folder()
    states = [(path.relative_to(folder).as_posix(), path.stat()) for path in sorted(folder.rglob("*.py"))]
    text = repr([(str(folder), name, state.st_size, state.st_mtime_ns) for name, state in states])
    return f"{zlib.crc32(text.encode()):08x}{len(text):x}"


def installed() -> Path:
    """Path of the zipapp, written when the agent has changed to the cache folder (or a private temporary one)."""
    name = f"agent-{signature()}.pyz"
    for folder in (user_cache_path("jetbench-tui"), Path(tempfile.gettempdir()) / f"jetbench-tui-{os.getuid()}"):
        path = folder / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = folder.lstat()
            if found.st_uid != os.getuid() or found.st_mode & 0o022:
                continue  # somebody else can write there: nothing from it is started
            if not path.exists():
                part = folder / f"{name}.{os.getpid()}"
                part.write_bytes(build())
                part.replace(path)
                _forget_others(folder, path)
            return path
        except OSError:
            continue
    raise RuntimeError("no folder to write the agent to: neither the cache folder nor the temporary one is writable")


def _forget_others(folder: Path, kept: Path) -> None:
    """Agents of versions over a week old; a younger one may still be running and importing from its file."""
    limit = kept.stat().st_mtime - 7 * 86_400
    for path in folder.glob("agent-*.pyz"):
        if path != kept and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
