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
    now = spent()
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
    for variable, usual in CACHES:
        folder = os.environ.get(variable) or (os.path.expanduser(usual) if usual else None)
        if folder is None:
            continue
        for where, _, names in os.walk(folder):
            files += len(names)
            if files > MOST_FILES:
                return None
            for name in names:
                try:
                    total += os.lstat(os.path.join(where, name)).st_size
                except OSError:
                    pass  # it was replaced meanwhile
    return total // 1024


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

    def run(self, name, work, *arguments):
        self._send("stage", name=name, **self._identity)
        before = spent()
        begin = monotonic_ns()
        result = work(*arguments)
        end = monotonic_ns()
        self._send("stage", t=end, name=name, ns=end - begin, **dict(since(before), **self._identity))
        return result
