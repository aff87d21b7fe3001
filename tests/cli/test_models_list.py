"""jetbench-tui models: by name, by kind, and of what somebody names."""

from __future__ import annotations

from pathlib import Path

import pytest

from outside import jetbench

pytestmark = pytest.mark.torch


def test_a_kind_of_model_is_listed_and_columns_stay_in_line(tmp_path: Path) -> None:
    done = jetbench("models", "SEGMENTATION")
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert len(rows) > 3 and {row[1] for row in rows} == {"segmentation"}
    (tmp_path / "net.py").write_text(f"def build(): ...\n\n\ndef {'long' * 12}(): ...\n")
    lines = jetbench("models", tmp_path / "net.py").stdout.splitlines()
    assert len(lines) == 2 and len({line.index(" code ") for line in lines}) == 1
