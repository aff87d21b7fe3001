"""What all tests share: the user's folders are temporary, and tests that need torch say so."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The suite tries the same examples each time: what fails here failed before. `make fuzz` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, database=None)
settings.register_profile("fuzz", deadline=None)
settings.load_profile("same")

# Every test can ``import streams`` or ``import outside``, however pytest is started.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's data, cache or configuration."""
    folder = tmp_path_factory.mktemp("xdg")
    for name in ("DATA", "CACHE", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    monkeypatch.setenv("JETBENCH_LOCK_DIR", str(folder))  # runs of other tests at the same time disturb nobody
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLUMNS", "160")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if importlib.util.find_spec("torch") is not None:
        return
    for item in items:
        if "torch" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="torch is not installed in the tests' interpreter"))
