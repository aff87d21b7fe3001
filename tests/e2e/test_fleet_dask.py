"""One plan on a worker of Dask and on a board too old for it, which goes by OpenSSH: one table, one recording."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="no Dask distributed here: pip install 'jetbench-tui[fleet]'")

import dask_cluster
import sshd
from jetbench.cli.fleet_members import Shared, members
from jetbench.domain.fleet import Member
from jetbench.domain.plan_boards import PlanBoard
from jetbench.link.ssh_line import COMMAND
from jetbench.recording import fleet as fleets
from outside import USER_MODELS, jetbench

OLD = os.environ.get("JETBENCH_OLD_PYTHON") or str(Path(sys.prefix) / "py36" / "bin" / "python")
PATIENCE_S = 60.0
NANO = Member(name="nano", kind="dask", address="tcp://192.0.2.7:4")


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "dask").mkdir()
    with dask_cluster.running(tmp_path / "dask") as boards:
        boards.start("orin")
        deadline = time.monotonic() + PATIENCE_S
        while "Registered to" not in boards.log("orin"):
            assert time.monotonic() < deadline, boards.log("orin")
            time.sleep(0.1)
        yield boards.address


@pytest.mark.torch
def test_an_old_board_goes_by_ssh_in_the_same_plan(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = OLD if Path(OLD).exists() else sys.executable
    (tmp_path / "ssh").mkdir()
    plan, file = tmp_path / "plan.toml", tmp_path / "fleet.jsonl"
    with sshd.running(tmp_path / "ssh") as server:
        monkeypatch.setenv(COMMAND, server.command)
        plan.write_text(
            f'models = ["{USER_MODELS}:honest", "{USER_MODELS}:two_matrices"]\nsizes = [8]\ncooldown = 0\n'
            f'boards = ["orin", {{ host = "{server.address}", name = "nano 2019", python = "{old}" }}]\n'
        )
        done = jetbench("run", plan, "--dask", scheduler, "-o", file, "--json")
    assert done.returncode == 0, done.stderr
    assert "distributed" not in done.stderr  # nothing of what Dask logs
    document = json.loads(done.stdout)
    measured = {(case["board"], case["status"]) for case in document["cases"]}
    assert measured == {("orin", "measured"), ("nano 2019", "measured")}
    assert len(document["cases"]) == 4
    (tmp_path / "boards").mkdir()
    found = fleets.split(file, tmp_path / "boards")
    assert not found.damage
    assert [board.kind for board in found.header.members] == ["dask", "ssh"]
    headers = [json.loads(path.read_text().splitlines()[0]) for path in found.files]
    versions = [header["board"]["agent"]["python"] for header in headers]
    asked = subprocess.run(
        [old, "-c", "import platform; print(platform.python_version())"], capture_output=True, text=True
    )
    assert versions == [".".join(map(str, sys.version_info[:3])), asked.stdout.strip()]


def test_workers_are_the_boards_unless_the_plan_names_some() -> None:
    orin = Member(name="orin", kind="dask", address="tcp://192.0.2.8:4")
    every = members(("pi@rpi",), (), Shared(python="python3.10"), (NANO, orin))
    assert [(each.name, each.kind, each.address, each.python) for each in every] == [
        ("nano", "dask", NANO.address, "python3.10"),
        ("orin", "dask", orin.address, "python3.10"),
        ("pi@rpi", "ssh", "pi@rpi", "python3.10"),
    ]
    boards = (PlanBoard(host="nano", name="left", power_group="shelf", python="python3.9"), PlanBoard(host="pi@rpi"))
    named = members((), boards, Shared(), (NANO, orin))
    assert [(each.name, each.kind, each.power_group, each.python) for each in named] == [
        ("left", "dask", "shelf", "python3.9"),
        ("pi@rpi", "ssh", None, None),
    ]
