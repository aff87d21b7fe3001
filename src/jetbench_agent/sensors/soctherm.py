"""Over-current and under-voltage events of Orin and Thor: hwmon ``soctherm_oc`` (driver tegra234-oc-event).

``oc1`` under-voltage, ``oc2`` average and ``oc3`` instantaneous over-current. Counts since boot: only a difference says
something, and ``oc*_throt_en`` is configuration. Each read is a call to the BPMP, fresh about every 2 s: once a second.
"""

from typing import List

from .counters import Counter, Counters
from .files import Root
from .hwmon import chips
from .source import Slow, Source, channel

_EVENTS = {  # hint, cause
    "oc1": ("under-voltage events since boot", "under-voltage oc1"),
    "oc2": ("average over-current events since boot", "over-current oc2"),
    "oc3": ("instantaneous over-current events since boot", "over-current oc3"),
}


def discover(root: Root) -> List[Source]:
    counters: List[Counter] = []
    for folder, name in chips(root):
        if name == "soctherm_oc":
            for entry in root.names(folder, "oc"):
                label, _, rest = entry.partition("_")
                if rest == "event_cnt":
                    hint, cause = _EVENTS.get(label, (None, "over-current " + label))
                    path = folder + "/" + entry
                    column = channel("oc." + label, "counter", "count", 1.0, path, hint=hint)
                    counters.append((column, [root.keep(path)], cause))
    return [Slow(Counters(counters), 1.0, root.clock)] if counters else []
