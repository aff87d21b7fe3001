"""The agent's side of a soak: it sees the temperature, which the child that runs the passes does not.

Told of every event of the bench children on its way to the stream; where the rule has enough it has the child ended,
and the child's word that it was ended becomes the rule's own.
"""

import time

from jetbench_agent.stopping import SoakRule

NEAR = 5.0  # C below the critical trip
STAGE = "soak"


def abort_at(channel):
    """C at which a soak is given up for the sake of a zone; None where it tells no critical trip.

    Where throttling begins that near to the trip already, half-way between the two: throttling alone is no danger.
    """
    critical, passive = channel.get("critical"), channel.get("limit")
    if critical is None:
        return None
    if passive is None or passive >= critical:
        return critical - NEAR
    return max(critical - NEAR, (passive + critical) / 2.0)


class Soak(object):
    """``temperature()`` in degrees C, or None; its ``abort_at`` where it has one."""

    def __init__(self, temperature, clock=time.monotonic):
        self._temperature = temperature
        self._clock = clock
        self._rule = None
        self._begun = 0.0
        self._over = None

    def seen(self, event, end):
        """The event as it goes to the stream. ``end()`` has the child end its soak."""
        kind, name = event.get("k"), event.get("name")
        if kind == "stage" and name == STAGE:
            self._begin("ns" not in event)
        elif kind == "lat" and self._rule is not None and self._over is None:
            self._over = self._rule.see(self._clock() - self._begun, self._temperature(), event.get("d", ()))
            if self._over is not None:
                end()
        elif kind == "rule" and name == STAGE and event.get("outcome") == "told" and self._over is not None:
            return dict(event, **self._over)
        return event

    def _begin(self, begins):
        if begins:
            self._rule, self._over = SoakRule(getattr(self._temperature, "abort_at", None)), None
            self._begun = self._clock()
        else:
            self._rule = None
