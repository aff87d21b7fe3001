"""Thermal throttling of x86 processors: ``cpuN/thermal_throttle`` (kernel doc ABI testing/sysfs-devices-system-cpu).

Intel only. A count rises when throttling begins, its ``total_time_ms`` when it ends. Every CPU of a package repeats the
package's count, and both threads of a core the core's: one of each is read. AMD tells nothing: unknown, not "no".
"""

from typing import Dict, List, Optional, Tuple

from .counters import Counter, Counters
from .cpu import CPUS
from .files import Root
from .source import Slow, Source, channel

AMD = "AMD processors do not tell whether they are throttled"
VENDORS = (b"AuthenticAMD", b"HygonGenuine")


class Unknown(Source):
    """A processor that can never say no."""

    knows_throttle = True
    throttle = (None, [], [], AMD)

    def read(self) -> list:
        return []


def discover(root: Root) -> List[Source]:
    info = root.raw("proc/cpuinfo", 4096)
    if any(vendor in info for vendor in VENDORS):
        return [Unknown([])] if root.names(CPUS + "/cpufreq", "policy") else []
    packages, cores = _firsts(root)
    counters: List[Counter] = []
    for package, folder in sorted(packages.items()):
        counters += _pair(root, "package-%d" % package, [folder + "/package_throttle_"], "package-throttle")
    if cores:
        counters += _pair(root, "cores", [folder + "/core_throttle_" for folder in cores], "core-throttle")
    return [Slow(Counters(counters, tells_no=True), 1.0, root.clock)] if counters else []


def _firsts(root: Root) -> Tuple[Dict[int, str], List[str]]:
    """The folder of one CPU a package, and those of one CPU a core. Without a topology each CPU is a core."""
    packages: Dict[int, str] = {}
    cores: Dict[Tuple[int, int], str] = {}
    for entry in root.names(CPUS, "cpu"):
        folder = CPUS + "/" + entry + "/thermal_throttle"
        if not entry[3:].isdigit() or not root.names(folder):
            continue
        package = _topology(root, entry, "physical_package_id") or 0
        core = _topology(root, entry, "core_id")
        if root.exists(folder + "/package_throttle_count"):
            packages.setdefault(package, folder)
        if root.exists(folder + "/core_throttle_count"):
            cores.setdefault((package, int(entry[3:]) if core is None else core), folder)
    return packages, list(cores.values())


def _topology(root: Root, entry: str, name: str) -> Optional[int]:
    return root.integer(CPUS + "/" + entry + "/topology/" + name)


def _pair(root: Root, name: str, starts: List[str], cause: str) -> List[Counter]:
    """The count, and the time where the kernel has it (5.6 on)."""
    found = [_counter(root, name + "-throttled", "count", [start + "count" for start in starts], cause)]
    times = [start + "total_time_ms" for start in starts]
    if root.exists(times[0]):
        found.append(_counter(root, name + "-throttled-ms", "ms", times, ""))
    return found


def _counter(root: Root, name: str, unit: str, paths: List[str], cause: str) -> Counter:
    column = channel("throttled." + name, "counter", unit, 1.0, paths[0], hint="since boot: only a difference counts")
    return column, [root.keep(path) for path in paths], cause
