"""Where the time of a stage went: page faults, swap, disk, caches of compiled kernels.

Sources: getrusage(2), proc(5) (/proc/PID/io, /proc/vmstat). "The GPU takes 150 s, the CPU 5 s" is told
from these: a first pass that reads from the disk or swaps in is not a slow GPU.
"""

import os
import resource

from jetbench_agent.stream import monotonic_ns

# Folders where kernels that were compiled for this machine are kept: CUDA's PTX (CUDA programming
# guide, CUDA_CACHE_PATH), and those of torch's compiler.
CACHES = (
    ("CUDA_CACHE_PATH", "~/.nv/ComputeCache"),
    ("TRITON_CACHE_DIR", "~/.triton/cache"),
    ("TORCHINDUCTOR_CACHE_DIR", None),
    ("PYTORCH_KERNEL_CACHE_PATH", "~/.cache/torch/kernels"),
)
MOST_FILES = 20000  # looked at in a cache; beyond, its growth is not known
SOON_NS = 5000000  # after a stage: the next one begins with the counters that it ended with

_PAGE_KIB = resource.getpagesize() // 1024


def spent():
    """Counters of this process and the system, to be subtracted: {name: number or None}."""
    return {
        "major_faults": resource.getrusage(resource.RUSAGE_SELF).ru_majflt,
        "swap_in_kib": swapped_in_kib(),
        "read_kib": _read_kib(),
        "cache_kib": _cache_kib(),
    }


def own():
    """What this process alone has spent since it began: its counters start at 0."""
    found = {"major_faults": resource.getrusage(resource.RUSAGE_SELF).ru_majflt, "read_kib": _read_kib()}
    return {name: value for name, value in found.items() if value is not None}


def since(before):
    """What was spent since ``before``; what one of the two does not know is left out."""
    return _between(before, spent())


def _between(before, now):
    found = {}
    for name, value in now.items():
        if value is not None and before[name] is not None:
            found[name] = max(0, value - before[name])
    return found


def swapped_in_kib():
    """KiB that the whole system has swapped in since it was started, or None."""
    try:
        with open("/proc/vmstat", "rb") as file:
            for line in file:
                if line.startswith(b"pswpin "):
                    return int(line.split()[1]) * _PAGE_KIB
    except (OSError, ValueError):
        pass
    return None


def _read_kib():
    """KiB this process has made the disks read, page faults on files among them."""
    try:
        with open("/proc/self/io", "rb") as file:
            for line in file:
                if line.startswith(b"read_bytes:"):
                    return int(line.split()[1]) // 1024
    except (OSError, ValueError):
        pass
    return None


def _cache_kib():
    """Size of the caches of compiled kernels. 0 where there are none."""
    total, files = 0, 0
    folders = [os.environ.get(variable) or (usual and os.path.expanduser(usual)) for variable, usual in CACHES]
    while folders:
        folder = folders.pop()
        for entry in _entries(folder) if folder else ():
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                total += entry.stat(follow_symlinks=False).st_size
            except OSError:
                continue  # it was replaced meanwhile
            files += 1
            if files > MOST_FILES:
                return None
    return total // 1024


def _entries(folder):
    try:
        return list(os.scandir(folder))
    except OSError:
        return ()


class Early(object):
    """A watch of ``timing.measure``: what the first passes after the first one were spent on, each a block of its own.

    A board that compiles kernels or pages from a card is not warm after one pass.
    """

    def __init__(self, passes):
        self.left = passes
        self._before = None

    def begin(self):
        self._before = spent() if self.left else None

    def passed(self, _number):
        pass

    def take(self):
        if self._before is None:
            return {}
        self.left -= 1
        found, self._before = since(self._before), None
        return {"spent": found}


class Stages(object):
    """Times named stages and sends each twice: when it begins and when it is over."""

    def __init__(self, send, **identity):
        self._send, self._identity = send, identity
        self._last = None  # when counters were read last, and what they were

    def run(self, name, work, *arguments):
        self._send("stage", name=name, **self._identity)
        before = self._before()
        begin = monotonic_ns()
        result = work(*arguments)
        end = monotonic_ns()
        now = spent()
        self._last = monotonic_ns(), now
        self._send("stage", t=end, name=name, ns=end - begin, **dict(_between(before, now), **self._identity))
        return result

    def _before(self):
        if self._last is not None and monotonic_ns() - self._last[0] < SOON_NS:
            return self._last[1]
        return spent()
