"""The measured loop. Nothing is allocated, sent or collected between its two clock reads.

The collector is frozen and off while passes run: a collection would land in some sample at random.
Samples leave the child between passes, at most every SEND_INTERVAL.
"""

import gc
import time
from array import array

from jetbench_agent.stream import monotonic_ns

SEND_INTERVAL_NS = 100 * 1000 * 1000
BLOCK = 4096

# Python 3.6 has no clock in whole nanoseconds; its floats resolve 2 ns after a hundred days of uptime.
_WHOLE = hasattr(time, "perf_counter_ns")
CLOCK = time.perf_counter_ns if _WHOLE else time.perf_counter


def timed_block(call, count, until_ns, starts, ends, after=None, clock=CLOCK, whole=_WHOLE):
    """Time up to ``count`` calls, or until one ends after ``until_ns``. Returns how many.

    ``after(number)`` is called between passes, where its time is nobody's.

    ``starts`` and ``ends`` are lists of at least ``count`` places, filled with nanoseconds. The
    call's result is dropped after the second clock read: freeing it is no part of a pass. A
    ``clock`` that is not ``whole`` counts in seconds and is converted afterwards.
    """
    until = until_ns if whole else until_ns * 1e-9
    done = 0
    out = None
    while done < count:
        begin = clock()
        out = call()
        end = clock()
        out = None
        starts[done] = begin
        ends[done] = end
        if after is not None:
            after(done)
        done += 1
        if end > until:
            break
    del out
    if not whole:
        for index in range(done):
            starts[index] = int(starts[index] * 1e9)
            ends[index] = int(ends[index] * 1e9)
    return done


class Quiet(object):
    """While inside: no garbage collection. What exists by then is never looked at again: a child ends with its case,
    and to give it back would give back what the parent froze, too (to ask whether it did counts all of it: 30 ms)."""

    def __enter__(self):
        self._enabled = gc.isenabled()
        gc.collect()
        if hasattr(gc, "freeze"):  # Python 3.7
            gc.freeze()
        gc.disable()
        return self

    def __exit__(self, *_):
        if self._enabled:
            gc.enable()


def measure(call, rule, emit, stopped, watches=(), early=None):
    """Run passes until ``rule`` has enough or ``stopped()``. Returns the reason.

    ``emit(index, starts, ends, more)`` is called between blocks with what is new; ``more`` holds further
    fields of the lat event. ``stopped`` is asked between blocks of at most SEND_INTERVAL, never
    inside a pass. A watch has ``begin()`` before a block, ``passed(number)`` after each pass of it
    and ``take()``, which gives the fields it has gathered. ``early`` is one that wants blocks of one pass
    as long as something is ``left``.
    """
    around = [early, *watches] if early is not None and early.left else watches
    starts, ends = [0] * BLOCK, [0] * BLOCK
    durations = array("q")
    after = after_of(watches)
    begun = monotonic_ns()
    while True:
        quota = 1 if early is not None and early.left else min(BLOCK, rule.quota(len(durations)))
        for watch in around:
            watch.begin()
        done = timed_block(call, quota, monotonic_ns() + SEND_INTERVAL_NS, starts, ends, after)
        index = len(durations)
        durations.extend(ends[i] - starts[i] for i in range(done))
        more = {}
        for watch in around:
            more.update(watch.take())
        emit(index, starts[:done], ends[:done], more)
        reason = rule.reason(durations, monotonic_ns() - begun)
        if reason is None and stopped():
            reason = "stopped"
        if reason is not None:
            return reason


def after_of(watches):
    """One callable for all of them: a list to walk would cost as much again."""
    if len(watches) < 2:
        return watches[0].passed if watches else None
    calls = [watch.passed for watch in watches]

    def after(number):
        for call in calls:
            call(number)

    return after
