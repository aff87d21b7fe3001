"""Over-current alarms of the Tegras that have no counter of them in sysfs (210, 186, 194): lines of the kernel log.

Their driver says "soctherm: OC ALARM 0x00000001", at most once a second; mostly it is a supply whose voltage sags.
/dev/kmsg (kernel doc ABI testing/dev-kmsg) gives a record a read. With kernel.dmesg_restrict it is root's.
"""

import errno
import os
from typing import List

from .board import tree_strings
from .files import FLAGS, Reading, Root, reason_of
from .hwmon import chips
from .source import Silent, Slow, Source, channel

PATH = "dev/kmsg"
CHIPS = ("nvidia,tegra210", "nvidia,tegra186", "nvidia,tegra194")
CAUSE = "over-current or under-voltage (kernel log)"
DENIED = "over-current alarms stand in the kernel log alone, which is root's: sudo sysctl kernel.dmesg_restrict=0"
_MARK = b"soctherm: OC ALARM"
_MOST = 200  # records at once: a kernel that says more has other troubles


class Alarms(Source):
    """How many there were since the start. That there were none is no "not throttled"."""

    knows_throttle = True

    def __init__(self, descriptor: int) -> None:
        """``descriptor`` stands at the end of the log and does not block."""
        hint = "over-current alarms in the kernel log since the start"
        Source.__init__(self, [channel("oc.log", "counter", "count", 1.0, PATH, hint=hint)])
        self._descriptor = descriptor
        self._count = 0

    def read(self) -> List[Reading]:
        before = self._count
        for _ in range(_MOST):
            try:
                record = os.read(self._descriptor, 8192)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.EPIPE:  # records were overwritten before they were read
                    self.throttle = None
                    return [reason_of(error)]
                continue
            if not record:
                break
            self._count += record.count(_MARK)
        self.throttle = (True, [CAUSE], [], None) if self._count > before else None
        return [self._count]

    def repeated(self) -> None:
        self.throttle = None


def discover(root: Root) -> List[Source]:
    has_counters = any(name == "soctherm_oc" for _, name in chips(root))
    if has_counters or not set(CHIPS) & set(tree_strings(root, "compatible")):
        return []
    try:
        descriptor = os.open(root.path(PATH), FLAGS)
    except OSError as error:
        if reason_of(error) != "no_permission":
            return []
        return [Silent([channel("oc.log", "counter", "count", 1.0, PATH, reason="no_permission", hint=DENIED)])]
    root.closing.append(lambda: os.close(descriptor))
    try:
        os.lseek(descriptor, 0, os.SEEK_END)
    except OSError:  # a pipe, below another root
        pass
    return [Slow(Alarms(descriptor), 1.0, root.clock)]
