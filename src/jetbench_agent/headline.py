"""The temperature by which a run is cooled down: the junction, or the hottest zone of processor and GPU."""

import re
import threading

from jetbench_agent.soak import abort_at

# Zones of processors by the names kernels give them; a battery, a disk, a radio or Tegra's PMIC is none.
_RELEVANT = re.compile(r"cpu|gpu|soc|tj|pkg|package|core|tctl|tdie|tccd|thermal-fan-est|bcm|arm", re.I)


class Headline(object):
    """Fed with every row of readings; asked from another thread."""

    def __init__(self, channels):
        zones = [
            (place, channel)
            for place, channel in enumerate(channels)
            if channel["quantity"] == "temperature" and not channel.get("reason")
        ]
        junction = [entry for entry in zones if entry[1]["id"].startswith("temp.tj")]
        relevant = [entry for entry in zones if _RELEVANT.search(entry[1]["name"])]
        chosen = junction or relevant or zones
        self._zones = [(place, channel.get("scale", 1.0)) for place, channel in chosen]
        limits = [found for found in (abort_at(channel) for _, channel in chosen) if found is not None]
        self.abort_at = min(limits) if limits else None
        self._celsius = None
        self.throttled = None  # by the newest throttle state
        self._lock = threading.Lock()

    def tick(self, values):
        read = [values[place] * scale for place, scale in self._zones if values[place] is not None]
        with self._lock:
            self._celsius = max(read) if read else None

    def __call__(self):
        """Degrees C of the newest row, or None."""
        with self._lock:
            return self._celsius
