"""The agent, as the zipapp the screen side builds, on every interpreter of this machine; on JetPack 4's with torch."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import asking
from jetbench.analysis.counts import COVERED, disagreement
from jetbench.domain.events import CaseEnd, Log, Model, Software
from jetbench.domain.plan import Plan
from jetbench.link.local import LocalLink
from jetbench.session.worker import SessionWorker
from outside import USER_MODELS, jetbench

# torch 1.10.1, torchvision 0.11.2 and ptflops 0.7.1.2 on Python 3.6: a Makefile rule puts them there, and says why not.
MADE = Path(sys.prefix) / "py36"
# Parameters and GMACs at 224 (inception_v3: 299), as torchvision publishes them; 0.11 itself does not.
PUBLISHED = {
    "mobilenet_v2": (3_504_872, 0.301),
    "mobilenet_v3_small": (2_542_856, 0.057),
    "resnet18": (11_689_512, 1.814),
    "squeezenet1_1": (1_235_496, 0.349),
    "shufflenet_v2_x1_0": (2_278_604, 0.145),
    "googlenet": (6_624_904, 1.498),
    "inception_v3": (27_161_264, 5.713),
}


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


@pytest.fixture(scope="module")
def jetpack4() -> str:
    """Path of an interpreter with the torch of JetPack 4; skips with the reason that there is none."""
    python = os.environ.get("JETBENCH_OLD_PYTHON") or str(MADE / "bin" / "python")
    if not Path(python).exists():
        tried = MADE.with_name("py36.tried")
        pytest.skip(f"no torch of JetPack 4: {tried.read_text().strip() if tried.exists() else 'make test gets it'}")
    code = (
        "import sys, torch; print(sys.version_info[:2] == (3, 6) and torch.__version__.split('.')[:2] == ['1', '10'])"
    )
    said = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "True", f"{python} is no Python 3.6 with torch 1.10: {said.stderr}"
    return python


@pytest.fixture(scope="module")
def measured(jetpack4: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """A run of the whole program: (its JSON document, the folder of its CSV files)."""
    folder = tmp_path_factory.mktemp("jetpack4")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CACHE", "DATA"):
            patch.setenv(f"XDG_{name}_HOME", str(folder / name))
        models = ("-m", "mobilenet_v3_small", "-m", "squeezenet1_1", "-m", f"{USER_MODELS}:every_kind")
        protocol = ("-b", "1,2", "-s", "64", "-k", "6")
        options = ("--warmup", "2", "--cooldown", "0", "-o", folder / "r.jsonl", "--csv", folder / "csv", "--json")
        run = jetbench("run", "--python", jetpack4, *models, *protocol, *options)
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout), folder / "csv"


def test_jetpack4_measures(measured: tuple[dict[str, Any], Path]) -> None:
    document, _ = measured
    assert document["software"]["python"].startswith("3.6.")
    assert document["software"]["torch"].startswith("1.10.")
    assert len(document["cases"]) == 6
    for case in document["cases"]:
        assert case["status"] == "measured", case["error"]
        assert case["latency_s"]["n"] == 6
        assert 0 < case["latency_s"]["min"] <= case["latency_s"]["p50"] <= case["latency_s"]["max"]
        assert {"load", "to_device", "first"} <= set(case["cold_start_s"])
        assert case["peak_memory_mib"] > 50
    params = {case["model"]: case["params"] for case in document["cases"]}
    assert params["mobilenet_v3_small"] == PUBLISHED["mobilenet_v3_small"][0]
    assert params["squeezenet1_1"] == PUBLISHED["squeezenet1_1"][0]


def test_jetpack4_exports(measured: tuple[dict[str, Any], Path]) -> None:
    document, folder = measured
    tables = {}
    for name in ("cases", "samples", "telemetry"):
        with (folder / f"{name}.csv").open(newline="") as file:
            tables[name] = list(csv.DictReader(file))
    assert [row["model"] for row in tables["cases"]] == [case["model"] for case in document["cases"]]
    for row, case in zip(tables["cases"], document["cases"], strict=True):
        assert int(row["params"]) == case["params"]
        assert float(row["latency_p50_s"]) == pytest.approx(case["latency_s"]["p50"], rel=1e-9)
    assert len(tables["samples"]) == 6 * (6 + 2)
    assert tables["telemetry"]


@pytest.fixture(scope="module")
def counted(jetpack4: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        with asking.agent(jetpack4) as link:
            events = asking.ask(link, op="count", models=list(PUBLISHED), batch=1)
            sizes = [[8, 8]]
            own = asking.ask(link, op="count", models=[f"{USER_MODELS}:two_matrices"], batch=2, sizes=sizes)
    return {model.name.rpartition(":")[2]: model for model in asking.of(events + own, Model)}


@pytest.mark.parametrize("name", PUBLISHED)
def test_jetpack4_counts_as_published(counted: dict[str, Model], name: str) -> None:
    """By hooks, for its torch has no dispatch mode; and by the ptflops of its time."""
    model = counted[name]
    params, giga = PUBLISHED[name]
    assert model.params == params
    assert model.macs == pytest.approx(giga * 1e9, rel=0.01, abs=1_500_000)
    assert model.method == "hooks"
    if (
        name != "inception_v3"
    ):  # it holds a head that is not called: hooks cannot tell that from one that a function uses
        assert (model.coverage or 0) >= COVERED
    first, second = model.counts
    assert (first.method, second.method) == ("hooks", "ptflops (pytorch)")
    assert (second.macs or 0) - (second.elementwise or 0) == pytest.approx(giga * 1e9, rel=0.015, abs=1_500_000)
    found = disagreement(model)
    assert found is None or "normalisation, activations and pooling" in found.text


def test_jetpack4_counts_a_model_of_the_users(counted: dict[str, Model]) -> None:
    model = counted["two_matrices"]
    assert (model.params, model.macs) == (1930, 2 * 1920)


# A torchvision that was built for another torch: newer ones say so when they are imported, older ones say nothing.
RAISES = "raise RuntimeError('operator torchvision::nms does not exist')"
SILENT = """
import types, torch
models = types.ModuleType("torchvision.models")
models.tiny = lambda: torch.nn.Conv2d(3, 4, 3)
__version__ = "0.11.2"
"""


@pytest.fixture(params=["own", "jetpack4"])
def python(request: pytest.FixtureRequest) -> str:
    if request.param == "own":
        if importlib.util.find_spec("torch") is None:
            pytest.skip("torch is not installed in the tests' interpreter")
        return sys.executable
    found: str = request.getfixturevalue("jetpack4")
    return found


@pytest.mark.parametrize("source, status", [(RAISES, "failed"), (SILENT, "measured")], ids=["raises", "silent"])
def test_a_torchvision_that_does_not_fit_is_said_so(
    python: str, source: str, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models of the user's own run all the same; so do its own where only its compiled operators are missing."""
    (tmp_path / "torchvision.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    names = (f"{USER_MODELS}:honest", "tiny")
    with asking.agent(python) as link:
        events = asking.run(link, Plan(models=names, sizes=((16, 16),), k=2, cooldown=0.0))
    own, theirs = asking.of(events, CaseEnd)
    assert (own.status, theirs.status) == ("measured", status)
    (software,) = asking.of(events, Software)
    assert "torchvision" in software.build["torchvision_error"]
    assert "nms" in software.build["torchvision_error"]
    warnings = [log.text for log in asking.of(events, Log) if log.level == "warning"]
    assert any(text.startswith("torchvision") and "nms" in text for text in warnings)
    if status == "failed":
        assert "torchvision cannot be used" in (theirs.error or "")
        assert "operator torchvision::nms does not exist" in (theirs.error or "")
