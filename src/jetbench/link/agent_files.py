"""The agent as something to start: a folder on this machine, or one file that travels, from Python 3.6 on.

It is data here: its files are copied or packed, never imported.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Iterator
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
    import io
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
    folder = str(package_folder())
    text = repr([(folder, *state) for state in sorted(_states(folder))])
    return f"{zlib.crc32(text.encode()):08x}{len(text):x}"


def _states(folder: str, inside: str = "") -> Iterator[tuple[str, int, int]]:
    """Name, size and time of its Python files. By scandir: Path.rglob takes three times as long, before every start."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                state = entry.stat()
                yield inside + entry.name, state.st_size, state.st_mtime_ns
            elif entry.name != "__pycache__" and entry.is_dir():
                yield from _states(entry.path, f"{inside}{entry.name}/")


def packed() -> tuple[bytes, str]:
    """The zipapp's bytes and their SHA-256, kept in the cache folder until a file of the agent changes."""
    import hashlib  # takes milliseconds, and the agent of this machine needs none

    path = user_cache_path("jetbench-tui") / f"agent-{signature()}.pyz"
    try:
        data = path.read_bytes() if _is_ours(path.parent) else b""
        if data:
            return data, hashlib.sha256(data).hexdigest()
    except OSError:
        pass
    data = build()
    with contextlib.suppress(OSError):  # a cache
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_bytes(data)
        part.replace(path)
    return data, hashlib.sha256(data).hexdigest()


def installed() -> Path:
    """The agent as a folder that ``python FOLDER`` starts, in the cache folder (or a private temporary one).

    A folder, because an interpreter keeps what it compiled beside it: from a zipapp every process of the agent
    would compile it again. Written anew when the agent has changed.
    """
    name = f"agent-{signature()}"
    for place in (_cache, _temporary):
        path = (folder := place()) / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(folder):
                continue
            if not path.exists():
                _lay_out(path)
                _forget_others(folder, path)
            return path
        except OSError:
            continue
    raise RuntimeError("no folder to write the agent to: neither the cache folder nor the temporary one is writable")


def _cache() -> Path:
    return user_cache_path("jetbench-tui")


def _temporary() -> Path:
    import tempfile

    return Path(tempfile.gettempdir()) / f"jetbench-tui-{os.getuid()}"


def _is_ours(folder: Path) -> bool:
    """Where somebody else can write nothing is started from, here or on a board. Raises OSError."""
    found = folder.lstat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


def _lay_out(path: Path) -> None:
    """All of it or nothing, whoever else is at it."""
    import shutil
    import tempfile

    part = Path(tempfile.mkdtemp(prefix=f"{path.name}.", dir=path.parent))
    try:
        shutil.copytree(package_folder(), part / "jetbench_agent", ignore=shutil.ignore_patterns("__pycache__"))
        (part / "__main__.py").write_bytes(_MAIN)
        part.rename(path)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not path.exists():  # somebody else was quicker otherwise
            raise


def _forget_others(folder: Path, kept: Path) -> None:
    """Agents of versions over a week old; a younger one may still be running and importing from its files."""
    import shutil

    limit = kept.stat().st_mtime - 7 * 86_400
    for path in folder.glob("agent-*"):
        if path != kept and path.stat().st_mtime < limit:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
