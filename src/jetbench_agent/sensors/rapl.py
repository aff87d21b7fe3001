"""Energy counters of x86 processors: powercap intel-rapl, on AMD as well (kernel doc power/powercap/powercap).

``energy_uj`` counts microjoules and begins again after ``max_energy_range_uj``. Power is its difference over time, so
it takes two readings; the counter itself, unwrapped since the start, is a channel too. psys (the platform) holds the
packages, a package its core and uncore; dram stands beside it. intel-rapl-mmio counts the same package once more.
The counter of a package or of psys never stands still while it works: one that does is stale and no 0 W.

Both files are root's since CVE-2020-8694 (PLATYPUS: secrets leak through fine power readings).
"""

import re
from typing import Any, Callable, Dict, List, Optional, Tuple

from .accuracy import assumed
from .files import LARGEST, KeptFile, Reading, Root
from .source import Source, channel

FOLDER = "sys/class/powercap"
DRIVER = "rapl"
HINT = (
    "RAPL is root's: sudo chmod a+r /sys/class/powercap/*/{energy_uj,max_energy_range_uj} lets all users read it until"
    " the next boot (and reopens the side channel CVE-2020-8694); in containers it is usually masked"
)
TWO = "RAPL gives energy counters: power needs two readings"

_DOMAIN = re.compile(r"intel-rapl:[0-9]+(:[0-9]+)?\Z")
_SHORTEST = 50000000  # ns; the counter moves once a ms, so over less than this its power is noise
_MOST = 2000  # W of one domain: more is a counter that began anew, as after a suspend
_SURE = 500  # W at which a second wrap could hide between two readings


class Domain(Source):
    """power and energy of one domain."""

    driver = DRIVER
    update_ms = 1  # the counter moves about once a ms

    def __init__(self, label: str, path: str, energy: KeptFile, largest: KeptFile, clock: Callable[[], int]) -> None:
        power = channel("power." + label, "power", "W", 1e-6, path, hint=TWO)
        Source.__init__(self, [power, channel("energy." + label, "energy", "J", 1e-6, path + "/energy_uj")])
        self.rail = label
        self._energy, self._largest, self._clock = energy, largest, clock
        self._moves = label.startswith(("package", "psys")) and "." not in label
        self._range: Optional[int] = None
        self._counted = 0  # microjoules since the start
        self._last: Optional[Tuple[int, int]] = None  # (counter, ns) of the last reading
        self._base = (0, 0)  # (energy, ns) from which power is taken
        self._power: Reading = "needs_two_samples"

    def read(self) -> List[Reading]:
        value = self._energy.integer()
        now = self._clock()
        if type(value) is str or value < 0:
            return ["read_error", "read_error"] if type(value) is int else [value, value]
        before, self._last = self._last, (value, now)
        used = None if before is None else self._difference(before, value, now)
        if used is None:  # the first one, or the counter cannot be followed from the one before
            self._base = (self._counted, now)
            self._power = "needs_two_samples"
            return [self._power, self._counted if before is None else "read_error"]
        self._counted += used
        passed = now - self._base[1]
        if passed >= _SHORTEST:
            self._power = (self._counted - self._base[0]) * 1000000000 // passed
            if self._power == 0 and self._moves:
                self._power = "stale"
            self._base = (self._counted, now)
        return [self._power, self._counted if self._counted < LARGEST else "read_error"]

    def accuracy(self) -> Dict[str, Any]:
        return assumed("RAPL counter")

    def _difference(self, before: Tuple[int, int], value: int, now: int) -> Optional[int]:
        used, passed = value - before[0], now - before[1]
        if self._range is None:
            largest = self._largest.integer()
            self._range = largest if type(largest) is int and largest > 0 else None
        if used < 0:
            used = -1 if self._range is None else used % (self._range + 1)
        hidden = self._range is not None and passed * _SURE > self._range * 1000  # ns * W = nJ; range in uJ
        if used < 0 or hidden or used * 1000 > max(passed, _SHORTEST) * _MOST:
            return None
        return used


def discover(root: Root) -> List[Source]:
    folders = [entry for entry in root.names(FOLDER, "intel-rapl:") if _DOMAIN.match(entry)]
    names = {entry: root.text(FOLDER + "/" + entry + "/name") for entry in folders}
    packages = [name for name in names.values() if name.startswith("package")]
    found: List[Source] = []
    for entry in folders:
        path = FOLDER + "/" + entry
        if not root.exists(path + "/energy_uj"):
            continue
        parent = names.get(entry.rsplit(":", 1)[0], "")
        label = names[entry] or entry
        if parent and len(packages) > 1:
            label = parent + "." + label
        if names[entry] == "psys" and root.integer(path + "/energy_uj") == 0:
            continue  # there and never fed, as on many boards
        files = root.keep(path + "/energy_uj"), root.keep(path + "/max_energy_range_uj")
        domain = Domain(label, path, files[0], files[1], root.clock)
        if domain.read()[0] == "no_permission":
            for column in domain.channels:
                column["hint"] = HINT
        found.append(domain)
    return found


def total(labels: List[str]) -> Tuple[Dict[str, Any], List[int]]:
    """(method and scope, members) of domains called so; nothing where there is neither psys nor a package."""
    if "psys" in labels:
        scope = "platform (psys) if present, else sum of package-*"
        return {"method": "rapl:psys", "scope": scope}, [labels.index("psys")]
    packages = [place for place, label in enumerate(labels) if re.match(r"package-[^.]*\Z", label)]
    memory = [place for place, label in enumerate(labels) if label.rsplit(".", 1)[-1] == "dram"]
    if not packages:
        return {}, []
    scope = "CPU package %sonly (no psys): not the whole machine" % ("and memory " if memory else "")
    members = packages + memory
    return {"method": "rapl:" + "+".join(labels[place] for place in members), "scope": scope}, members
