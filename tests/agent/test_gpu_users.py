"""Who holds the GPU, and how the board is set just now: told on request, and only when it is not as before."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from trees import tx2

import asking
from board_tree import lay_out
from jetbench.domain.events import Board, Settings
from jetbench.link.local import LocalLink
from jetbench.session.state import SessionState
from jetbench_agent.sensors import gpu_users
from jetbench_agent.sensors.files import Root

POLICY = "sys/devices/system/cpu/cpufreq/policy0/"


def process(folder: Path, pid: int, name: str, *held: str, parent: int = 1) -> None:
    fds = folder / "proc" / str(pid) / "fd"
    fds.mkdir(parents=True)
    (fds.parent / "comm").write_text(name + "\n")
    (fds.parent / "stat").write_text(f"{pid} ({name}) S {parent} 1 1 0\n")
    for number, path in enumerate(held):
        (fds / str(number)).symlink_to(path)


@pytest.fixture
def tegra(tmp_path: Path) -> Path:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvhost-gpu").touch()
    process(tmp_path, 100, "python3", "/dev/null", "/dev/nvhost-gpu")
    process(tmp_path, 101, "Xorg", "/dev/nvgpu/igpu0/power")
    process(tmp_path, 102, "camera) S 9", "/dev/nvmap", "/dev/nvhost-ctrl", "/tmp/nvidia0")
    process(tmp_path, 103, "x\x1b[31m", "/dev/nvidia0")
    process(tmp_path, 104, "other")
    return tmp_path


def test_those_that_hold_it_are_named(tegra: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain: Callable[[str], list[str]] = os.listdir

    def listdir(path: str) -> list[str]:
        if "/proc/104/" in str(path):
            raise PermissionError(13, "not yours")
        return plain(path)

    monkeypatch.setattr(os, "listdir", listdir)
    told = gpu_users.users(Root(str(tegra)))["gpu_users"]
    assert told == {"found": [[100, "python3"], [101, "Xorg"], [103, "x[31m"]], "hidden": 1}


def test_a_board_without_such_a_gpu_says_nothing(tmp_path: Path) -> None:
    process(tmp_path, 100, "python3", "/dev/nvidia0")
    assert gpu_users.users(Root(str(tmp_path))) == {}


def test_what_is_changed_is_told_once_and_takes_the_place_of_what_was(tegra: Path) -> None:
    for name, text in {"scaling_governor": "schedutil", "scaling_cur_freq": "1", "related_cpus": "0"}.items():
        path = lay_out(tx2(), tegra) / POLICY / name if name == "scaling_governor" else tegra / POLICY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    state = SessionState()
    link = LocalLink(None, root=tegra)
    try:
        events = asking.ask(link, op="settings")
        (first,) = asking.of(events, Settings)
        assert first.facts["cpu"]["policies"]["policy0"]["governor"] == "schedutil"
        assert [100, "python3"] in first.facts["gpu_users"]["found"]
        assert not asking.of(asking.ask(link, op="settings"), Settings), "nothing is new"
        (tegra / POLICY / "scaling_governor").write_text("performance\n")
        later = asking.ask(link, op="settings")
        for event in (*events, *later):
            state.apply(event)
    finally:
        link.close()
    assert isinstance(state.board, Board)
    assert state.board.facts["cpu"]["policies"]["policy0"]["governor"] == "performance"
    assert "reasons" in state.board.facts, "what was told of the board once stays"
