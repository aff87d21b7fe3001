"""The histogram of a whole case: live and cut at a moment are the same."""

from __future__ import annotations

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.session import whole as whole_case
from jetbench.session.moment import Looker
from jetbench.session.picture import picture
from jetbench.session.state import SessionState


@pytest.mark.parametrize("stride", [7, 250_000])
def test_a_cut_histogram_is_what_live_had(monkeypatch, stride):
    monkeypatch.setattr(whole_case, "STRIDE", stride)
    events = streams.session(rounds=2, passes=60)
    end, live, looker = SessionState(whole=True), SessionState(), Looker()
    for event in events:
        end.apply(event)
    compared = 0
    for event in events:
        live.apply(event)
        then = picture(live)
        if not isinstance(event, ev.Latency) or then.whole is None:
            continue
        cut = looker.at(end, picture(end), event.t)
        assert cut.whole is not None
        assert cut.whole.n + cut.whole.left_out >= then.whole.n + then.whole.left_out
        if cut.whole.n == then.whole.n:
            assert cut.whole == then.whole
            compared += 1
    assert compared > 2


def test_disturbed_passes_are_left_out_and_counted():
    state = SessionState()
    for event in streams.session(rounds=1, passes=60):
        if isinstance(event, ev.CaseEnd):
            break
        if isinstance(event, ev.Latency) and not event.flags:
            event = ev.decode(ev.encode(event).replace(b'"d":', b'"gc":[0],"d":')) if not event.gc else event
        state.apply(event)
    record = state.records[state.current]
    whole = picture(state).whole
    assert whole.left_out == len(record.gc) > 0 and whole.n + whole.left_out == record.passes
