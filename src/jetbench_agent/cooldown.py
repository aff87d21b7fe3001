"""Waits before a case until the board is as cool as it was at the start of the run.

By the hottest zone that matters where the board tells a temperature (method: Abedi and Brecht, ICPE
2017, on order effects; NVIDIA's and MLPerf's tools wait a fixed time instead), by the speed of a small
kernel where it does not.
"""

import time

WARMER = 2.0  # degrees C above the start that are let pass
STEADY = 1.0  # C a minute: it does not get much cooler than this
SLOPE_S = 20.0  # a slope is told over so long
STEP_S = 0.25
SLOWER = 1.05  # of the probe's baseline
PROBE_CAP_S = 10.0
PROBE_STEP_S = 0.5


class Cooldown(object):
    """``temperature()`` in degrees C, or None where there is none; ``probe()`` in ns, or None when it failed."""

    def __init__(self, temperature, probe, stopped, clock=time.monotonic, sleep=time.sleep):
        self._temperature = temperature
        self._probe = probe
        self._stopped = stopped
        self._clock = clock
        self._sleep = sleep
        self._start = None
        self._baseline = None

    def begin(self):
        """Before the first case: what "cool" is."""
        self._start = self._temperature()
        self._baseline = self._probe() if self._start is None else None

    def wait(self, cap_s):
        """Until it is cool, ``cap_s`` at the longest. Returns the fields of the rule event."""
        if self._start is not None:
            return self._by_temperature(cap_s)
        if self._baseline is not None:
            return self._by_probe(min(cap_s, PROBE_CAP_S))
        return {"outcome": "probe", "text": "neither a temperature nor a probe: not waited"}

    def _by_temperature(self, cap_s):
        begun, seen, now = self._clock(), [], self._temperature()
        target = self._start + WARMER
        while now is not None:
            waited = self._clock() - begun
            seen.append((waited, now))
            if now <= target:
                return _told("cool", "{:.1f} C after {:.0f} s", now, waited, target)
            if _slope(seen) is not None and abs(_slope(seen)) < STEADY:
                return _told("flat", "{:.1f} C and no cooler after {:.0f} s", now, waited, target)
            if waited >= cap_s or self._stopped():
                return _told("cap", "still {:.1f} C after {:.0f} s: measured all the same", now, waited, target)
            self._sleep(min(STEP_S, max(0.01, cap_s - waited)))
            now = self._temperature()
        waited = self._clock() - begun
        text = "the temperature can no longer be read: measured after {:.0f} s".format(waited)
        return {"outcome": "cap", "text": text, "ns": int(waited * 1e9)}

    def _by_probe(self, cap_s):
        begun, good = self._clock(), 0
        while True:
            took = self._probe()
            waited = self._clock() - begun
            if took is None:
                return {"outcome": "probe", "text": "the probe failed: not waited"}
            ratio = float(took) / self._baseline
            good = good + 1 if ratio <= SLOWER else 0
            if good == 2 or (good and waited < PROBE_STEP_S):  # at once, or twice after it was slow
                return _told(
                    "probe", "probe at {:.2f} of its speed at the start, after {:.1f} s", ratio, waited, SLOWER
                )
            if waited >= cap_s or self._stopped():
                text = "probe still at {:.2f} of its time at the start after {:.0f} s: measured all the same"
                return _told("cap", text, ratio, waited, SLOWER)
            self._sleep(min(PROBE_STEP_S, max(0.01, cap_s - waited)))


def _told(outcome, text, value, waited, target):
    return {
        "outcome": outcome,
        "text": text.format(value, waited),
        "ns": int(waited * 1e9),
        "value": round(value, 3),
        "target": round(target, 3),
    }


def _slope(seen):
    """C a minute over the last SLOPE_S, or None before so long has been seen."""
    last = seen[-1][0]
    if last < SLOPE_S:
        return None
    first = next(pair for pair in seen if pair[0] >= last - SLOPE_S)
    return (seen[-1][1] - first[1]) / max(1e-9, last - first[0]) * 60.0
