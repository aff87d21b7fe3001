"""The cold-start ledger of real cases: where each stage's time went."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cold_file
import pytest

import asking
from jetbench.domain.events import AnyEvent, RunStart, Stage
from jetbench.domain.plan import Plan
from jetbench_agent.bench import ledger
from outside import USER_MODELS

pytestmark = pytest.mark.torch
SIZE_KIB = 8 << 10
COUNTERS = ("major_faults", "swap_in_kib", "read_kib", "cache_kib")


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[AnyEvent]]:
    """Three cases: an honest one, one that compiles kernels, one whose weights are paged in."""
    folder = tmp_path_factory.mktemp("ledger")
    cold = cold_file.make(folder / "cold", SIZE_KIB << 10)
    (folder / "triton").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("HOME", str(folder))  # no caches of the user's
        patch.setenv("TRITON_CACHE_DIR", str(folder / "triton"))
        patch.setenv("JETBENCH_COLD", str(cold))
        names = tuple(f"{USER_MODELS}:{name}" for name in ("honest", "fills_a_cache", "reads_from_disk"))
        with asking.agent() as link:
            yield asking.run(link, Plan(models=names, sizes=((64, 64),), k=3, cooldown=0.0))


def stages(events: list[AnyEvent], model: str | None) -> dict[str, Stage]:
    """Those that are over, in order; None: of the parent that all cases share."""
    run = asking.of(events, RunStart)[0]
    ids = [case.id for case in run.cases if case.model.rpartition(":")[2] == model] if model else [None]
    return {stage.name: stage for stage in asking.of(events, Stage) if stage.ns is not None and stage.c in ids}


def test_every_stage_has_its_seconds_and_what_they_went_to(events: list[AnyEvent]) -> None:
    known = {name for name, value in ledger.spent().items() if value is not None}
    parent, case = stages(events, None), stages(events, "honest")
    assert list(parent) == ["spawn", "import", "torchvision"]
    assert list(case) == ["fork", "load", "to_device", "first", "measure"]
    for stage in (*parent.values(), *case.values()):
        assert stage.ns is not None
        assert stage.ns > 0, stage
        if stage.name not in ("spawn", "fork"):  # what happened before the counters could be read is not known
            assert {name for name in COUNTERS if getattr(stage, name) is not None} == known, stage
    assert (parent["import"].ns or 0) > (case["to_device"].ns or 0)


def test_stages_begin_before_they_are_over(events: list[AnyEvent]) -> None:
    """So that a reader knows where a case hangs; their seconds are those between."""
    begun: dict[tuple[int | None, str], int] = {}
    for stage in asking.of(events, Stage):
        key = stage.c, stage.name
        if stage.ns is None:
            begun[key] = stage.t
        elif stage.name not in ("spawn", "fork"):
            assert stage.ns <= stage.t - begun.pop(key)
    assert begun == {}


def test_kernels_compiled_in_the_first_pass_are_seen(events: list[AnyEvent]) -> None:
    case = stages(events, "fills_a_cache")
    assert case["first"].cache_kib == 256
    assert [case[name].cache_kib for name in ("load", "to_device", "measure")] == [0, 0, 0]
    assert stages(events, "honest")["first"].cache_kib == 0


def test_weights_read_from_the_disk_are_seen(events: list[AnyEvent], tmp_path: Path) -> None:
    cold_file.need_counted_reads(tmp_path)
    case = stages(events, "reads_from_disk")
    assert SIZE_KIB <= (case["first"].read_kib or 0) < 2 * SIZE_KIB
    assert (case["measure"].read_kib or 0) < SIZE_KIB
    assert (stages(events, "honest")["first"].read_kib or 0) < SIZE_KIB
