"""How often a picture may go out: as often as wanted, unless what is between here and the eye cannot take so many.

The only thing that tells is an answer: behind a picture the terminal is asked where its cursor is, and it answers when
it has drawn all that came before. Buffers of sshd and TCP hide a slow link until a key is answered after a minute, so
no picture follows one that has not arrived, and the link is left free for twice as long as the last one took, for keys.
"""

from __future__ import annotations

import math

import msgspec

SHARE = 3.0  # of the time, a picture is under way for one part at most
LOST_S = 10.0  # an answer that has not come by then was lost
SLACK_S = 0.05  # a timer that is early by so much is on time


class Pace(msgspec.Struct, frozen=True):
    """Seconds of any clock that does not jump."""

    asked: float | None = None  # when the question was put that is not answered yet
    took: float = 0.0  # from a picture to its answer, forgotten little by little
    least: float = math.inf  # of these: the way there and back, which more pictures do not lengthen
    answers: bool = False  # whether this terminal ever answered

    def may_ask(self, now: float) -> bool:
        return self.asked is None or (self.answers and now - self.asked > LOST_S)

    def ask(self, now: float) -> Pace:
        return msgspec.structs.replace(self, asked=now)

    def answered(self, now: float) -> Pace:
        """An answer nobody waits for was one that had been given up: it says nothing of the last picture."""
        if self.asked is None:
            return msgspec.structs.replace(self, answers=True)
        took = now - self.asked
        # A late one counts at once; it takes some that are in time to be believed.
        return Pace(None, took if took > self.took else (self.took + took) / 2, min(took, self.least), True)

    def period(self, wanted: float) -> float:
        """Seconds from one picture to the next, if ``wanted`` would do on a good link."""
        if not self.answers:
            return wanted
        return max(wanted, self.took + (SHARE - 1) * (self.took - min(self.took, self.least)))

    def due(self, now: float, since: float, wanted: float, queued: bool = False) -> bool:
        """Whether a picture may go out, the last one having gone at ``since``.

        ``queued``: something is not written yet because the terminal takes nothing.
        """
        if queued:
            return False
        if self.asked is not None and self.answers and now - self.asked < LOST_S:
            return False  # it is still under way
        period = self.period(wanted)
        return period == wanted or now - since >= period - SLACK_S
