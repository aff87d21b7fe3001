"""What a battery gives while it discharges (kernel doc ABI testing/sysfs-class-power).

The power of the whole machine then; on mains the machine does not run off it, and firmware reports 0 W or how fast it
charges. Batteries of mice and headsets (scope Device) and the source nodes of USB-C ports are none. Firmware has a new
figure every 1 to 30 s: read once a second, and average over half a minute or more.
"""

from typing import Any, Dict, List, Optional

from .accuracy import assumed
from .files import KeptFile, Reading, Root, bounded
from .source import Slow, Source, channel

FOLDER = "sys/class/power_supply"
DRIVER = "battery"
HINT = "a battery tells the machine's watts only while it discharges: unplug the charger, or use an external meter"
_PORTS = ("ucsi-", "tcpm-")


class Battery(Source):
    driver = DRIVER
    update_ms = 30000  # at worst

    def __init__(self, name: str, status: KeptFile, watts: Optional[KeptFile], volts: KeptFile, amps: KeptFile) -> None:
        Source.__init__(self, [channel("power." + name, "power", "W", 1e-6, FOLDER + "/" + name, hint=HINT)])
        self.rail = name
        self._status, self._watts, self._volts, self._amps = status, watts, volts, amps

    def read(self) -> List[Reading]:
        status = self._status.data(64)
        if type(status) is str:
            return [status]
        status = status.strip()
        if status not in _STATES:
            return ["read_error"]
        if status != b"Discharging":
            return ["on_ac_no_sensor"]
        return [self._microwatts()]

    def accuracy(self) -> Dict[str, Any]:
        return assumed("fuel gauge of the battery")

    def _microwatts(self) -> Reading:
        """The sign differs between firmwares."""
        if self._watts is not None:
            value = self._watts.integer()
            if type(value) is int:
                return abs(value)
        volts, amps = self._volts.integer(), self._amps.integer()  # microvolts, microamperes
        if type(volts) is int and type(amps) is int:
            return bounded(abs(volts * amps) // 1000000)
        return volts if type(volts) is str else amps


_STATES = (b"Unknown", b"Charging", b"Discharging", b"Not charging", b"Full")


def discover(root: Root) -> List[Source]:
    found: List[Source] = []
    for name in root.names(FOLDER):
        folder = FOLDER + "/" + name
        if name.startswith(_PORTS) or root.text(folder + "/type") != "Battery":
            continue
        if root.text(folder + "/scope") == "Device" or root.integer(folder + "/present") == 0:
            continue
        watts = root.keep(folder + "/power_now") if root.exists(folder + "/power_now") else None
        volts, amps = root.keep(folder + "/voltage_now"), root.keep(folder + "/current_now")
        battery = Battery(name, root.keep(folder + "/status"), watts, volts, amps)
        found.append(Slow(battery, 1.0, root.clock))
    return found
