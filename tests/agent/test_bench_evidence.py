"""What disturbed single passes, told by the child that ran them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cold_file
import pytest

import asking
from jetbench.domain.events import AnyEvent, Latency, RunStart
from jetbench.domain.plan import Plan
from jetbench_agent.bench import timing
from jetbench_agent.bench.evidence import Watch
from jetbench_agent.stopping import StopRule
from jetbench_agent.stream import monotonic_ns
from outside import USER_MODELS

PASSES = 9


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[AnyEvent]]:
    folder = tmp_path_factory.mktemp("evidence")
    cold = cold_file.make(folder / "cold", 1 << 20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setenv("JETBENCH_COLD", str(cold))
        names = tuple(f"{USER_MODELS}:{name}" for name in ("collects", "preempted", "faults"))
        with asking.agent() as link:
            yield asking.run(link, Plan(models=names, sizes=((64, 64),), k=PASSES, cooldown=0.0))


def batches(events: list[AnyEvent], model: str) -> list[Latency]:
    run = asking.of(events, RunStart)[0]
    (c,) = [case.id for case in run.cases if case.model.endswith(":" + model)]
    return [batch for batch in asking.of(events, Latency) if batch.c == c]


@pytest.mark.torch
def test_passes_in_which_garbage_was_collected_are_named(events: list[AnyEvent]) -> None:
    """The first pass of all is not one of them: the model collects in passes 0, 3, 6 and 9 of ten."""
    found = [batch.i + offset for batch in batches(events, "collects") for offset in batch.gc]
    assert found == [2, 5, 8]
    assert not any(batch.gc for model in ("preempted", "faults") for batch in batches(events, model))


@pytest.mark.torch
def test_passes_that_had_to_wait_for_a_core_are_named(events: list[AnyEvent]) -> None:
    """Each pass is longer than any slice of the scheduler, and something else wants the core all the time."""
    found = {}
    for batch in batches(events, "preempted"):
        for offset, switches, waited in batch.waits:
            assert switches > 0
            assert waited == -1 or 0 < waited < 2 * batch.d[offset]
            found[batch.i + offset] = waited
    assert sorted(found) == list(range(PASSES))
    if Path("/proc/self/schedstat").exists():
        assert all(waited > 0 for waited in found.values())


@pytest.mark.torch
def test_passes_that_faulted_pages_in_are_named(events: list[AnyEvent], tmp_path: Path) -> None:
    cold_file.need_counted_reads(tmp_path)
    found = {}
    for batch in batches(events, "faults"):
        found.update({batch.i + offset: number for offset, number in batch.faults})
    assert sorted(found) == [0, 2, 4, 6, 8], "the model touches the disk in passes 1, 3, 5, 7 and 9 of ten"
    assert all(number > 0 for number in found.values())


class Stamped(Watch):
    """One that notes when it is at work."""

    def __init__(self) -> None:
        self.at: list[int] = []
        super().__init__(None)

    def begin(self) -> None:
        self.at.append(monotonic_ns())
        super().begin()
        self.at.append(monotonic_ns())

    def passed(self, offset: int) -> None:
        self.at.append(monotonic_ns())
        super().passed(offset)
        self.at.append(monotonic_ns())

    def take(self) -> dict[str, object]:
        self.at.append(monotonic_ns())
        return super().take()


def test_nothing_is_asked_while_a_pass_is_timed() -> None:
    """Between the two clock reads of a pass there is the pass alone."""
    passes: list[tuple[int, int]] = []
    watch = Stamped()
    with watch:
        timing.measure(
            lambda: sum(range(100)),
            StopRule(5000, None, 60),
            lambda _i, starts, ends, _more: passes.extend(zip(starts, ends, strict=True)),
            lambda: False,
            [watch],
        )
    assert len(passes) == 5000
    assert len(watch.at) > 2 * len(passes)
    ended, asked, began = 0, 1, 2  # in this order where the clock gives the same
    moments = [(start, began) for start, _ in passes] + [(end, ended) for _, end in passes]
    inside = False
    for _, what in sorted(moments + [(at, asked) for at in watch.at]):
        assert not (inside and what == asked)
        inside = what == began or (inside and what != ended)
