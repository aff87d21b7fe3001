"""What takes all passes of a case is worked out once, and again only when it could come out differently."""

from __future__ import annotations

import msgspec
import pytest

import streams
from jetbench.analysis import flags, passes
from jetbench.domain import events as ev
from jetbench.domain.observed import ObservedBoard, Series
from jetbench.session.picture import picture
from jetbench.session.state import SessionState

MODELS = ("resnet18", "mobilenet_v2", "squeezenet1_1")


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Passes of every summary that was made of the latency."""
    plain, found = passes.summarise, []

    def counted(durations):
        found.append(len(durations))
        return plain(durations)

    monkeypatch.setattr(passes, "summarise", counted)
    return found


def test_a_case_is_worked_out_once_in_a_run_that_is_looked_at(worked: list[int]) -> None:
    """At its end, not at every reading after it, and not of all cases when the run is over."""
    state = SessionState()
    for event in streams.session(passes=200, models=MODELS):
        state.apply(event)
        picture(state)
    assert state.status == "done"
    assert worked == [200] * len(MODELS)
    assert state.foldings is not None and len(state.foldings) == 0, "bins of a case that is over are in its result"


def test_what_the_end_of_the_run_tells_of_the_clocks_is_in_the_result(worked: list[int]) -> None:
    """A clock that only later is seen to have been low: the plateau is of the whole run."""
    state, low, high = SessionState(), Series(), Series()
    *events, end, _ = streams.session(passes=200, models=("resnet18",))
    for event in events:
        state.apply(event)
    (record,) = state.records.values()
    first, last = record.start[0], record.start[-1] + record.duration[-1]
    for t in range(first, last, max(1, (last - first) // 20)):
        low.add(t, 1000.0)
    state.observed.clocks = {"clock.cpu.policy0": low}
    assert "F" not in state.result(record).flags
    for t, value in zip(low.t, low.value, strict=True):
        high.add(t, value)
    for n in range(200):
        high.add(last + n * 10**9, 1500.0)
    state.observed.clocks = {"clock.cpu.policy0": high}
    assert isinstance(end, ev.RunEnd)
    state.apply(msgspec.structs.replace(end, t=last + 10**9))
    assert state.result(record).flags.get("F", 0) >= 190


class Counted(Series):
    """How many of its readings are looked at."""

    looked = 0

    def __getattribute__(self, name: str):
        if name == "value":
            type(self).looked += 1
        return super().__getattribute__(name)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_clocks_of_a_case_are_looked_at_not_those_of_the_whole_run(device: str) -> None:
    def looked(ticks: int) -> int:
        told, clock = ObservedBoard(), Counted()
        for n in range(ticks):
            clock.add(n * 10**8, 1500.0)
        told.clocks = {"clock.gpu" if device == "cuda" else "clock.cpu.policy0": clock}
        Counted.looked = 0
        flags.slow_clock_spans(told, device, (50 * 10**8, 60 * 10**8))
        return Counted.looked

    assert looked(100) == looked(5000) < 50
