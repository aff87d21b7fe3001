"""The agent, as the zipapp the screen side builds, on every interpreter this machine has."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from jetbench.domain.plan import Plan
from jetbench.link.local import LocalLink
from jetbench.session.worker import SessionWorker


def interpreters() -> list[str]:
    """Pythons from 3.6 on: those on PATH and those pyenv holds."""
    names = [shutil.which(f"python3.{minor}") for minor in range(6, 16)]
    names += map(str, Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python"))
    found = {str(Path(name).resolve()): name for name in names if name and "shims" not in name}
    return sorted(found)


@pytest.mark.parametrize("python", interpreters() or [None])
def test_agent_speaks_on_every_interpreter(python: str | None, tmp_path: Path) -> None:
    """Board and telemetry come; a run without torch ends in one fault that names the interpreter."""
    if python is None:
        pytest.skip("no interpreter but the one of the tests")
    worker = SessionWorker(lambda: LocalLink(python), lambda: tmp_path / "r.jsonl", executable=python)
    worker.start()
    try:
        assert worker.wait_board(20.0), worker.snapshot().fault
        board = worker.snapshot().board
        assert board is not None
        assert re.match(r"3\.\d+\.", board.agent["python"])
        worker.run(Plan(models=("resnet18",)))
        assert worker.wait(60.0)
        snapshot = worker.snapshot()
        if snapshot.software is None:
            assert snapshot.status == "failed"
            assert python in (snapshot.fault or "")
            assert "torch" in (snapshot.fault or "")
    finally:
        worker.close()
    assert not (tmp_path / "r.jsonl").exists() or worker.snapshot().cases
