"""Memory that can still be had and swap in use, in kB out of /proc/meminfo (man 5 proc_meminfo).

On boards with one memory for CPU and GPU this is the memory of both.
"""

from typing import List

from .files import KeptFile, Reading, Root
from .source import Source, channel

PATH = "proc/meminfo"


class Meminfo(Source):
    def __init__(self, file: KeptFile) -> None:
        columns = [
            channel("mem.available", "memory", "MiB", 1.0 / 1024, PATH),
            channel("mem.swap_used", "memory", "MiB", 1.0 / 1024, PATH),
        ]
        Source.__init__(self, columns)
        self._file = file

    def read(self) -> List[Reading]:
        data = self._file.data(4096)
        if type(data) is str:
            return [data, data]
        total, free = kilobytes(data, b"SwapTotal:"), kilobytes(data, b"SwapFree:")
        swap = total - free if type(total) is int and type(free) is int else "read_error"
        return [kilobytes(data, b"MemAvailable:"), swap]


def kilobytes(data: bytes, key: bytes) -> Reading:
    """The figure behind ``key``, which has its colon."""
    start = data.find(key)
    if start < 0:
        return "read_error"
    try:
        value = int(data[start + len(key) : data.index(b"kB", start)])
    except ValueError:
        return "read_error"
    return value if 0 <= value < 1 << 53 else "read_error"


def discover(root: Root) -> List[Source]:
    return [Meminfo(root.keep(PATH))] if root.exists(PATH) else []
