"""Power rails behind INA3221 monitors.

Two drivers: ``ina3221`` in hwmon (JetPack 5 to 7; kernel doc hwmon/ina3221) and ``ina3221x`` in iio (JetPack 4).
Both give mV and mA; power in microwatts is their exact product. Bus steps are 8 mV, current steps 8 or 20 mA.

Of the chip TI SBOS576 says: gain error 0.25 % at most, offset 80 uV over the shunt at most, which does not average out.
The shunt's resistance stands in hwmon (``shuntN_resistor``, micro-ohms) and not in iio; its tolerance nowhere: 1 %.
"""

import os
from typing import Any, Dict, List, Optional, Set

from .files import KeptFile, Reading, Root
from .hwmon import chips
from .source import Silent, Source, channel

GAIN, TOLERANCE, OFFSET_V = 0.0025, 0.01, 80e-6
_KNOWN = "TI SBOS576: gain 0.25 %; shunt tolerance 1 % assumed"
_MOST_MV = 32760  # 13 bits of 8 mV
_LEAST_MA, _MOST_MA = -200, 330000  # the offset, and full scale, at 0.5 milliohms


class Rail(Source):
    """power, voltage and current of one rail, from one reading each of voltage and current."""

    driver = "ina3221"

    def __init__(self, label: str, source: str, volts: KeptFile, amps: KeptFile) -> None:
        Source.__init__(self, _columns(label, source))
        self.rail = label
        self.shunt: Optional[int] = None  # micro-ohms
        self._volts = volts
        self._amps = amps

    def read(self) -> List[Reading]:
        millivolts = self._volts.integer()
        milliamps = self._amps.integer()
        if type(millivolts) is int and not 0 <= millivolts <= _MOST_MV:
            millivolts = "read_error"
        if type(milliamps) is int and not _LEAST_MA <= milliamps <= _MOST_MA:
            milliamps = "read_error"
        if type(millivolts) is int and type(milliamps) is int:
            return [millivolts * milliamps, millivolts, milliamps]
        return [millivolts if type(millivolts) is str else milliamps, millivolts, milliamps]

    def accuracy(self) -> Dict[str, Any]:
        gain = round((GAIN**2 + TOLERANCE**2) ** 0.5, 5)
        known = {"gain": gain, "offset_w": None, "assumed": False, "source": _KNOWN + "; shunt not known: no offset"}
        millivolts = self._volts.integer()
        if self.shunt and type(millivolts) is int:
            known["offset_w"] = OFFSET_V / (self.shunt * 1e-6) * millivolts * 1e-3
            known["source"] = _KNOWN + "; offset 80 uV over the shunt"
        return known

    def files(self) -> List[KeptFile]:
        return [self._volts, self._amps]


def _columns(label: str, source: str) -> List[Dict[str, Any]]:
    return [
        channel("power." + label, "power", "W", 1e-6, source),
        channel("voltage." + label, "voltage", "V", 1e-3, source),
        channel("current." + label, "current", "A", 1e-3, source),
    ]


def discover(root: Root) -> List[Source]:
    found: List[Source] = []
    for folder, name in chips(root):
        if name == "ina3221":
            found += _hwmon(root, folder)
    for folder in _iio_folders(root):
        found += _iio(root, folder)
    return found


def _hwmon(root: Root, folder: str) -> List[Source]:
    """Channels 1 to 3; in4 to in6 are shunt voltages and in7 their sum: no rails."""
    rails: List[Source] = []
    update_ms = root.positive(folder + "/update_interval")  # a new value of each channel
    for number in ("1", "2", "3"):
        volts, amps = folder + "/in" + number + "_input", folder + "/curr" + number + "_input"
        label = root.text(folder + "/in" + number + "_label")
        if label.upper() == "NC" or not (root.exists(volts) or root.exists(amps)):
            continue
        label = label or "ina3221-" + number
        if root.integer(folder + "/in" + number + "_enable") == 0:
            rails.append(_disabled(label, folder))
        else:
            rail = Rail(label, folder, root.keep(volts), root.keep(amps))
            rail.shunt = root.positive(folder + "/shunt" + number + "_resistor")
            rail.update_ms = update_ms
            rails.append(rail)
    return rails


def _disabled(label: str, folder: str) -> Source:
    columns = _columns(label, folder)
    for column in columns:
        column.update(reason="no_sensor", hint="this channel of the power monitor is switched off")
    source = Silent(columns)
    source.rail, source.driver = label, "ina3221"
    return source


def _iio_folders(root: Root) -> List[str]:
    """Every iio device of an INA3221 once, though several paths lead to it."""
    folders = []
    seen: Set[str] = set()
    for parent in ("sys/bus/i2c/devices", "sys/bus/i2c/drivers/ina3221x"):
        for chip in root.names(parent):
            for device in root.names(parent + "/" + chip, "iio:device") + root.names(parent + "/" + chip, "iio_device"):
                folder = parent + "/" + chip + "/" + device
                real = os.path.realpath(root.path(folder))
                if real not in seen and root.exists(folder + "/rail_name_0"):
                    seen.add(real)
                    folders.append(folder)
    return folders


def _iio(root: Root, folder: str) -> List[Source]:
    rails: List[Source] = []
    for number in ("0", "1", "2"):
        label = root.text(folder + "/rail_name_" + number)
        if label and label.upper() != "NC":
            volts = root.keep(folder + "/in_voltage" + number + "_input")
            rails.append(Rail(label, folder, volts, root.keep(folder + "/in_current" + number + "_input")))
    return rails
