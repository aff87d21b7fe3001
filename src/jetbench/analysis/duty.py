"""Power and battery life where a model runs now and then: f inferences a second, at rest between them.

P(f) = P_idle + f x e_net, for f up to what one stream can do
"""

from __future__ import annotations

import msgspec

from jetbench.analysis.power_error import root
from jetbench.domain.results import CaseResult


class DutyCycle(msgspec.Struct, frozen=True):
    """What a board is to do: inferences a second, and the battery it does it from."""

    rate_hz: float
    battery_wh: float | None = None


class Duty(msgspec.Struct, frozen=True):
    """A case at ``rate_hz`` inferences a second. None: ``reason`` says why."""

    rate_hz: float
    battery_wh: float | None = None
    power_w: float | None = None
    power_u_w: float | None = None  # expanded, about 95 %
    hours: float | None = None
    hours_u: float | None = None
    reason: str | None = None


def at_rate(result: CaseResult, cycle: DutyCycle) -> Duty:
    """Mean watts of the board at that rate, and how long the battery lasts."""
    rate_hz, battery_wh = cycle.rate_hz, cycle.battery_wh
    nothing = Duty(rate_hz, battery_wh)
    power, most = result.power, result.throughput_ips
    if most is None:
        return _without(nothing, "not measured")
    if rate_hz > most:
        return _without(nothing, f"at most {most:.4g} a second are possible")
    if power.idle_w is None or power.energy_net_j is None:
        return _without(nothing, _why(result))
    watts = power.idle_w + rate_hz * power.energy_net_j
    u = root(power.idle_u_w or 0.0, rate_hz * (power.energy_net_u_j or 0.0))
    hours = battery_wh / watts if battery_wh is not None and watts > 0 else None
    return Duty(rate_hz, battery_wh, watts, u, hours, None if hours is None else hours * u / watts)


def _without(duty: Duty, reason: str) -> Duty:
    return Duty(duty.rate_hz, duty.battery_wh, reason=reason)


def _why(result: CaseResult) -> str:
    power = result.power
    if power.energy_j is None:
        return f"energy N/A ({power.reason or 'not_measured'})"
    if power.idle_w is None:
        return "power at rest was not measured: run it with --energy"
    return "net energy is smaller than its uncertainty: a longer block (--energy-time) may resolve it"
