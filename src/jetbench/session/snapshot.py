"""The immutable picture of a session that views draw. Made by SessionState, once a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from jetbench.domain.bins import Bins
from jetbench.domain.events import Board, Case, Channel, ModelEntry, Protocol, Software
from jetbench.domain.results import CaseResult, Onset
from jetbench.session.lane import NO_BUCKETS, Buckets
from jetbench.session.timeline import Moment

if TYPE_CHECKING:  # the first paint does without
    from collections.abc import Sequence

    from jetbench.session.history import Points


class LogLine(msgspec.Struct, frozen=True):
    t: int  # CLOCK_MONOTONIC, ns
    level: str
    source: str
    text: str


class Reading(msgspec.Struct, frozen=True):
    """The newest value of a channel in its unit, or the reason code why there is none."""

    channel: Channel
    value: float | None
    reason: str | None


class Progress(msgspec.Struct, frozen=True):
    case: Case | None = None  # the one that runs
    stage: str | None = None
    stage_since: int | None = None  # t of its begin, ns
    round: int = 0
    samples: int = 0  # of the running case in this round
    target: int | None = None  # None: until the interval is narrow
    finished: int = 0  # cases that have ended (every round counts)
    total: int = 0
    seconds_left: float | None = None  # None: nothing to tell it from yet


class Snapshot(msgspec.Struct, frozen=True):
    """What is known at one moment. ``revisions`` changes by part, so that a pane redraws only then.

    Parts: board, software, models, telemetry, cases, latency, log, status.
    """

    t: int = 0  # newest time stamp seen, ns
    t_start: int | None = None  # begin of the run
    status: str = "connecting"  # connecting idle running stopping done interrupted failed lost
    fault: str | None = None  # one line, when the run could not be carried out
    hint: str | None = None
    board: Board | None = None
    software: Software | None = None
    models: tuple[ModelEntry, ...] = ()
    models_known: bool = False  # the interpreter has answered (else the list is a cached or short one)
    host: str | None = None  # the board is another machine: its name for ssh
    trouble: str | None = None  # what is wrong with the line to it just now
    protocol: Protocol | None = None
    cases: tuple[CaseResult, ...] = ()
    progress: Progress = Progress()
    recent_ns: Sequence[int] = ()  # newest passes of the case shown, oldest first
    recent_case: Case | None = None
    whole: Bins | None = None  # all clean passes of that case so far, while it runs
    readings: dict[str, Reading] = msgspec.field(default_factory=dict)
    history: dict[str, Points] = msgspec.field(default_factory=dict)
    throttled: bool | None = None
    throttle_active: tuple[str, ...] = ()
    throttle_notices: tuple[str, ...] = ()
    throttle_reason: str | None = None
    log: tuple[LogLine, ...] = ()
    lane: Buckets = NO_BUCKETS  # passes along the time axis, the newest ten minutes
    moments: tuple[Moment, ...] = ()  # what happened when, up to ``t``
    onsets: tuple[Onset, ...] = ()  # of throttling, in a soak that runs
    recording: str | None = None  # path, while one is written or was
    recording_bytes: int = 0
    recording_ended: str | None = None  # why it ended early (disk full, folder gone)
    revisions: dict[str, int] = msgspec.field(default_factory=dict)
