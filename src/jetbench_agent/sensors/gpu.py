"""The integrated GPU: its clock from devfreq in Hz (kernel doc ABI sysfs-class-devfreq), its load per mille.

Nodes: 57000000.gpu, 17000000.{gp10b,gv11b,ga10b,gpu}, Thor gpu-gpc-0 (no load file there, and 0 Hz is gated).
"""

from typing import Any, Dict, List, Optional

from .files import Reading, Root
from .source import OneFile, Source, channel

DEVFREQ = "sys/class/devfreq"
ALIASES = ("sys/devices/gpu.0", "sys/devices/platform/gpu.0")
_ENDINGS = (".gpu", ".gm20b", ".gp10b", ".gv11b", ".ga10b")


class Clock(OneFile):
    def read(self) -> List[Reading]:
        return [self.file.integer() or "gated"]


def node(root: Root) -> Optional[str]:
    """The devfreq folder of the GPU."""
    for entry in root.names(DEVFREQ):
        if entry.endswith(_ENDINGS) or entry.startswith("gpu-gpc"):
            return DEVFREQ + "/" + entry
    for alias in ALIASES:
        for entry in root.names(alias + "/devfreq"):
            return alias + "/devfreq/" + entry
    return None


def discover(root: Root) -> List[Source]:
    folder = node(root)
    found: List[Source] = []
    if folder:
        highest = root.integer(folder + "/max_freq")
        column = channel("clock.gpu", "clock", "MHz", 1e-6, folder, limit=highest / 1e6 if highest else None)
        found.append(Clock(column, root.keep(folder + "/cur_freq")))
    for place in ([folder + "/device"] if folder else []) + list(ALIASES):
        if root.exists(place + "/load"):
            column = channel("load.gpu", "load", "%", 0.1, place + "/load")
            found.append(OneFile(column, root.keep(place + "/load")))
            break
    return found


def facts(root: Root) -> Dict[str, Any]:
    folder = node(root)
    if folder is None:
        return {"gpu": None}
    entry = folder.rsplit("/", 1)[1]
    return {
        "gpu": {
            "name": (root.strings(folder + "/device/of_node/name") or [entry.rsplit(".", 1)[-1]])[0],
            "min_hz": root.integer(folder + "/min_freq"),
            "max_hz": root.integer(folder + "/max_freq"),
            "governor": root.text(folder + "/governor") or None,
        }
    }
