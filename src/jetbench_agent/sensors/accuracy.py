"""How well the monitors behind a total are known, and how often they have something new.

An accuracy is {"gain", "offset_w", "assumed", "source"}: the relative error of a reading at most; the constant error
in watts, None where it is not known; whether the gain is assumed and stands in no data sheet; where both come from.
"""

from typing import Any, Dict, List

ASSUMED_GAIN = 0.05


def assumed(what: str) -> Dict[str, Any]:
    text = "%s: no figure known, %.0f %% assumed" % (what, 100 * ASSUMED_GAIN)
    return {"gain": ASSUMED_GAIN, "offset_w": None, "assumed": True, "source": text}


def combined(found: List[Dict[str, Any]]) -> Dict[str, Any]:
    """Of a sum: the worst gain, for chips of a kind err together, and all offsets, or None if one is unknown."""
    offsets = [accuracy["offset_w"] for accuracy in found]
    return {
        "gain": max(accuracy["gain"] for accuracy in found),
        "offset_w": None if None in offsets else round(sum(offsets), 6),
        "assumed": any(accuracy["assumed"] for accuracy in found),
        "source": "; ".join(dict.fromkeys(accuracy["source"] for accuracy in found)),
    }


def facts(monitors: List[Any]) -> Dict[str, Any]:
    """What is known of a total that these sources add up to: "accuracy", and "update_ms" where it is known."""
    if not monitors:
        return {}
    told = {"accuracy": combined([monitor.accuracy() for monitor in monitors])}
    updates = [monitor.update_ms for monitor in monitors if monitor.update_ms]
    if updates:
        told["update_ms"] = max(updates)
    return told
