"""The clock of the memory controller of Jetsons: debugfs, so root only (kernel doc filesystems/debugfs)."""

import os
from typing import List

from .board import tree_strings
from .files import Reading, Root
from .source import OneFile, Silent, Slow, Source, channel

RATES = (
    "sys/kernel/debug/bpmp/debug/clk/emc/rate",  # JetPack 4.2 on
    "sys/kernel/debug/clk/emc/clk_rate",  # Nano, TX1
    "sys/kernel/debug/tegra_bwmgr/emc_rate",
)
_HINT = "the memory clock stands in debugfs, which is root's: run as root to see it"


class Rate(OneFile):
    def read(self) -> List[Reading]:
        return [self.file.integer() or "gated"]


def discover(root: Root) -> List[Source]:
    if not any(name.startswith("nvidia,tegra") for name in tree_strings(root, "compatible")):
        return []
    denied = False
    for path in RATES:
        try:
            os.stat(root.path(path))
        except PermissionError:
            denied = True
        except OSError:
            pass
        else:
            return [Slow(Rate(channel("clock.emc", "clock", "MHz", 1e-6, path), root.keep(path)), 0.5, root.clock)]
    if not denied:
        return []
    return [Silent([channel("clock.emc", "clock", "MHz", 1e-6, RATES[0], reason="no_permission", hint=_HINT)])]
