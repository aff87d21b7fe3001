"""The fan: drive per mille from its PWM of 0 to 255, and its speed where there is a tachometer.

hwmon ``pwmfan`` with ``pwm1`` and ``fan1_input`` (kernel doc hwmon/pwm-fan), on JetPack 5 to 7 the speed in a chip of
its own; JetPack 4 has ``/sys/devices/pwm-fan/{cur_pwm,target_pwm,rpm_measured}``.
"""

from typing import List, Optional

from .files import Reading, Root
from .hwmon import chips
from .source import OneFile, Source, channel

LEGACY = "sys/devices/pwm-fan"


class Drive(OneFile):
    def read(self) -> List[Reading]:
        value = self.file.integer()
        if type(value) is str:
            return [value]
        return [(value * 1000 + 127) // 255 if 0 <= value <= 255 else "read_error"]


class LegacySpeed(OneFile):
    """``rpm_measured`` is 0 for ever where the fan has no tachometer wire: 0 counts once it has been more."""

    _wired = False

    def read(self) -> List[Reading]:
        value = self.file.integer()
        if type(value) is int and value > 0:
            self._wired = True
        return ["no_sensor" if value == 0 and not self._wired else value]


def discover(root: Root) -> List[Source]:
    drives: List[Source] = []
    speeds: List[Source] = []
    for folder, name in chips(root):
        is_fan = name.replace("-", "").replace("_", "") == "pwmfan"
        if is_fan and root.exists(folder + "/pwm1"):
            drives.append(_drive(root, folder + "/pwm1"))
        if is_fan or "tach" in name:
            path = _first(root, folder, ("rpm", "fan1_input"))
            if path:
                column = channel("fan.rpm", "fan", "rpm", 1.0, path)
                speeds.append(OneFile(column, root.keep(path)))
    return (drives or _legacy(root, _drive, ("cur_pwm", "target_pwm"))) + (
        speeds or _legacy(root, _legacy_speed, ("rpm_measured",))
    )


def _drive(root: Root, path: str) -> Source:
    return Drive(channel("fan.pwm", "fan", "%", 0.1, path), root.keep(path))


def _legacy_speed(root: Root, path: str) -> Source:
    return LegacySpeed(channel("fan.rpm", "fan", "rpm", 1.0, path), root.keep(path))


def _legacy(root: Root, make, names) -> List[Source]:
    folders = [folder for folder, name in chips(root) if name == "pwm-fan"]
    for folder in [*folders, LEGACY]:
        path = _first(root, folder, names)
        if path:
            return [make(root, path)]
    return []


def _first(root: Root, folder: str, names) -> Optional[str]:
    for name in names:
        if root.exists(folder + "/" + name):
            return folder + "/" + name
    return None
