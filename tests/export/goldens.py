"""Exports of one small session, compared byte by byte with those that somebody has looked at.

What changed on purpose is written anew with ``JETBENCH_GOLDEN=write pytest tests/export``, and looked at in the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

from jetbench.session.load import load
from jetbench.session.state import SessionState

FOLDER = Path(__file__).parent / "golden"
SESSION = FOLDER / "session.jsonl"
SIMULATED = FOLDER.parents[2] / "recordings" / "simulated-nano-throttling.jsonl"


def session() -> SessionState:
    """Two rounds of three cases, one with a name that tries everything, one failed; throttling, missing readings."""
    state, damage = load(SESSION)
    assert not damage
    return state


def check(name: str, data: bytes) -> None:
    path = FOLDER / name
    if os.environ.get("JETBENCH_GOLDEN") == "write":
        path.write_bytes(data)
    assert data == path.read_bytes(), f"{path.name} is no longer what the export writes"
