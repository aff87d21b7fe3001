"""A moment cut out of a finished fold is the picture that a live session gave at that moment."""

from __future__ import annotations

from pathlib import Path

import pytest

import streams
from jetbench.domain import events as ev
from jetbench.session.moment import Looker
from jetbench.session.picture import picture, span
from jetbench.session.replay import ReplaySession
from jetbench.session.state import SessionState

SHIPPED = sorted((Path(__file__).parents[2] / "recordings").glob("*.jsonl"))
SAME = ("t_start", "status", "board", "software", "protocol", "recent_case", "throttled", "throttle_active")
BATCH = 20  # passes that had begun and were told a tenth of a second later


def fold(events: list[ev.Event], until: int | None = None) -> SessionState:
    state = SessionState(whole=True)
    for event in events:
        if until is None or event.t <= until:
            state.apply(event)
    return state


@pytest.mark.parametrize("rounds", [1, 3])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.37, 0.5, 0.61, 0.8, 0.99])
def test_a_moment_is_what_live_was(rounds: int, share: float) -> None:
    events = streams.session(rounds=rounds, passes=40, fail=(1,) if rounds == 1 else ())
    whole = fold(events)
    seen = span(whole)
    t = seen.begin + round(share * (seen.end - seen.begin))
    then, cut = picture(fold(events, t)), Looker().at(whole, picture(whole), t)
    for name in SAME:
        assert getattr(cut, name) == getattr(then, name), name
    assert [(c.case.id, c.status) for c in cut.cases] == [(c.case.id, c.status) for c in then.cases]
    for mine, live in zip(cut.cases, then.cases, strict=True):
        assert (mine.latency is None) == (live.latency is None)
        if mine.latency is not None and live.latency is not None:
            assert (mine.latency.n, mine.latency.p50) == (live.latency.n, live.latency.p50)
    assert (cut.progress.case, cut.progress.finished, cut.progress.total) == (
        then.progress.case,
        then.progress.finished,
        then.progress.total,
    )
    assert then.progress.samples <= cut.progress.samples <= then.progress.samples + BATCH
    if len(cut.recent_ns) >= len(then.recent_ns):  # else the passes that count have just begun
        assert cut.recent_ns[: len(then.recent_ns)] == then.recent_ns
        assert len(cut.recent_ns) <= len(then.recent_ns) + BATCH
    assert {name: r.value for name, r in cut.readings.items()} == {name: r.value for name, r in then.readings.items()}
    assert [line.text for line in cut.log] == [line.text for line in then.log]
    assert cut.history == then.history


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_recording_can_be_looked_at_anywhere(path: Path) -> None:
    session = ReplaySession(path)
    seen = session.span()
    for step in range(41):
        found = session.look(seen.begin + (seen.end - seen.begin) * step // 40)
        assert found.board is not None
        assert found.progress.finished <= found.progress.total
    assert session.look(seen.end) is not None
    assert session.look(seen.end).status == session.snapshot().status
    with pytest.raises(RuntimeError, match="recording"):
        session.mark("x")


def test_the_newest_moment_is_the_live_picture_itself() -> None:
    state = fold(streams.session(end=False))
    live = picture(state)
    assert Looker().at(state, live, state.t) is live
    assert Looker().at(SessionState(), live, 5) is live, "no run: there is nothing to look back at"
