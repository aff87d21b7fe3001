"""Where a view stands on the time axis of a session: at its end, frozen, or moving through it.

Live, frozen and replayed are one thing: a playhead with no position follows the newest event, one with a
position looks at that moment, and one that plays moves on with the clock. Times are CLOCK_MONOTONIC of the
board in ns; ``now`` is this machine's clock in seconds.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
SECOND = 1_000_000_000
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{1,2}(?:\.\d+)?)")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*s?")


class Span(msgspec.Struct, frozen=True):
    """First and newest moment there is to look at."""

    begin: int
    end: int

    def clamp(self, t: int) -> int:
        return max(self.begin, min(self.end, t))


class Playhead(msgspec.Struct, frozen=True):
    """``position`` None: at the newest event, whatever comes."""

    position: int | None = None
    playing: bool = False
    speed: float = 1.0
    since: float = 0.0  # ``now`` at which ``position`` was true

    @property
    def follows(self) -> bool:
        return self.position is None

    def at(self, span: Span, now: float) -> int:
        """The moment looked at."""
        if self.position is None:
            return span.end
        moved = (now - self.since) * self.speed * SECOND if self.playing else 0.0
        return span.clamp(self.position + round(moved))


def freeze(head: Playhead, span: Span, now: float) -> Playhead:
    """Stand still where the view is."""
    return replace(head, position=head.at(span, now), playing=False, since=now)


def follow(head: Playhead) -> Playhead:
    return replace(head, position=None, playing=False)


def toggle(head: Playhead, span: Span, now: float) -> Playhead:
    """Play or pause. From the end it plays again from the begin."""
    here = head.at(span, now)
    if head.playing:
        return freeze(head, span, now)
    return replace(head, position=span.begin if here >= span.end else here, playing=True, since=now)


def faster(head: Playhead, span: Span, now: float, steps: int) -> Playhead:
    """So many steps along SPEEDS; the position stays where it is."""
    place = min(len(SPEEDS) - 1, max(0, bisect_left(SPEEDS, head.speed) + steps))
    here = None if head.follows else head.at(span, now)
    return replace(head, position=here, speed=SPEEDS[place], since=now)


def move(head: Playhead, span: Span, now: float, seconds: float) -> Playhead:
    return to(head, span, now, head.at(span, now) + round(seconds * SECOND))


def to(head: Playhead, span: Span, now: float, t: int) -> Playhead:
    """At a moment; playing goes on from there."""
    return replace(head, position=span.clamp(t), since=now)


def neighbour(times: Sequence[int], t: int, forwards: bool) -> int | None:
    """The next of ascending times after ``t``, or the last one before it."""
    place = bisect_right(times, t) if forwards else bisect_left(times, t) - 1
    return times[place] if 0 <= place < len(times) else None


def parse_time(text: str, span: Span, here: int) -> int:
    """``90``, ``1:30``, ``1:02:03``, ``-10s``, ``+10``, ``50%`` as a moment. Raises ValueError with one line."""
    word = text.strip()
    sign = word[:1] if word[:1] in "+-" else ""
    rest = word[len(sign) :]
    if not sign and rest.endswith("%"):
        share = _number(rest[:-1], text)
        if share > 100:
            raise ValueError(f"{text!r}: a share is at most 100 %")
        return span.clamp(span.begin + round((span.end - span.begin) * share / 100))
    clock = _CLOCK.fullmatch(rest)
    if clock is not None:
        seconds = int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
    else:
        seconds = _number(rest.rstrip("s ") if _SECONDS.fullmatch(rest) else rest, text)
    offset = round(min(seconds, 1e9) * SECOND)
    if not sign:
        return span.clamp(span.begin + offset)
    return span.clamp(here + (offset if sign == "+" else -offset))


def _number(word: str, text: str) -> float:
    if not re.fullmatch(r"\d+(?:\.\d+)?", word):
        raise ValueError(f"{text!r} is no time; write 90, 1:30, -10s, +10s or 50%")
    return float(word)
