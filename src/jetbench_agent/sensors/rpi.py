"""Raspberry Pi: rails of the Pi 5's PMIC, and what the firmware says of throttling.

``vcgencmd`` (documentation/computers/os, "vcgencmd") is the way to both; it needs /dev/vcio, which is of group video.
It costs some 10 ms a call, so it runs at most once a second in a thread of its own, and a tick takes what is there.
Below another root nothing is run: ``vcgencmd/NAME.txt`` there holds its output.

``pmic_read_adc`` pairs "VDD_CORE_A current(7)=1.2A" with "VDD_CORE_V volt(15)=0.9V". EXT5V, the input, has volts alone.
``get_throttled`` is a number: bits 0 to 3 tell of now, 16 to 19 the same since boot.
"""

import re
from typing import Any, Dict, List, Optional, Tuple

from .accuracy import assumed
from .board import tree_strings
from .files import KeptFile, Reading, Root
from .hwmon import chips
from .source import Lacking, OneFile, Slow, Source, channel
from .vcgencmd import Output, open_output

PMIC = "pmic_read_adc"
THROTTLED = "get_throttled"
BITS = ("under-voltage", "frequency capped", "throttled by the firmware", "soft temperature limit")
NO_VIDEO = "vcgencmd may not ask the firmware: sudo usermod -aG video $USER, then log in again"
NO_TOOL = "vcgencmd is not installed, and the Pi 5's power rails are behind it: sudo apt install raspi-utils"
NO_STATE = (
    "get_throttled cannot be asked, so that nothing says no (vcgencmd is not installed: sudo apt install raspi-utils)"
)
NO_SENSOR = "no power sensor on this board (%s: only the Pi 5's PMIC measures): use an external meter"

_LINE = re.compile(rb"^\s*([A-Za-z0-9_]+)_([AV]) (?:current|volt)\([0-9]+\)=(-?[0-9]{1,6}(?:\.[0-9]+)?)[AV]\s*$", re.M)
_MASK = re.compile(rb"\s*(?:throttled=)?(?:0x)?([0-9a-fA-F]{1,8})\s*\Z")


class Pmic(Source):
    """power, voltage and current of every rail that has both, and the voltage of the input."""

    update_ms = 1000  # vcgencmd runs once a second

    def __init__(self, output: Output, labels: List[str], has_input: bool) -> None:
        source = "vcgencmd " + PMIC
        columns: List[Dict[str, Any]] = []
        for label in labels:
            columns.append(channel("power." + label, "power", "W", 1e-6, source))
            columns.append(channel("voltage." + label, "voltage", "V", 1e-6, source))
            columns.append(channel("current." + label, "current", "A", 1e-6, source))
        if has_input:
            text = "the board's input: below 4.63 V the firmware slows it down"
            columns.append(channel("input.EXT5V", "voltage", "V", 1e-6, source, hint=text))
        Source.__init__(self, columns)
        self._output, self._labels, self._has_input = output, labels, has_input

    def read(self) -> List[Reading]:
        text = self._output.text()
        if type(text) is str:
            return [text] * len(self.channels)
        found = parsed(text)
        row: List[Reading] = []
        for label in self._labels:
            amps, volts = found.get((label, "A")), found.get((label, "V"))
            if amps is None or volts is None:
                row += ["read_error"] * 3
            else:
                row += [int(round(volts * amps * 1e6)), int(round(volts * 1e6)), int(round(amps * 1e6))]
        if self._has_input:
            volts = found.get(("EXT5V", "V"))
            row.append("read_error" if volts is None else int(round(volts * 1e6)))
        return row

    def accuracy(self) -> Dict[str, Any]:
        return assumed("converters of the PMIC")

    def rails(self) -> List[Tuple[str, Optional[str], int]]:
        return [(label, "pmic", 3 * place) for place, label in enumerate(self._labels)]


def parsed(text: bytes) -> Dict[Tuple[str, str], float]:
    """(rail, "A" or "V") -> figure."""
    return {(name.decode(), unit.decode()): float(value) for name, unit, value in _LINE.findall(text)}


class Firmware(Source):
    """What ``get_throttled`` says, of a file or of the command."""

    knows_throttle = True

    def __init__(self, source: str, file: Optional[KeptFile], output: Optional[Output]) -> None:
        hint = "bits 0 to 3: under-voltage, capped, throttled, soft limit now; 16 to 19: the same since boot"
        Source.__init__(self, [channel("throttle.get_throttled", "state", "", 1.0, source, hint=hint)])
        self._file, self._output = file, output
        self._at_start: Optional[int] = None
        if self.read() == ["no_permission"]:
            self.channels[0]["hint"] = NO_VIDEO
        if self._at_start:
            names = ", ".join(_names(self._at_start))
            self.problems = ("since boot this board has seen: %s (check its power supply and cooling)" % names,)

    def read(self) -> List[Reading]:
        data = self._file.data(64) if self._file else self._output.text() if self._output else "no_sensor"
        match = None if type(data) is str else _MASK.match(data)
        if match is None:
            reason = data if type(data) is str else "read_error"
            self.throttle = (None, [], [], reason + ": get_throttled")
            return [reason]
        bits = int(match.group(1), 16)
        since = bits >> 16 & 15
        if self._at_start is None:
            self._at_start = since
        active = _names(bits & 15)
        notices = [name + " since the start" for name in _names(since & ~self._at_start) if name not in active]
        self.throttle = (bool(active), active, notices, None)
        return [bits]

    def files(self) -> List[KeptFile]:
        return [self._file] if self._file else []


def _names(bits: int) -> List[str]:
    return [name for place, name in enumerate(BITS) if bits >> place & 1]


class Alarm(OneFile):
    """The alarm of hwmon ``rpi_volt`` (driver raspberrypi-hwmon). It can say yes; that it is silent is no "no"."""

    knows_throttle = True
    alone = NO_STATE

    def read(self) -> List[Reading]:
        value = self.file.integer()
        if type(value) is int and value not in (0, 1):
            value = "read_error"
        self.throttle = (True, [BITS[0]], [], None) if value == 1 else None
        return [value]


def discover(root: Root) -> List[Source]:
    found: List[Source] = []
    for folder, name in chips(root):
        if name == "rpi_volt" and root.exists(folder + "/in0_lcrit_alarm"):
            path = folder + "/in0_lcrit_alarm"
            column = channel("throttle.rpi_volt", "state", "", 1.0, path, hint="1: under-voltage now")
            found.append(Alarm(column, root.keep(path)))
    if any(name.startswith("raspberrypi,") for name in tree_strings(root, "compatible")):
        found += _firmware(root) + _power(root)
    return found


def _firmware(root: Root) -> List[Source]:
    for place in root.names("sys/devices/platform", "soc"):
        for entry in root.names("sys/devices/platform/" + place, "soc"):
            path = "sys/devices/platform/%s/%s/%s" % (place, entry, THROTTLED)
            if root.exists(path):
                return [Slow(Firmware(path, root.keep(path), None), 0.5, root.clock)]
    output = open_output(root, THROTTLED)
    if output.text() == "no_sensor":
        return []
    return [Slow(Firmware("vcgencmd " + THROTTLED, None, output), 1.0, root.clock)]


def _power(root: Root) -> List[Source]:
    if not any("bcm2712" in name for name in tree_strings(root, "compatible")):
        model = (tree_strings(root, "model") or ["Raspberry Pi"])[0]
        return [Lacking("no_sensor", NO_SENSOR % model)]
    output = open_output(root, PMIC)
    text = output.text()
    found = {} if type(text) is str else parsed(text)
    labels = [name for name, unit in found if unit == "A" and (name, "V") in found]
    if labels:
        return [Slow(Pmic(output, labels, ("EXT5V", "V") in found), 1.0, root.clock)]
    reason = text if type(text) is str else "read_error"
    return [Lacking(reason, {"no_sensor": NO_TOOL, "no_permission": NO_VIDEO}.get(reason, output.complaint))]
