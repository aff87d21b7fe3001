"""Memory of real children: what was foretold, a limit that the kernel holds them to, and who is killed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import memory_group
import pytest

import asking
from jetbench.domain.events import AnyEvent, CaseEnd, Forecast, Memory, RunStart
from jetbench.domain.plan import Plan
from outside import USER_MODELS, command, events, family, gone, spawn, wait_for

pytestmark = pytest.mark.torch
# Small and large, convolutions and attention, many weights and many activations.
MODELS = ("squeezenet1_1", "vgg16", "swin_t")
ROOM_KIB = 350 << 10  # beside torch: for any small model and not for the 528 MiB of VGG16's weights


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[AnyEvent]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        with asking.agent() as link:
            yield asking.run(link, Plan(models=MODELS, batches=(1, 4), sizes=((224, 224),), k=1, cooldown=0.0))


def test_the_forecast_is_an_upper_bound_and_not_far_above(measured: list[AnyEvent]) -> None:
    cases = asking.of(measured, RunStart)[0].cases
    foretold = {event.c: event for event in asking.of(measured, Forecast)}
    actual = {event.c: event for event in asking.of(measured, Memory)}
    assert set(foretold) == set(actual) == {case.id for case in cases}
    for case in cases:
        need, peak = foretold[case.id].need_kib, actual[case.id].peak_rss_kib
        assert need is not None
        assert peak is not None
        assert peak <= need <= 1.6 * peak, (case.model, case.batch)
        assert sum(foretold[case.id].parts.values()) >= need - foretold[case.id].parts["load"]


@pytest.fixture(scope="module")
def limit_kib(measured: list[AnyEvent]) -> int:
    """What torch and the program take, and ROOM_KIB."""
    return asking.of(measured, Forecast)[0].parts["base"] + ROOM_KIB


def run_inside(folder: Path, recording: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The whole program in a memory cgroup: one case that is too large between two that are not."""
    models = [word for name in (f"{USER_MODELS}:honest", "vgg16", f"{USER_MODELS}:prints") for word in ("-m", name)]
    return subprocess.run(
        command("run", *models, "-s", "64", "-k", "2", "--cooldown", "0", "-o", recording, *options),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: memory_group.enter(folder),
    )


def ends(recording: Path) -> list[dict[str, Any]]:
    return sorted(events(recording, "case_end"), key=lambda end: end["c"])


def test_an_out_of_memory_kill_costs_one_case_and_is_proven(limit_kib: int, tmp_path: Path) -> None:
    recording = tmp_path / "oom.jsonl"
    with memory_group.limited(limit_kib) as folder:
        run = run_inside(folder, recording, "--force")
    assert run.returncode == 1, run.stdout + run.stderr
    before, killed, after = ends(recording)
    assert (before["status"], after["status"]) == ("measured", "measured")
    assert (killed["status"], killed["cause"]) == ("failed", "oom")
    assert "out of memory: the kernel killed it" in killed["error"]
    assert "in stage load" in killed["error"]
    counter = "memory.oom_control" if (folder.parent / "memory.oom_control").exists() else "memory.events"
    assert any(f"{folder}/{counter}: oom_kill rose from 0 to 1" in line for line in killed["evidence"])
    (foretold,) = [event for event in events(recording, "forecast") if event["c"] == 1]
    assert (foretold["verdict"], foretold["forced"], foretold["bound"]) == ("refused", True, "cgroup")
    assert len(killed["remedies"]) == 3
    assert all(remedy["need_kib"] > 0 for remedy in killed["remedies"])
    assert killed["error"] in run.stdout, "it is said where it is seen"


def test_what_will_not_fit_is_refused_before_it_is_loaded(limit_kib: int, tmp_path: Path) -> None:
    recording = tmp_path / "refused.jsonl"
    with memory_group.limited(limit_kib) as folder:
        run = run_inside(folder, recording)
        kills = [line for path in folder.glob("memory.*") if path.name in ("memory.oom_control", "memory.events")
                 for line in path.read_text().splitlines() if line.startswith("oom_kill ")]  # fmt: skip
    assert run.returncode == 1, run.stdout + run.stderr
    refused = ends(recording)[1]
    assert (refused["status"], refused["cause"]) == ("refused", "memory_forecast")
    assert "--force" in refused["error"]
    assert len(refused["remedies"]) == 3
    assert kills == ["oom_kill 0"]
    assert not any(event.get("c") == 1 for event in events(recording, "stage"))
    assert [end["status"] for end in ends(recording)] == ["measured", "refused", "measured"]


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, CaseEnd]]:
    names = ("starved", "starved_tensor", "killed", "grumbles_and_raises")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        models = tuple(f"{USER_MODELS}:{name}" for name in names)
        with asking.agent() as link:
            told = asking.run(link, Plan(models=models, sizes=((16, 16),), k=1, cooldown=0.0))
    yield dict(zip(names, asking.of(told, CaseEnd), strict=True))


@pytest.mark.parametrize("name, word", [("starved", "MemoryError"), ("starved_tensor", "allocate memory")])
def test_an_allocation_that_is_refused_is_a_lack_of_memory(failures: dict[str, CaseEnd], name: str, word: str) -> None:
    """Under a limit of address space, which any machine has."""
    end = failures[name]
    assert (end.status, end.cause) == ("failed", "oom")
    assert "out of memory: the system refused an allocation" in (end.error or "")
    assert any(word in line for line in end.evidence)
    assert len(end.remedies) == 3


def test_a_kill_by_somebody_else_is_told_apart(failures: dict[str, CaseEnd]) -> None:
    end = failures["killed"]
    assert (end.status, end.cause) == ("failed", "killed")
    assert "SIGKILL" in (end.error or "")
    assert end.evidence
    assert not any("oom_kill rose" in line for line in end.evidence)
    assert end.remedies == ()


def test_what_a_model_grumbled_about_is_not_why_it_failed(failures: dict[str, CaseEnd]) -> None:
    end = failures["grumbles_and_raises"]
    assert (end.cause, end.error) == ("error", "ValueError: the weights are upside down")


def test_the_child_is_the_one_the_kernel_takes(tmp_path: Path) -> None:
    """Not the screen, nor the agent, nor the shell of the user: they stay as they were."""
    recording = tmp_path / "scores.jsonl"
    process = spawn("run", "-m", f"{USER_MODELS}:slow", "-s", "16", "-k", "500", "-o", recording)
    wait_for(recording, '"k":"lat"')
    pids = family(process.pid)
    scores = [int(Path(f"/proc/{pid}/oom_score_adj").read_text()) for pid in pids]
    process.kill()
    gone(pids)
    process.communicate()
    own = int(Path(f"/proc/{os.getpid()}/oom_score_adj").read_text())
    assert scores == [own, own, 400, 800]
