"""The passes of a soak: back to back for minutes, in constant memory, and only some of them told.

Ended by time, by the user, or by the agent, which sees the temperature: it sends SIGUSR1.
"""

import gc
import signal

from jetbench_agent.bench import timing
from jetbench_agent.stream import monotonic_ns

RATE = 50  # passes a second that are told at most: 15 minutes are 45000 of them, about 1 MB
COLLECT_NS = 10 * 1000 * 1000 * 1000  # cycles that a model leaves behind would fill the memory
_PAIRS = ("faults", "waits")  # fields whose entries begin with the offset of a pass
_OFFSETS = ("gc",)
_COLUMNS = ("device",)  # as long as the passes


class Told(object):
    """Set by SIGUSR1: the agent has seen enough."""

    def __init__(self):
        self.is_set = False
        signal.signal(signal.SIGUSR1, self._set)

    def _set(self, *_):
        self.is_set = True

    def __call__(self):
        return self.is_set


def passes(call, seconds, emit, stopped, told, watches=()):
    """Returns the fields of its rule event. ``emit`` is that of ``timing.measure``; ``told()``: the agent ends it."""
    starts, ends = [0] * timing.BLOCK, [0] * timing.BLOCK
    begun = collected = monotonic_ns()
    count = sent = 0
    after = timing.after_of(watches)
    while True:
        for watch in watches:
            watch.begin()
        done = timing.timed_block(call, timing.BLOCK, monotonic_ns() + timing.SEND_INTERVAL_NS, starts, ends, after)
        more = {}
        for watch in watches:
            more.update(watch.take())
        kept = spread(done, (ends[done - 1] - starts[0]) * 1e-9)
        emit(sent, [starts[at] for at in kept], [ends[at] for at in kept], thinned(more, kept, done))
        count, sent, now = count + done, sent + len(kept), monotonic_ns()
        ended = _ended(count, (now - begun) * 1e-9, seconds, stopped, told)
        if ended is not None:
            return ended
        if now - collected >= COLLECT_NS:
            gc.collect()
            collected = monotonic_ns()


def _ended(count, lasted, seconds, stopped, told):
    if stopped():
        return {"outcome": "stopped", "text": "stopped by the user", "passes": count}
    if told():
        return {"outcome": "told", "text": "ended by the agent", "passes": count}
    if lasted < seconds:
        return None
    return {"outcome": "time", "text": "time: {:g} s were over".format(seconds), "passes": count, "target": seconds}


def spread(done, seconds):
    """Places of the passes of a block that are told, evenly spread: RATE a second, one at least."""
    count = min(done, max(1, int(RATE * seconds)))
    return [place * done // count for place in range(count)]


def thinned(more, kept, done):
    """Fields of a lat event of ``done`` passes for those that are kept."""
    if len(kept) == done:
        return more
    place = {at: index for index, at in enumerate(kept)}
    found = {}
    for name, value in more.items():
        if name in _PAIRS:
            found[name] = [[place[entry[0]]] + list(entry[1:]) for entry in value if entry[0] in place]
        elif name in _OFFSETS:
            found[name] = [place[at] for at in value if at in place]
        elif name in _COLUMNS:
            found[name] = [value[at] for at in kept]
        elif name == "parts":
            found[name] = {part: [values[at] for at in kept] for part, values in value.items()}
        else:
            found[name] = value
    return found
