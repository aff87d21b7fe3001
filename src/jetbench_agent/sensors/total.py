"""Total power of a board out of its rails: a table, first match wins.

A parent input rail, else a documented sum of rails that do not feed each other, else nothing: rails that are not known
are never added up. Some rails feed others (VDDQ_VDD2_1V8AO hangs on VIN_SYS_5V0), so a sum of all reads too high. The
rails of Jetsons are those of NVIDIA's device trees (their ti,ina3221 nodes) and of energymon's table of them.

A machine with none of these: the PMIC of a Raspberry Pi, then RAPL, then a battery that discharges. With a graphics
card in it only the battery sees everything.
"""

from typing import Any, Dict, List, Optional, Tuple

from . import battery, rapl

INPUTS = ("ina3221", "ina238")
PMIC, GPU, OTHER = "pmic", "nvml", "ina2xx"
PARENTS = (  # driver (None: any of the inputs), label, scope
    ("ina238", "VIN", "carrier input"),
    (None, "VDD_IN", "module input"),
    (None, "5V_IN", "module input"),
    (None, "POM_5V_IN", "board 5V input"),
)
_SUM = "module (sum of rails; no input rail, carrier not measured)"
SUMS = (  # labels, scope
    (("GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"), _SUM),  # AGX Xavier
    (("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"), _SUM),  # AGX Orin
    (("VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"), "about the " + _SUM),  # Thor without its INA238
)
PARALLEL_CARRIER = "module input (the carrier, on VDD_MUX in parallel, not included)"  # TX1, TX2
PMIC_SCOPE = "sum of PMIC rails (excludes PMIC losses, USB/HAT 5V loads); an estimate, not board input"
BATTERY_SCOPE = "whole machine while it runs off its battery; a new figure every 1 to 30 s: average over 30 s or more"

NANO_2GB = (
    "no power sensor on this board: the Jetson Nano 2GB carries no INA3221"
    " (no i2c device named ina3221*/ina238 was found)"
)
BARE = "no power interface is visible here (container or virtual machine: no hwmon, no powercap, no battery)"
NOTHING = (
    "no power sensor that this program reads was found (no i2c device named ina3221*): an external meter can stand in"
)
CARD = (
    "the graphics card and the processor are measured (see their rows), the rest of this machine is not:"
    " for the total use an external meter"
)

Rail = Tuple[str, Optional[str]]  # label, driver
Rule = Tuple[Dict[str, Any], List[int]]


def resolve(
    rails: List[Rail],
    nano_2gb: bool = False,
    bare: bool = False,
    why: Optional[List[Optional[str]]] = None,
    no_power: Optional[Tuple[str, str]] = None,
) -> Rule:
    """(rule, members): the rule in the shape of ``PowerRule``, and which rails are added up, as places in ``rails``.

    ``why`` has the reason code of each rail that cannot be read now, ``no_power`` what a source says of its lack.
    """
    why = why or [None] * len(rails)
    inputs = [place for place, rail in enumerate(rails) if rail[1] in INPUTS]
    rule, members = _of_inputs([rails[place] for place in inputs])
    if rule:
        return rule, [inputs[place] for place in members]
    pmic = [place for place, rail in enumerate(rails) if rail[1] == PMIC]
    if pmic:
        return _rule("sum:pmic rails", PMIC_SCOPE), pmic
    if not inputs:
        rule, members = _of_machine(rails, why)
        if rule:
            return rule, members
    unknown = [label for label, driver in rails if driver in INPUTS or driver == OTHER]
    if unknown:
        text = "which of these rails make up the total is not known; if you know it: --power-rail LABEL; there are: "
        return _none("unresolved_rails", text + ", ".join(unknown)[:200]), []
    if no_power:
        return _none(*no_power), []
    return _none("no_sensor", NANO_2GB if nano_2gb else BARE if bare else NOTHING), []


def _of_inputs(rails: List[Rail]) -> Rule:
    """Of a Jetson's own monitors; an empty rule where they are none that is known."""
    labels = [label for label, _ in rails]
    for driver, label, scope in PARENTS:
        places = [place for place, rail in enumerate(rails) if rail[0] == label and driver in (None, rail[1])]
        if len(places) == 1:
            prefix = "rail:" if driver is None else driver + ":"
            return _rule(prefix + label, PARALLEL_CARRIER if "VDD_MUX" in labels else scope), places
    for wanted, scope in SUMS:
        if all(labels.count(label) == 1 for label in wanted):
            return _rule("sum:" + "+".join(wanted), scope), [labels.index(label) for label in wanted]
    return {}, []


def _of_machine(rails: List[Rail], why: List[Optional[str]]) -> Rule:
    """Of a PC, a laptop, a server."""
    domains = [place for place, rail in enumerate(rails) if rail[1] == rapl.DRIVER]
    packs = [place for place, rail in enumerate(rails) if rail[1] == battery.DRIVER]
    of_battery = _rule("battery:" + "+".join(rails[place][0] for place in packs), BATTERY_SCOPE, battery.HINT), packs
    discharges = any(why[place] is None for place in packs)
    if any(driver == GPU for _, driver in rails):
        return of_battery if discharges else (_none("no_whole_machine_sensor", CARD), [])
    found, places = rapl.total([rails[place][0] for place in domains])
    members = [domains[place] for place in places]
    denied = any(why[place] == "no_permission" for place in members)
    if discharges and (denied or not members):
        return of_battery
    if members:
        return _rule(found["method"], found["scope"], rapl.HINT if denied else rapl.TWO), members
    return of_battery if packs else ({}, [])


def _rule(method: str, scope: str, text: Optional[str] = None) -> Dict[str, Any]:
    """``text``: what to do where there is a sensor and it says nothing just now."""
    return {"method": method, "scope": scope, "reason": None, "reason_text": text}


def _none(reason: str, text: str) -> Dict[str, Any]:
    return {"method": None, "scope": None, "reason": reason, "reason_text": text}


def add(readings: list):
    """Microwatts of the total, or a reason code. One rail missing in this tick: no sum.

    Of two batteries one at a time discharges: the other one adds nothing.
    """
    if len(readings) == 1:
        return readings[0]
    found = [reading for reading in readings if reading != "on_ac_no_sensor"]
    if not found:
        return "on_ac_no_sensor"
    missing = {reading for reading in found if type(reading) is str}
    if not missing:
        return sum(found)
    # One rail that is gated is still a hole in a sum; that one waits for its second sample, or is stale, is why.
    common = missing.pop() if len(missing) == 1 else "read_error"
    return common if common in _OF_A_SUM or found.count(common) == len(found) else "read_error"


_OF_A_SUM = ("stale", "needs_two_samples", "no_permission")
