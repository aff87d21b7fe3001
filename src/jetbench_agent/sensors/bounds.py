"""What a reading can be. A figure outside is nonsense of a driver or of a wire, and no reading."""

from typing import Any, Dict, Tuple

from .files import LARGEST

_PLAUSIBLE = {  # quantity -> lowest and highest in its unit, far beyond any board
    "power": (-1e5, 1e5),  # W; less than nothing where somebody soldered a monitor in the wrong way round
    "voltage": (-1e3, 1e3),
    "current": (-1e4, 1e4),
    "energy": (0.0, 1e12),
    "temperature": (-40.0, 150.0),
    "clock": (0.0, 2e4),  # MHz
    "load": (0.0, 100.0),
    "memory": (0.0, 1e9),  # MiB
    "counter": (0.0, float(LARGEST)),
}
_FAN = {"%": (0.0, 100.0), "rpm": (0.0, 1e5)}
_ANY = (-float(LARGEST), float(LARGEST))


def raw_bounds(column: Dict[str, Any]) -> Tuple[int, int]:
    """Lowest and highest reading of a channel, before its scale."""
    quantity = column["quantity"]
    low, high = _FAN.get(column["unit"], _ANY) if quantity == "fan" else _PLAUSIBLE.get(quantity, _ANY)
    scale = column["scale"]
    return max(-LARGEST, int(round(low / scale))), min(LARGEST, int(round(high / scale)))
