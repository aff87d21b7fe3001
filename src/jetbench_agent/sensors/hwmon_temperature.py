"""Temperatures of x86 processors from hwmon (kernel docs hwmon/coretemp, hwmon/k10temp).

One a package: coretemp's "Package id 0", k10temp's Tdie or else Tctl, which some models raise on purpose. Where the
zone ``x86_pkg_temp`` shows the package already, coretemp would only say it twice.
"""

from typing import List, Optional, Tuple

from .files import Root
from .hwmon import chips
from .source import Source, channel
from .thermal import FOLDER, HIGHEST, Zone

_AMD = ("k10temp", "zenpower")


def discover(root: Root) -> List[Source]:
    zones = {root.text(FOLDER + "/" + entry + "/type") for entry in root.names(FOLDER, "thermal_zone")}
    found: List[Source] = []
    for folder, name in chips(root):
        if name == "coretemp" and "x86_pkg_temp" not in zones:
            labels = [label for label in _labels(root, folder) if label[1].startswith("Package id")]
            found += [_source(root, *label) for label in labels]
        elif name in _AMD:
            best = _best(_labels(root, folder))
            found += [_source(root, *best)] if best else []
    return found


def _labels(root: Root, folder: str) -> List[Tuple[str, str]]:
    """("…/temp1", "Package id 0") of every labelled temperature; k10temp had no labels before Linux 5.3."""
    inputs = [entry[: -len("_input")] for entry in root.names(folder, "temp") if entry.endswith("_input")]
    return [(folder + "/" + entry, root.text(folder + "/" + entry + "_label")) for entry in inputs]


def _best(labels: List[Tuple[str, str]]) -> Optional[Tuple[str, str]]:
    for wanted in ("Tdie", "Tctl", ""):
        for label in labels:
            if label[1] == wanted:
                return label
    return None


def _source(root: Root, path: str, label: str) -> Source:
    crit = root.integer(path + "_crit")
    limit = crit / 1000.0 if crit is not None and 0 < crit <= HIGHEST else None
    name = (label or "Tctl").replace(" ", "-")
    path += "_input"
    return Zone(channel("temp." + name, "temperature", "C", 1e-3, path, limit=limit, critical=limit), root.keep(path))
