"""Chips of /sys/class/hwmon (kernel doc hwmon/sysfs-interface).

Their numbers change between boots: look them up by name.
"""

from typing import List, Tuple

from .files import Root

FOLDER = "sys/class/hwmon"


def chips(root: Root) -> List[Tuple[str, str]]:
    """(folder, name) of every chip: ("sys/class/hwmon/hwmon1", "ina3221")."""
    folders = [FOLDER + "/" + entry for entry in root.names(FOLDER, "hwmon")]
    return [(folder, root.text(folder + "/name")) for folder in folders]
