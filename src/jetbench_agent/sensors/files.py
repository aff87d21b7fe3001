"""Files of sysfs and procfs: a root prefix, descriptors kept open, reads that never raise.

A reading is an ``int``, or a ``str``: the reason code why there is none just now.

* ``no_permission``  EACCES, EPERM
* ``gated``          EAGAIN: the block is powered down (EISDIR stands for it in the fake boards)
* ``read_error``     anything else: gone, garbage, out of range
* others come from the sources themselves: ``MEANINGS`` has them all, each with what to do about it
"""

import errno
import os
import re
import time
from typing import Callable, Iterable, List, Optional, Union

Reading = Union[int, str]

TEXT_LIMIT = 200
MEANINGS = {
    "no_sensor": "This board has no such sensor, or no driver for it is loaded.",
    "no_permission": "The reading is there and this user may not read it: run as root, or make its file readable.",
    "no_whole_machine_sensor": "Parts of this machine are measured, the whole is not: use an external meter.",
    "unresolved_rails": "There are power rails, and which of them make up the total is not known: see --power-rail.",
    "needs_two_samples": "This comes out of a counter: the value appears with the next reading.",
    "on_ac_no_sensor": "A battery tells watts only while it discharges: unplug the charger, or use an external meter.",
    "gated": "This block is powered down just now: the value appears when it is in use.",
    "read_error": "The sensor is gone or answers nonsense: see dmesg for its driver, or the output of a meter.",
    "stale": "The sensor has not answered in time or its counter stands still: the last value is too old to show.",
}

LARGEST = 1 << 53  # beyond this no counter of a board is genuine, and JSON readers lose exactness

FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY  # a FIFO left under a root must not block
_GONE = (errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ESTALE)
_REASONS = {
    errno.EACCES: "no_permission",
    errno.EPERM: "no_permission",
    errno.EAGAIN: "gated",
    errno.EISDIR: "gated",
}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_DIGITS = re.compile("([0-9]+)")


def _float_clock() -> int:
    return int(time.monotonic() * 1e9)


monotonic_ns: Callable[[], int] = getattr(time, "monotonic_ns", _float_clock)


def reason_of(error: Exception) -> str:
    return _REASONS.get(getattr(error, "errno", None), "read_error")


def clean(text: str) -> str:
    """Text out of a file is data: no control characters (C0, DEL, C1), at most 200 characters."""
    return _CONTROL.sub("", text).strip()[:TEXT_LIMIT]


def numbered(name: str) -> list:
    """Sort key: zone2 before zone10."""
    return [int(part) if place % 2 else part for place, part in enumerate(_DIGITS.split(name))]


def bounded(value: int) -> Reading:
    return value if -LARGEST < value < LARGEST else "read_error"


class KeptFile:
    """One file whose descriptor stays open: 2 us a read instead of 30 (benchmarks/poller_cost.py).

    ``gone``: it was there once and is not any more, or another device has taken its name (hwmon numbers change).
    """

    __slots__ = ("_fd", "_place", "gone", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.gone = False
        self._fd = -1
        self._place: Optional[str] = None

    def integer(self) -> Reading:
        try:
            value = int(os.pread(self._fd, 64, 0))
        except OSError as error:
            data = self._again(error, 64)
            if type(data) is str:
                return data
            try:
                value = int(data)
            except ValueError:
                return "read_error"
        except ValueError:
            return "read_error"
        return value if -LARGEST < value < LARGEST else "read_error"

    def data(self, size: int) -> Union[bytes, str]:
        """The first ``size`` bytes, or a reason code."""
        try:
            return os.pread(self._fd, size, 0)
        except OSError as error:
            return self._again(error, size)

    def _again(self, error: OSError, size: int) -> Union[bytes, str]:
        """Opens what is not open yet, or what the kernel has taken away and may have put back."""
        if self._fd >= 0 and error.errno not in _GONE:
            return reason_of(error)
        self.close()
        try:
            self._fd = os.open(self.path, FLAGS)
            if not self._is_the_same():
                self.close()
                return "read_error"
            return os.pread(self._fd, size, 0)
        except (OSError, ValueError) as second:
            self.gone = self._place is not None and getattr(second, "errno", None) in _GONE
            return reason_of(second)

    def _is_the_same(self) -> bool:
        """Whether the path leads to the device it led to at first."""
        place = os.path.realpath(self.path)
        self._place = self._place or place
        self.gone = place != self._place
        return not self.gone

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            try:
                os.close(fd)
            except OSError:
                pass


class Root:
    """Where ``sys``, ``proc`` and ``etc`` are. Paths are relative to it; nothing below it is ever executed."""

    def __init__(self, prefix: str = "/", clock: Optional[Callable[[], int]] = None) -> None:
        self.prefix = prefix
        self.clock = clock or monotonic_ns
        self.closing: List[Callable[[], None]] = []  # what else ends with the board
        self._kept: List[KeptFile] = []

    @property
    def is_real(self) -> bool:
        return os.path.abspath(self.prefix) == "/"

    def path(self, path: str) -> str:
        return os.path.join(self.prefix, path)

    def exists(self, path: str) -> bool:
        return os.path.exists(self.path(path))

    def names(self, folder: str, start: str = "") -> List[str]:
        """Entries that begin with ``start``, zone2 before zone10; none where there is no such folder.

        A name with control characters, as no kernel makes it, is not there: it would get into ids and paths.
        """
        try:
            found = os.listdir(self.path(folder))
        except (OSError, ValueError):
            return []
        return sorted((name for name in found if name.startswith(start) and not _CONTROL.search(name)), key=numbered)

    def raw(self, path: str, size: int = 65536) -> bytes:
        """The first bytes of a file, b"" where it cannot be read."""
        file = KeptFile(self.path(path))
        data = file.data(size)
        file.close()
        return b"" if type(data) is str else data

    def text(self, path: str) -> str:
        return clean(self.raw(path, 4096).decode("utf-8", "replace"))

    def strings(self, path: str) -> List[str]:
        """The NUL-separated strings of a device-tree property."""
        parts = self.raw(path, 4096).decode("utf-8", "replace").split("\0")
        return [part for part in map(clean, parts) if part]

    def integer(self, path: str) -> Optional[int]:
        file = KeptFile(self.path(path))
        value = file.integer()
        file.close()
        return None if type(value) is str else value

    def positive(self, path: str) -> Optional[int]:
        """The number in a file where it is more than 0."""
        value = self.integer(path)
        return value if value is not None and value > 0 else None

    def keep(self, path: str) -> KeptFile:
        file = KeptFile(self.path(path))
        self._kept.append(file)
        return file

    def mark(self) -> int:
        return len(self._kept)

    def since(self, mark: int) -> List[KeptFile]:
        """The files kept since ``mark`` was taken."""
        return self._kept[mark:]

    def forget(self, files: Iterable[KeptFile]) -> None:
        """Files of a sensor that was looked for anew."""
        for file in files:
            file.close()
            if file in self._kept:
                self._kept.remove(file)

    def close(self) -> None:
        for file in self._kept:
            file.close()
        for call in self.closing:
            call()
