"""What is expected is written before a run and scored in the log when it is over."""

from __future__ import annotations

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.domain.plan import Plan, PlanError
from jetbench.recording.format import header
from jetbench.session.state import SessionState
from jetbench.tui.draft import Draft


def test_the_draft_takes_several_and_refuses_nonsense() -> None:
    draft = Draft(Plan())
    draft.set("expect", "latency: squeezenet1_1 < resnet18; energy: resnet18 / squeezenet1_1 = 2")
    assert draft.plan().expect == ("latency: squeezenet1_1 < resnet18", "energy: resnet18 / squeezenet1_1 = 2")
    assert draft.text("expect").count(";") == 1
    with pytest.raises(PlanError, match="begin with one of"):
        draft.parse("expect", "resnet18 is slow")
    draft.set("expect", "")
    assert draft.plan().expect == ()


def test_the_log_scores_it_at_the_end_of_the_run() -> None:
    state = SessionState()
    expected = ["latency: mobilenet_v2 < resnet18", "latency: resnet18 < mobilenet_v2"]
    state.apply(header(board=streams.board(), t=0, wall_ns=10**18, plan={"expect": expected}))
    events = streams.session(passes=40)
    for event in events:
        if isinstance(event, ev.RunEnd):
            assert not any("expected" in line.text for line in state.log)
        state.apply(event)
    told = [line for line in state.log if line.text.startswith("expected ")]
    assert [": supported: " in line.text for line in told] == [True, False]
    assert [line.level for line in told] == ["info", "warning"]
