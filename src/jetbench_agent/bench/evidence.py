"""What disturbed single passes, gathered between them: never between the two clock reads of a pass.

Involuntary context switches and major page faults by getrusage(2), for all threads of the process;
for a pass that was switched out, the time its thread waited for a core (run_delay, second field of
/proc/PID/task/TID/schedstat: kernel doc scheduler/sched-stats); garbage collections by gc.callbacks.
For a batch: pages the system swapped in, and time the hypervisor took from the cores (proc(5), "steal").
"""

import gc
import os
import resource

from jetbench_agent.bench.ledger import swapped_in_kib

_SELF = resource.RUSAGE_SELF
_TICK_MS = 1000 // os.sysconf("SC_CLK_TCK")


class Watch(object):
    """Asked after every pass, and for what it found with every batch."""

    def __init__(self, cores):
        self._cores = frozenset(cores or os.sched_getaffinity(0))
        self._waiting = _open("/proc/self/task/{}/schedstat".format(os.getpid()))
        self._collected = False
        self._clear()
        self._swapped, self._stolen = swapped_in_kib(), self._steal_ms()

    def __enter__(self):
        gc.callbacks.append(self._collects)
        self.begin()
        return self

    def __exit__(self, *_):
        gc.callbacks.remove(self._collects)
        if self._waiting is not None:
            os.close(self._waiting)
            self._waiting = None

    def begin(self):
        """Before the first pass of a block: what lies before it is no part of it."""
        usage = resource.getrusage(_SELF)
        self._faulted, self._switched = usage.ru_majflt, usage.ru_nivcsw
        self._waited = self._run_delay()
        self._collected = False

    def passed(self, offset):
        """After pass number ``offset`` of the block."""
        usage = resource.getrusage(_SELF)
        if usage.ru_majflt != self._faulted:
            self._faults.append((offset, usage.ru_majflt - self._faulted))
            self._faulted = usage.ru_majflt
        if usage.ru_nivcsw != self._switched:
            waited = self._run_delay()
            spent = waited - self._waited if waited is not None and self._waited is not None else -1
            self._waits.append((offset, usage.ru_nivcsw - self._switched, spent))
            self._switched, self._waited = usage.ru_nivcsw, waited
        if self._collected:
            self._gc.append(offset)
            self._collected = False

    def take(self):
        """Fields of the lat event for what was seen since the last call."""
        swapped, stolen = swapped_in_kib(), self._steal_ms()
        found = {}
        if swapped is not None and self._swapped is not None and swapped > self._swapped:
            found["swap_in_kib"] = swapped - self._swapped
        if stolen is not None and self._stolen is not None and stolen > self._stolen:
            found["steal_ms"] = stolen - self._stolen
        self._swapped, self._stolen = swapped, stolen
        gathered = {"faults": self._faults, "waits": self._waits, "gc": self._gc}
        found.update({name: seen for name, seen in gathered.items() if seen})
        self._clear()
        return found

    def _clear(self):
        self._faults, self._waits, self._gc = [], [], []

    def _collects(self, phase, _info):
        if phase == "stop":
            self._collected = True

    def _run_delay(self):
        if self._waiting is None:
            return None
        try:
            return int(os.pread(self._waiting, 100, 0).split()[1])
        except (OSError, ValueError, IndexError):
            return None

    def _steal_ms(self):
        """Milliseconds the hypervisor took from the cores of the case, or None."""
        total, known = 0, False
        try:
            with open("/proc/stat", "rb") as file:
                for line in file:
                    if not line.startswith(b"cpu"):
                        break
                    name, fields = line[3 : line.index(b" ")], line.split()
                    if name.isdigit() and int(name) in self._cores and len(fields) > 8:
                        total, known = total + int(fields[8]), True
        except (OSError, ValueError):
            return None
        return total * _TICK_MS if known else None


def _open(path):
    try:
        return os.open(path, os.O_RDONLY)
    except OSError:
        return None
