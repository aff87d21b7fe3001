"""Live, replayed and read from a file are the same fold."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import streams
from jetbench.domain import events as ev
from jetbench.export.document import document
from jetbench.recording.format import RecordingError, header
from jetbench.recording.writer import RecordingWriter
from jetbench.session.load import load
from jetbench.session.picture import picture
from jetbench.session.state import SessionState

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
SESSIONS = st.fixed_dictionaries(
    {
        "power": st.booleans(),
        "models": st.lists(st.sampled_from(sorted(streams.MODELS)), min_size=1, max_size=4, unique=True),
        "batch": st.sampled_from([1, 8]),
        "passes": st.integers(1, 60),
        "warmup": st.integers(0, 3),
        "rounds": st.integers(1, 3),
        "fail": st.lists(st.integers(0, 3), max_size=2),
        "seed": st.integers(0, 1000),
        "end": st.booleans(),
    }
)


def folded(events: list[ev.Event], looked_at: bool = False) -> SessionState:
    """As the worker folds it; ``looked_at``: with a view that asks after every event."""
    state = SessionState()
    for event in events:
        state.apply(event)
        if looked_at:
            picture(state)
    return state


def recorded(path: Path, events: list[ev.Event]) -> Path:
    """As the worker records it: the board in the header, what only the link needs left out."""
    path.unlink(missing_ok=True)
    board = next(event for event in events if isinstance(event, ev.Board))
    writer = RecordingWriter(path, header(board=board, t=streams.T0))
    for event in events:
        if not isinstance(event, ev.Board | ev.Ready):
            writer.write(ev.encode(event))
    writer.close()
    return path


@quick
@given(options=SESSIONS)
def test_document_from_the_file_is_the_live_one(tmp_path_factory, options):
    options["fail"] = [case for case in options["fail"] if case < len(options["models"])]
    events = streams.session(**options)
    live = folded(events)
    live.cut()
    state, damage = load(recorded(tmp_path_factory.mktemp("a") / "a.jsonl", events))
    assert not damage
    assert document(state) == document(live)


def test_a_view_changes_nothing(tmp_path):
    """A snapshot after every event, as the app takes them, must not leave its mark on the figures."""
    events = streams.session(passes=120, models=("mobilenet_v2", "resnet18", "squeezenet1_1"))
    assert document(folded(events, looked_at=True)) == document(folded(events))


def test_a_later_round_that_fails_does_not_unmake_an_earlier_one():
    events = streams.session(models=("resnet18",), rounds=2)
    last = max(i for i, event in enumerate(events) if isinstance(event, ev.CaseEnd))
    events[last] = msgspec.structs.replace(events[last], status="failed", error="killed for memory")
    (result,) = folded(events).case_results()
    assert result.status == "measured"
    assert result.error == "killed for memory"


def test_a_killed_session_is_interrupted(tmp_path):
    events = streams.session(end=False)
    cut = next(i for i, event in enumerate(events) if isinstance(event, ev.Latency))
    state, _ = load(streams.write(tmp_path / "a.jsonl", events[: cut + 1]))
    made = document(state)
    assert made["status"] == "interrupted"
    assert sorted(case["status"] for case in made["cases"]) == ["interrupted", "skipped"]
    stopped = next(case for case in made["cases"] if case["status"] == "interrupted")
    assert stopped["error"] == "the recording ends here"
    assert any("interrupted" in warning for warning in made["warnings"])


def test_a_recording_of_nothing_but_its_header(tmp_path):
    state, damage = load(streams.write(tmp_path / "a.jsonl", []))
    assert not damage
    made = document(state)
    assert made["cases"] == []
    assert made["board"] is None
    assert made["protocol"] is None


def test_counted_parameters_survive_the_case(tmp_path):
    """The case's own model event tells the shape and no counts."""
    state, _ = load(streams.write(tmp_path / "a.jsonl", streams.session()))
    for case in document(state)["cases"]:
        assert case["params"] == streams.MODELS[case["model"]][0]
        assert case["macs"] == streams.MODELS[case["model"]][1]


def test_what_is_no_recording(tmp_path):
    (tmp_path / "x").write_text("hello")
    with pytest.raises(RecordingError, match="no recording"):
        load(tmp_path / "x")
