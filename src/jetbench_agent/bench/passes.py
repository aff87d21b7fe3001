"""The passes of a case: warm-up, those that count, the block for the power sensor, and the soak."""

import time

from jetbench_agent.bench import ledger, soak, timing
from jetbench_agent.stopping import FlatRule, StopRule
from jetbench_agent.stream import monotonic_ns

IDLE_STEP_S = 0.1  # how soon a stop is seen while nothing runs
LEAST_UPDATES = 50  # of the power monitor in a block
LONGEST_S = 120.0  # that the updates may make of it: a battery tells something new every 30 s
LEAST_ENERGY_PASSES = 30
EARLY = 2  # passes after the first one that belong to the cold start as well


class Passes(object):
    """``call`` is the pass, ``watches`` what is asked between passes; events are sent by ``send``."""

    def __init__(self, call, case, round_, stages, send, stopped, watches=()):
        self._call = call
        self._identity = {"c": case["id"], "r": round_}
        self._stages = stages
        self._send = send
        self._stopped = stopped
        self._watches = watches
        self._early = ledger.Early(EARLY)

    def run(self, protocol):
        """Warm-up, then the passes that count. Returns why measuring ended."""
        limit = protocol["max_time_s"]
        warmup = protocol["warmup"]
        with timing.Quiet():
            if warmup != 0 and not self._stopped():
                rule = FlatRule(limit) if warmup is None else StopRule(warmup, None, limit)
                self._apply("warmup", rule, "W")
            if self._stopped():
                return "stopped"
            return self._apply("measure", StopRule(protocol.get("k"), protocol.get("until"), limit), "")

    def energy(self, protocol):
        """Idle with the model loaded, passes back to back long enough for the sensor, idle again."""
        updates_s = LEAST_UPDATES * protocol.get("power_update_ms", 0) * 1e-3
        seconds = max(protocol["energy_s"], min(LONGEST_S, updates_s))
        self._stages.run("idle", self._idle, protocol["idle_s"])
        if not self._stopped():
            with timing.Quiet():
                self._apply("energy", _Block(seconds), "E")
        if not self._stopped():
            self._stages.run("idle", self._idle, protocol["idle_s"] / 3)

    def soak(self, protocol):
        """Passes back to back until the board has settled, or the time is over."""
        told = soak.Told()
        begun = monotonic_ns()
        with timing.Quiet():
            emit = self._emitter("L")
            ended = self._stages.run(
                "soak", soak.passes, self._call, protocol["soak_s"], emit, self._stopped, told, self._watches
            )
        self._send("rule", name="soak", ns=monotonic_ns() - begun, **dict(ended, **self._identity))

    def _emitter(self, flags):
        def emit(index, starts, ends, more):
            if not starts:
                return
            base = starts[0]
            fields = {"s": [s - base for s in starts], "d": [e - s for s, e in zip(starts, ends)]}
            if flags:
                fields["flags"] = flags
            fields.update(more)
            self._send("lat", i=index, b=base, **dict(fields, **self._identity))

        return emit

    def _apply(self, name, rule, flags):
        begun = monotonic_ns()
        emit = self._emitter(flags)
        reason = self._stages.run(
            name, timing.measure, self._call, rule, emit, self._stopped, self._watches, self._early
        )
        applied = rule.applied or {"outcome": "stopped", "text": "stopped by the user"}
        self._send("rule", name=name, ns=monotonic_ns() - begun, **dict(applied, **self._identity))
        return reason

    def _idle(self, seconds):
        """Sleep, and say between that it goes on: silence would be taken for a hanging case."""
        told = time.monotonic()
        end = told + seconds
        while not self._stopped():
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(IDLE_STEP_S, left))
            if time.monotonic() - told >= 5.0:
                told = time.monotonic()
                self._send("alive")


class _Block(object):
    """Passes back to back until the time is over and there are enough of them."""

    def __init__(self, seconds):
        self._ns = int(seconds * 1e9)
        self.applied = {}

    def quota(self, n):
        return timing.BLOCK

    def reason(self, durations, elapsed_ns):
        if elapsed_ns < self._ns or len(durations) < LEAST_ENERGY_PASSES:
            return None
        text = "{} passes in {:.1f} s".format(len(durations), elapsed_ns * 1e-9)
        self.applied = {"outcome": "time", "text": text, "passes": len(durations)}
        return text
