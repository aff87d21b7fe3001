"""From a recording to the state of its session: the fold a live session makes, over a file."""

from __future__ import annotations

import os

import msgspec

from jetbench.domain import events as ev
from jetbench.domain.text import printable
from jetbench.recording import reader
from jetbench.recording.axis import Axis
from jetbench.recording.damage import Damage
from jetbench.session.state import SessionState

MAX_LOG_TEXT = 4000


def load(path: str | os.PathLike[str], axis: Axis | None = None, whole: bool = False) -> tuple[SessionState, Damage]:
    """The session as far as the file goes. Raises RecordingError where the file is no recording.

    An event that reads well and cannot be folded costs that event and is counted as damage. The log has no lines of
    cases that ended: a third of the time would go to them. ``axis`` hears where the parts of a resumed session lie.
    ``whole`` keeps all readings and the whole log, to look at any moment of the session.
    """
    state, damage = SessionState(tell_ends=whole, whole=whole), Damage()
    for offset, event in reader.events(path, damage, axis):
        problem = _apply(state, event)
        if problem is not None:
            damage.line(offset, problem)
    state.cut()
    return state, damage


def _apply(state: SessionState, event: ev.AnyEvent) -> str | None:
    """Why an event cannot be folded, or None. The state keeps many lines of the log: none may be a megabyte."""
    if isinstance(event, ev.Log) and len(event.text) > MAX_LOG_TEXT:
        event = msgspec.structs.replace(event, text=event.text[:MAX_LOG_TEXT])
    try:
        state.apply(event)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return f"does not fit: {printable(error)}"
    return None
