"""Temperatures of /sys/class/thermal/thermal_zone*, in thousandths of a degree (kernel doc thermal/sysfs-api).

Zones go by ``type``: their numbers differ between images. Not temperatures: PMIC-Die (a constant 50 or 100 C on
Jetsons), -256 C (the block is off) and whatever lies outside -40 to 150 C. A gated block answers EAGAIN.
"""

import re
from typing import Dict, List, Optional, Tuple

from .cooling import NOTICES, slows
from .files import Reading, Root
from .source import OneFile, Silent, Source, channel

FOLDER = "sys/class/thermal"
LOWEST, HIGHEST = -40000, 150000
OFFLINE = -256000
SURFACE_TRIP = 70000  # of Orin: bound to hot-surface-alert alone, where bindings are visible

_TRIP = re.compile(r"trip_point_([0-9]+)_type\Z")
_BINDING = re.compile(r"cdev[0-9]+\Z")


class Zone(OneFile):
    def read(self) -> List[Reading]:
        value = self.file.integer()
        if type(value) is int and not LOWEST <= value <= HIGHEST:
            return ["gated" if value == OFFLINE else "read_error"]
        return [value]


def discover(root: Root) -> List[Source]:
    zones = [FOLDER + "/" + entry for entry in root.names(FOLDER, "thermal_zone")]
    found: List[Source] = []
    for zone in zones:
        name = root.text(zone + "/type") or zone.rsplit("/", 1)[1]
        limits = {"limit": _limit(root, zone), "critical": _critical(root, zone)}
        column = channel("temp." + name, "temperature", "C", 1e-3, zone, **limits)
        if name.lower() == "pmic-die":
            column.update(reason="no_sensor", hint="PMIC-Die is a placeholder of 50 or 100 C, not a measurement")
            found.append(Silent([column]))
        else:
            found.append(Zone(column, root.keep(zone + "/temp")))
    return found


def _bound(root: Root, zone: str) -> List[Tuple[str, Optional[int]]]:
    """(type of cooling device, trip number) of every binding."""
    links = [entry for entry in root.names(zone, "cdev") if _BINDING.match(entry)]
    return [(root.text(zone + "/" + link + "/type"), root.integer(zone + "/" + link + "_trip_point")) for link in links]


def _trips(root: Root, zone: str, kind: str) -> Dict[int, int]:
    """Trip number -> temperature of the trips of a kind that make sense (x86 has 0, acpitz -273250)."""
    trips = {}
    for entry in root.names(zone, "trip_point_"):
        match = _TRIP.match(entry)
        if match and root.text(zone + "/" + entry) == kind:
            value = root.integer(zone + "/trip_point_" + match.group(1) + "_temp")
            if value is not None and 0 < value <= HIGHEST:
                trips[int(match.group(1))] = value
    return trips


def _limit(root: Root, zone: str) -> Optional[float]:
    """Where throttling begins, in C: the lowest passive trip that is bound to a device that slows something down.

    A zone that shows no binding leaves its passive trips; there the surface trip is known by its temperature.
    """
    trips = _trips(root, zone, "passive")
    bound = _bound(root, zone)
    if bound:
        temperatures = [trips[trip] for name, trip in bound if trip in trips and slows(name, intel=True)]
    else:
        temperatures = [value for value in trips.values() if value != SURFACE_TRIP or not _has_notice(root)]
    return min(temperatures) / 1000.0 if temperatures else None


def _critical(root: Root, zone: str) -> Optional[float]:
    """Where the kernel shuts the board down, in C."""
    trips = _trips(root, zone, "critical")
    return min(trips.values()) / 1000.0 if trips else None


def _has_notice(root: Root) -> bool:
    types = [root.text(FOLDER + "/" + entry + "/type") for entry in root.names(FOLDER, "cooling_device")]
    return any(name in NOTICES for name in types)
