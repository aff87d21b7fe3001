"""Power monitors of the INA2xx family with one channel (kernel docs hwmon/ina238 and hwmon/ina2xx).

Power in microwatts, bus voltage in mV (in1; in0 is the shunt), current in mA. The INA238 of a Jetson Thor devkit sits
at the input of its carrier: VIN. Others are what somebody soldered on: listed, and never part of a total by themselves.
Their shunts are not known well enough to say more of their accuracy than that it is assumed.
"""

from typing import Any, Dict, List, Optional

from .accuracy import assumed
from .board import tree_strings
from .files import KeptFile, Reading, Root, bounded
from .hwmon import chips
from .source import Source, channel

INPUT = "ina238"
NAMES = (
    "ina209", "ina219", "ina220", "ina226", "ina228", "ina230", "ina231", "ina232", "ina233", "ina234", "ina237",
    INPUT, "ina260", "ina700", "ina780", "sq52206", "sy24655",
)  # fmt: skip


class Monitor(Source):
    """power, voltage and current; a chip without a power file gives the product of the other two."""

    def __init__(self, label: str, driver: str, folder: str, watts: Optional[KeptFile], rest: List[KeptFile]) -> None:
        Source.__init__(self, _columns(label, folder))
        self.rail, self.driver = label, driver
        self._watts = watts
        self._rest = rest

    def read(self) -> List[Reading]:
        millivolts, milliamps = [file.integer() for file in self._rest]
        if self._watts is not None:
            return [self._watts.integer(), millivolts, milliamps]
        if type(millivolts) is int and type(milliamps) is int:
            return [bounded(millivolts * milliamps), millivolts, milliamps]
        return [millivolts if type(millivolts) is str else milliamps, millivolts, milliamps]

    def accuracy(self) -> Dict[str, Any]:
        return assumed("INA238 with an unknown shunt" if self.driver == INPUT else "INA2xx with an unknown shunt")

    def files(self) -> List[KeptFile]:
        return self._rest + ([self._watts] if self._watts is not None else [])


def _columns(label: str, source: str) -> List[Dict[str, Any]]:
    return [
        channel("power." + label, "power", "W", 1e-6, source),
        channel("voltage." + label, "voltage", "V", 1e-3, source),
        channel("current." + label, "current", "A", 1e-3, source),
    ]


def discover(root: Root) -> List[Source]:
    tegra = any(name.startswith("nvidia,tegra") for name in tree_strings(root, "compatible"))
    found: List[Source] = []
    for folder, name in chips(root):
        if name in NAMES:
            label = "VIN" if tegra and name == INPUT else root.text(folder + "/label") or name
            driver = INPUT if tegra and name == INPUT else "ina2xx"
            watts = root.keep(folder + "/power1_input") if root.exists(folder + "/power1_input") else None
            rest = [root.keep(folder + "/in1_input"), root.keep(folder + "/curr1_input")]
            monitor = Monitor(label, driver, folder, watts, rest)
            monitor.update_ms = root.positive(folder + "/update_interval")
            found.append(monitor)
    return found
