"""A case against the roofs of its device: time at the roofs, efficiency, intensity, and the same by class of operator.

Bytes lie between two bounds: weights, input and output once (least), and every operator's (most: nothing fused,
nothing cached). The upper bound is the one that counts, unless memory alone would then take longer than the pass
did: caches serve it, and the lower one is left.
"""

from __future__ import annotations

from statistics import median

from jetbench.domain.events import Calibration, Model, Profile
from jetbench.domain.why import OpShare, Roofline


def roofline(measured: float, model: Model | None, told: Calibration, profile: Profile) -> Roofline | None:
    """``measured``: seconds of a pass. None where roofs or counts are missing."""
    if told.peak_flops is None or told.bandwidth is None or told.calls is None or measured <= 0:
        return None
    if model is None or not model.macs:
        return None
    if model.bytes is None or model.input_bytes is None or model.output_bytes is None:
        return None  # taken for 0 they would make it look compute-bound
    least = model.bytes + model.input_bytes + model.output_bytes
    most = max(least, model.traffic_bytes or sum(row[3] for row in profile.layers))
    flops = 2 * model.macs
    at_compute, at_most = flops / told.peak_flops, most / told.bandwidth
    cached = at_most > measured
    counted = least if cached else most
    if not counted:
        return None
    at_memory = counted / told.bandwidth
    return Roofline(
        measured=measured,
        flops=flops,
        bytes_least=least,
        bytes_most=most,
        peak_flops=told.peak_flops,
        bandwidth=told.bandwidth,
        at_compute=at_compute,
        at_memory=at_memory,
        at_calls=at_calls(told, profile),
        cached=cached,
        efficiency=max(at_compute, at_memory) / measured,
        intensity=flops / counted,
        spread=_spread(told),
    )


def _spread(told: Calibration) -> float | None:
    """Of the roof that is known worse; None where that of one of them is not told."""
    if told.peak_flops_spread is None or told.bandwidth_spread is None:
        return None
    return max(told.peak_flops_spread, told.bandwidth_spread)


def at_calls(told: Calibration, profile: Profile) -> float:
    """Seconds that calling every operator of a pass costs, convolutions by what an empty one costs."""
    if not told.calls:
        return 0.0
    convolutions = sum(row.calls for row in profile.classes if row.name.endswith("conv"))
    others = sum(row.calls for row in profile.classes) - convolutions
    return others / told.calls + convolutions / (told.conv_calls or told.calls)


def classes(profile: Profile, told: Calibration | None) -> tuple[OpShare, ...]:
    """Classes of operators, the one that takes most time first. What the profiler adds, so much an event, is off."""
    if not profile.plain or not profile.profiled:
        return ()
    whole = min(profile.plain)
    events = sum(row.events for row in profile.classes)
    added = max(0.0, min(profile.profiled) - whole) / events if events else 0.0
    macs = sum(row.macs for row in profile.classes)
    moved: dict[str, int] = {}
    for _, name, _, size in profile.layers:
        moved[name] = moved.get(name, 0) + size
    found = []
    for row in profile.classes:
        spent = max(0.0, row.ns - added * row.events) * 1e-9
        found.append(
            OpShare(
                name=row.name,
                seconds=spent,
                share=spent / (whole * 1e-9),
                macs=row.macs,
                macs_share=row.macs / macs if macs else 0.0,
                calls=row.calls,
                bytes=moved.get(row.name, 0),
                roof=_roof(row.macs, moved.get(row.name, 0), spent, told),
            )
        )
    return tuple(sorted(found, key=lambda row: row.seconds, reverse=True))


def _roof(macs: int, size: int, spent: float, told: Calibration | None) -> float:
    """By compute; by memory where that is possible in the time that was spent."""
    if told is None or not told.peak_flops or not told.bandwidth:
        return 0.0
    by_memory = size / told.bandwidth
    return max(2 * macs / told.peak_flops, by_memory if by_memory <= spent else 0.0)


def between(profile: Profile, found: tuple[OpShare, ...]) -> float | None:
    """Seconds of a pass outside of all operators: the interpreter's."""
    return max(0.0, min(profile.plain) * 1e-9 - sum(row.seconds for row in found)) if profile.plain else None


def usual(profile: Profile) -> float | None:
    """Seconds of a pass around the profile."""
    return median(profile.plain) * 1e-9 if profile.plain else None
