"""The list of models an interpreter offered the last time, so that the app need not wait for torch."""

from __future__ import annotations

import contextlib
import zlib
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

from jetbench.domain.events import ModelEntry, Models

_MAX_BYTES = 1 << 20


def _path(executable: str) -> Path:
    return user_cache_path("jetbench-tui") / f"models-{zlib.crc32(executable.encode()):08x}.json"


def load(executable: str) -> tuple[ModelEntry, ...]:
    """Empty where nothing is cached, or what is cached is no list of models."""
    try:
        path = _path(executable)
        if path.stat().st_size > _MAX_BYTES:
            return ()
        return msgspec.json.decode(path.read_bytes(), type=tuple[ModelEntry, ...])
    except (OSError, ValueError):
        return ()


def save(executable: str, models: Models) -> None:
    """A cache that cannot be written is none; nobody is bothered with it."""
    with contextlib.suppress(OSError):
        path = _path(executable)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(models.models))
        part.replace(path)
