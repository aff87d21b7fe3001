"""CPU clocks a policy (kernel doc admin-guide/pm/cpufreq) and load of all CPUs (man 5 proc_stat).

``scaling_cur_freq`` is what was asked for and cheap; ``cpuinfo_cur_freq`` is root's and costs 500 us a core: never.
``scaling_max_freq`` below ``cpuinfo_max_freq`` is a cap of the power mode, not throttling.
"""

from typing import Any, Dict, List, Optional, Tuple

from .files import KeptFile, Reading, Root
from .source import OneFile, Source, channel

CPUS = "sys/devices/system/cpu"
POLICIES = CPUS + "/cpufreq"
MOST_CPUS = 4096
_LEAST_TICKS = 20  # of all CPUs together: below that a load in steps of 10 ms says nothing


class Load(Source):
    """Busy share of all CPUs since the reading before, per mille. Waiting for I/O is not busy."""

    def __init__(self, file: KeptFile) -> None:
        Source.__init__(self, [channel("load.cpu", "load", "%", 0.1, "proc/stat")])
        self._file = file
        self._before = _ticks(file)
        self._last: Reading = "needs_two_samples"

    def read(self) -> List[Reading]:
        ticks = _ticks(self._file)
        if type(ticks) is str:
            return [ticks]
        if type(self._before) is str:
            self._before = ticks
        total, idle = ticks[0] - self._before[0], ticks[1] - self._before[1]
        if total >= _LEAST_TICKS:
            self._last = min(1000, max(0, (1000 * (total - idle) + total // 2) // total))
        if total >= _LEAST_TICKS or total < 0:
            self._before = ticks
        return [self._last]


def _ticks(file: KeptFile):
    """(all, idle) of the first line: user nice system idle iowait irq softirq steal; guest is within user."""
    data = file.data(256)
    if type(data) is str:
        return data
    try:
        name, rest = data.split(b"\n", 1)[0].split(None, 1)
        counts = [int(part) for part in rest.split()[:8]]
        return (sum(counts), counts[3] + counts[4]) if name == b"cpu" else "read_error"
    except (ValueError, IndexError):
        return "read_error"


def discover(root: Root) -> List[Source]:
    found: List[Source] = []
    for policy in root.names(POLICIES, "policy"):
        folder = POLICIES + "/" + policy
        highest = root.integer(folder + "/scaling_max_freq")
        limit = highest / 1e3 if highest else None
        column = channel("clock.cpu." + policy, "clock", "MHz", 1e-3, folder, name=policy, limit=limit)
        found.append(OneFile(column, root.keep(folder + "/scaling_cur_freq")))
    if root.exists("proc/stat"):
        found.append(Load(root.keep("proc/stat")))
    return found


def facts(root: Root) -> Dict[str, Any]:
    policies = {}
    for policy in root.names(POLICIES, "policy"):
        folder = POLICIES + "/" + policy
        policies[policy] = {
            "min_khz": root.integer(folder + "/scaling_min_freq"),  # jetson_clocks lifts it to the highest
            "max_khz": root.integer(folder + "/scaling_max_freq"),
            "hardware_max_khz": root.integer(folder + "/cpuinfo_max_freq"),
            "governor": root.text(folder + "/scaling_governor") or None,
            "cpus": [int(cpu) for cpu in root.raw(folder + "/related_cpus").split() if cpu.isdigit()],
        }
    governors = [policy["governor"] for policy in policies.values() if policy["governor"]]
    cpu = {"online": online(root), "governor": governors[0] if governors else None, "policies": policies}
    return {"cpu": cpu}


def online(root: Root) -> int:
    """How many CPUs are online."""
    count = sum(last - first + 1 for first, last in _ranges(root.text(CPUS + "/online")))
    return min(count, MOST_CPUS) or root.raw("proc/cpuinfo", 1 << 20).count(b"processor\t:")


def _ranges(text: str) -> List[Tuple[int, int]]:
    """ "0-3,6" is [(0, 3), (6, 6)]."""
    found = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        low, high = _number(first), _number(last or first)
        if low is not None and high is not None and low <= high:
            found.append((low, high))
    return found


def _number(text: str) -> Optional[int]:
    try:
        return int(text)
    except ValueError:
        return None
