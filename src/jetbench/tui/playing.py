"""What of a session is looked at: its newest state, a moment it is frozen at, or a recording that plays."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec.structs import replace

from jetbench.session import playhead
from jetbench.session.playhead import Playhead, Span
from jetbench.session.snapshot import Snapshot
from jetbench.session.timeline import JUMPED_TO, Moment
from jetbench.tui.control import SessionControl

Mode = Literal["live", "frozen", "replay"]
NOWHERE = Span(0, 0)
MINUTE = 60_000_000_000
# How a move finds its moment: from the playhead, the span and the clock.
Move = Callable[[Playhead, Span, float], Playhead]


class View(msgspec.Struct, frozen=True):
    """Where in a session the picture is from. It changes by keys, by playing, and else once a minute at most."""

    mode: Mode = "live"
    here: int = 0  # CLOCK_MONOTONIC of the board, ns
    span: Span = NOWHERE  # as it was at the last key
    playing: bool = False
    speed: float = 1.0
    moments: tuple[Moment, ...] = ()  # that a person jumps to
    behind: int = 0  # whole minutes that the run is ahead
    guest: bool = False  # opened on top of another session: q goes back to that

    @property
    def seconds(self) -> float:
        """Into the session."""
        return (self.here - self.span.begin) * 1e-9

    @property
    def at_end(self) -> bool:
        return self.here >= self.span.end


class Player:
    """One session and the moment of it that is looked at. ``now`` is this machine's clock in seconds."""

    def __init__(
        self,
        session: SessionControl,
        now: Callable[[], float] = time.monotonic,
        *,
        speed: float = 1.0,
        guest: bool = False,
    ) -> None:
        self._session = session
        self._now = now
        self._guest = guest
        self._span = session.span()
        self._moments: tuple[Moment, ...] = ()
        self._behind = 0
        self._seen: tuple[int, Snapshot] | None = None
        self.head = Playhead(speed=speed, since=now())
        if session.is_replay:
            self.head = replace(self.head, position=self._span.begin)
            self._look_around()

    @property
    def stands(self) -> bool:
        """Frozen, or a recording that is paused: the picture changes by keys alone."""
        return not self.head.follows and not self.head.playing

    @property
    def here(self) -> int:
        return self.head.at(self._span, self._now())

    # -- what is shown

    def picture(self, live: Snapshot) -> Snapshot:
        """``live`` itself where it is followed; the same object again where nothing moved."""
        if self.head.follows:
            return live
        if self.head.playing and self.here >= self._span.end:
            self.head = playhead.freeze(self.head, self._span, self._now())
        here = self.here
        if self._seen is None or self._seen[0] != here:
            self._seen = (here, self._session.look(here))
        return self._seen[1]

    def view(self, live: Snapshot) -> View:
        if self.head.follows:
            return View(guest=self._guest)
        replays = self._session.is_replay
        behind = 0 if replays else max(0, live.t - self.here) // MINUTE
        if behind != self._behind:
            self._look_around()
            self._behind = behind
        return View(
            mode="replay" if replays else "frozen",
            here=self.here,
            span=self._span,
            playing=self.head.playing,
            speed=self.head.speed,
            moments=self._moments,
            behind=behind,
            guest=self._guest,
        )

    # -- moves

    def freeze(self) -> None:
        self._look_around()
        self.head = playhead.freeze(self.head, self._span, self._now())

    def follow(self) -> None:
        self.head = playhead.follow(self.head)
        self._seen, self._behind = None, 0

    def toggle(self) -> None:
        self._apply(playhead.toggle)

    def faster(self, steps: int) -> None:
        self._apply(lambda head, span, now: playhead.faster(head, span, now, steps))

    def move(self, seconds: float) -> None:
        self._apply(lambda head, span, now: playhead.move(head, span, now, seconds))

    def to(self, t: int) -> None:
        self._apply(lambda head, span, now: playhead.to(head, span, now, t))

    def step(self, forwards: bool) -> None:
        """To the next pass or reading, or to the one before. It stands there."""
        self.freeze()
        here = self.here
        from jetbench.session import moment  # nobody steps before the first paint

        t = self._session.read(lambda state: moment.step(state, here, forwards))
        if t is not None:
            self.to(t)

    def jump(self, forwards: bool) -> bool:
        """To the next moment that a person looks for, or the one before; whether there is one."""
        self._look_around()
        t = playhead.neighbour([found.t for found in self._moments], self.here, forwards)
        if t is not None:
            self.to(t)
        return t is not None

    def parse(self, text: str) -> int:
        """Raises ValueError with one line."""
        return playhead.parse_time(text, self._span, self.here)

    def _apply(self, move: Move) -> None:
        self._look_around()
        self.head = move(self.head, self._span, self._now())

    def _look_around(self) -> None:
        """How far the session goes now, and what happened in it."""
        self._span = self._session.span()
        found = (each for each in self._session.snapshot().moments if each.kind in JUMPED_TO)
        self._moments = tuple(sorted(found, key=lambda each: each.t))
