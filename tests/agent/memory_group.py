"""A memory cgroup of a test's own: a limit that the kernel holds a tree of processes to."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

CGROUP = Path("/sys/fs/cgroup")
LEFT_S = 10.0


@contextlib.contextmanager
def limited(kib: int) -> Iterator[Path]:
    """A group below our own whose processes may have ``kib`` of memory and no swap. Skips where none can be made."""
    folder, limit, swap = _place()
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no memory cgroup can be made here: {error}")
    try:
        try:
            (folder / limit).write_text(str(kib << 10))
            if (folder / swap).exists():
                (folder / swap).write_text("0" if swap == "memory.swap.max" else str(kib << 10))
        except OSError as error:
            pytest.skip(f"no limit can be set on a memory cgroup here: {error}")
        yield folder
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """What was killed in it is gone a moment later."""
    deadline = time.monotonic() + LEFT_S
    while True:
        try:
            folder.rmdir()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def enter(folder: Path) -> None:
    """This process, and what it starts from now on. For ``preexec_fn``."""
    (folder / "cgroup.procs").write_text(str(os.getpid()))


def _place() -> tuple[Path, str, str]:
    """(folder to make, file of its limit, file of its limit with swap)."""
    name = f"jetbench-test-{os.getpid()}"
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            mount = CGROUP / "memory"
            own = mount / path.lstrip("/")
            return (own if own.is_dir() else mount) / name, "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        own = CGROUP / line.split(":", 2)[2].lstrip("/")
        if line.startswith("0::") and (own / "memory.max").exists():
            return own / name, "memory.max", "memory.swap.max"
    pytest.skip("no memory controller of cgroups is mounted here")
