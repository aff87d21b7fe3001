"""Throttled now, from the states of the cooling devices (kernel doc driver-api/thermal/sysfs-api), and the merging of
what all sources say about it.

A device that slows something down and has ``cur_state`` > 0 is throttling; a fan is none, and ``hot-surface-alert`` is
a notice. Clocks, nvpmodel caps and ``oc*_throt_en`` say nothing about throttling.
"""

import re
from typing import List, Optional, Tuple

from .files import KeptFile, Reading, Root
from .source import Source

FOLDER = "sys/class/thermal"
NOTICES = ("hot-surface-alert",)
NO_INTERFACE = "no thermal interface visible"
NO_STATE = "no throttle state is visible on this platform"

# cpu-balanced, gpu-balanced, tegra-heavy: the throttles of NVIDIA's 3.x and 4.x kernels
_SLOWS = re.compile(r"(.+-throttle-alert|(thermal-)?(cpufreq|devfreq)-.+|cpu.*-freq|.+-balanced|tegra-heavy)\Z")
_SLOWS_INTEL = ("Processor", "intel_powerclamp")  # on AMD these exist and say nothing

State = Tuple[Optional[bool], List[str], List[str], Optional[str]]  # now, active, notices, reason


class Cooling(Source):
    """No column of its own: it gives the throttle state."""

    knows_throttle = True

    def __init__(self, slowing: List[Tuple[str, KeptFile]], noticing: List[Tuple[str, KeptFile]]) -> None:
        Source.__init__(self, [])
        self._slowing = slowing
        self._noticing = noticing

    def read(self) -> List[Reading]:
        active, failed = _above_zero(self._slowing)
        notices = _above_zero(self._noticing)[0]
        if active:
            self.throttle = (True, active, notices, None)
        elif failed:
            self.throttle = (None, active, notices, failed)
        else:
            self.throttle = (False, active, notices, None)
        return []

    def files(self) -> List[KeptFile]:
        return [file for _, file in self._slowing]


def _above_zero(devices: List[Tuple[str, KeptFile]]) -> Tuple[List[str], Optional[str]]:
    """Names of the devices that act, each once, and the first failure to read one."""
    names: List[str] = []
    failed = None
    for name, file in devices:
        state = file.integer()
        if type(state) is str:
            failed = failed or state + ": " + name
        elif state > 0 and name not in names:
            names.append(name)
    return names, failed


def slows(name: str, intel: bool = False) -> bool:
    """Whether a cooling device of this type takes speed away."""
    return bool(_SLOWS.match(name)) or (intel and name in _SLOWS_INTEL)


def discover(root: Root) -> List[Source]:
    intel = b"GenuineIntel" in root.raw("proc/cpuinfo", 4096)
    slowing, noticing = [], []
    for entry in root.names(FOLDER, "cooling_device"):
        name = root.text(FOLDER + "/" + entry + "/type")
        file = root.keep(FOLDER + "/" + entry + "/cur_state")
        if slows(name, intel):
            slowing.append((name, file))
        elif name in NOTICES:
            noticing.append((name, file))
    slowing.sort(key=lambda device: not device[0].endswith("-throttle-alert"))  # alerts name the hot block: first
    return [Cooling(slowing, noticing)] if slowing else []


def merged(states: List[Optional[State]], root: Root, alone: Optional[str] = None) -> State:
    """One state of several sources: yes if one says so, no only if none is in doubt.

    ``alone``: why it is unknown where none of them knows anything.
    """
    known = [state for state in states if state is not None]
    if not known:
        return None, [], [], alone or (NO_STATE if root.names(FOLDER) else NO_INTERFACE)
    active: List[str] = []
    notices: List[str] = []
    for state in known:
        active += [name for name in state[1] if name not in active]
        notices += [name for name in state[2] if name not in notices]
    doubts = [state[3] for state in known if state[0] is None]
    if active or any(state[0] for state in known):
        return True, active, notices, None
    return (None, active, notices, doubts[0]) if doubts else (False, active, notices, None)
