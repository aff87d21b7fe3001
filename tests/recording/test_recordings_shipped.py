"""The recordings in recordings/ open whole, today and with every later version."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetbench.export.document import document, simulated
from jetbench.session.load import load

SHIPPED = sorted((Path(__file__).parents[2] / "recordings").glob("*.jsonl*"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_it_opens_whole(path: Path) -> None:
    state, damage = load(path)
    assert not damage
    assert state.status == "done"
    made = document(state)
    assert made["cases"]
    for case in made["cases"]:
        assert case["status"] == "measured"
        assert case["latency_s"]["n"] >= 200
    assert simulated(state.board) == path.name.startswith("simulated")


def test_there_are_some() -> None:
    assert len(SHIPPED) >= 4
