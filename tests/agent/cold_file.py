"""Files that lie on the disk and not in memory, and whether this machine counts what is read from them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jetbench_agent.bench import ledger


def make(path: Path, size: int) -> Path:
    """Written through to the disk: what is dirty cannot be dropped from memory."""
    with path.open("wb") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())
    return path


def need_counted_reads(folder: Path) -> None:
    """Skip unless /proc/self/io counts a megabyte that was dropped from memory and read again."""
    descriptor = os.open(make(folder / "probe", 1 << 20), os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        before = ledger.spent()["read_kib"]
        os.read(descriptor, 1 << 20)
        after = ledger.spent()["read_kib"]
    finally:
        os.close(descriptor)
    if before is None or after is None or after - before < 1024:
        pytest.skip("this file system keeps its pages, or what is read from it is not counted")
