"""What of the board's state would spoil a measurement, each with what mends it. Pure: from what was told to findings.

Sources: nvpmodel and jetson_clocks, NVIDIA Jetson Linux Developer Guide (Power Management); governors, kernel doc
admin-guide/pm/cpufreq; MemAvailable and swap, man 5 proc_meminfo; under-voltage, Raspberry Pi documentation on
``vcgencmd get_throttled``. Not delivered by the agent, hence not checked: which other processes use the GPU (only its
load is), whether swap is zram.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

from jetbench.analysis.telemetry import TOTAL_POWER, scaled
from jetbench.domain.events import Board, Telemetry, Throttle
from jetbench.domain.text import printable

State = Literal["ok", "warning", "bad", "unknown"]

NEAR_TRIP_C = 10.0  # below a trip: a run of minutes will reach it
LITTLE_MEMORY = 0.15  # share of all memory that is available: torch alone takes about 300 MiB
IDLE_CPU = 25.0  # %: above, something else works before the run has begun
IDLE_GPU = 10.0  # %
SWAP_MIB = 16.0  # less was moved out once and does no harm
_TEXT = 60


class Finding(msgspec.Struct, frozen=True):
    """``remedy`` is a command or a sentence, None where there is nothing to mend or nothing that would."""

    name: str
    state: State
    text: str
    remedy: str | None = None


def findings(
    board: Board | None, row: Telemetry | None = None, throttle: Throttle | None = None
) -> tuple[Finding, ...]:
    """Of the newest telemetry, if any. Empty before the board has answered and for a simulated one."""
    if board is None or board.facts.get("simulated") is True:
        return ()
    values = {} if row is None else {c.id: scaled(c, v) for c, v in zip(board.channels, row.v, strict=False)}
    return of_values(board, values, throttle.active + throttle.notices if throttle is not None else ())


def of_values(board: Board, values: Mapping[str, float | None], said: Iterable[str] = ()) -> tuple[Finding, ...]:
    """The same from readings in their channels' units; ``said``: what throttles or is noticed just now."""
    if board.facts.get("simulated") is True:
        return ()
    said = tuple(said)
    found = [
        *_power_mode(board),
        *_clocks(board),
        *_governor(board),
        *_fan(board, values),
        *_temperature(board, values),
        *_memory(board, values),
        *_swap(values),
        *_load("GPU load", "load.gpu", IDLE_GPU, values),
        *_load("CPU load", "load.cpu", IDLE_CPU, values),
        *_supply(board, said),
        *_battery(board, values),
    ]
    return tuple(found)


def troubles(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those to be mended; what is unknown is none."""
    return tuple(finding for finding in found if finding.state in ("warning", "bad"))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _power_mode(board: Board) -> list[Finding]:
    """The numbers of the modes differ between boards, so a command is only given where the table was read."""
    if board.kind != "jetson":
        return []
    told = _table(board.facts.get("jtop")).get("nvpmodel") or board.facts.get("power_mode")
    if not isinstance(told, str) or not told:
        return [Finding("power mode", "unknown", "not told", "sudo nvpmodel -q shows it")]
    mode = printable(told, _TEXT)
    modes = _table(board.facts.get("power_modes"))
    full = next((key for key, name in modes.items() if str(name).upper().startswith("MAXN")), None)
    if mode.upper().startswith("MAXN") or (modes and full is None):
        return [Finding("power mode", "ok", mode)]
    command = f"sudo nvpmodel -m {int(full)}" if full is not None and full.isdigit() else None
    return [Finding("power mode", "warning", f"{mode}, not MAXN", command or "the modes stand in /etc/nvpmodel.conf")]


def _clocks(board: Board) -> list[Finding]:
    if board.kind != "jetson":
        return []
    told = _table(board.facts.get("jtop")).get("jetson_clocks")
    if told is True:
        return [Finding("clocks", "ok", "held by jetson_clocks")]
    if told is False:
        return [Finding("clocks", "warning", "jetson_clocks is off: they follow the load", "sudo jetson_clocks")]
    return [Finding("clocks", "unknown", "jetson_clocks: not told", "sudo jetson_clocks --show")]


def _governor(board: Board) -> list[Finding]:
    """On a Jetson jetson_clocks holds the clocks whatever the governor is; nothing is said twice."""
    cpu = _table(board.facts.get("cpu"))
    each = [_table(policy).get("governor") for policy in _table(cpu.get("policies")).values()]
    names = sorted({printable(name, 20) for name in each or [cpu.get("governor")] if isinstance(name, str) and name})
    if not names:
        return [] if board.kind == "container" else [Finding("governor", "unknown", "not told")]
    text = ", ".join(names)
    held = _table(board.facts.get("jtop")).get("jetson_clocks") is True
    if names == ["performance"] or held:
        return [Finding("governor", "ok", text)]
    command = "echo performance | sudo tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor"
    remedy = "sudo jetson_clocks" if board.kind == "jetson" else command
    return [Finding("governor", "warning", f"{text}: the clock follows the load", remedy)]


def _fan(board: Board, values: Mapping[str, float | None]) -> list[Finding]:
    pwm, rpm = values.get("fan.pwm"), values.get("fan.rpm")
    if pwm is None and rpm is None:
        return []
    if pwm or rpm:
        return [Finding("fan", "ok", f"{pwm:.0f} %" if pwm is not None else f"{rpm:.0f} rpm")]
    remedy = "sudo jetson_clocks --fan" if board.kind == "jetson" else "it starts when it gets warm; see to its profile"
    return [Finding("fan", "warning", "stands still", remedy)]


def _temperature(board: Board, values: Mapping[str, float | None]) -> list[Finding]:
    rooms = [
        (c.limit - value, c, value)
        for c in board.channels
        if c.quantity == "temperature" and c.limit is not None and (value := values.get(c.id)) is not None
    ]
    if not rooms:
        return [] if board.kind == "container" else [Finding("temperature", "unknown", "no zone with a trip is read")]
    room, zone, value = min(rooms, key=lambda each: each[0])
    text = f"{printable(zone.name, 30)} {value:.0f} C, trip at {zone.limit:.0f} C"
    if room <= 0:
        return [Finding("temperature", "bad", text, "wait until it has cooled; see to fan and air")]
    if room < NEAR_TRIP_C:
        return [Finding("temperature", "warning", text, "wait until it has cooled: --cooldown 180s does")]
    return [Finding("temperature", "ok", text)]


def _memory(board: Board, values: Mapping[str, float | None]) -> list[Finding]:
    free = values.get("mem.available")
    if free is None:
        return [Finding("memory", "unknown", "not told")]
    text = f"{free:.0f} MiB available"
    if not board.memory_mib:
        return [Finding("memory", "ok", text)]
    text += f" of {board.memory_mib} MiB"
    if free >= LITTLE_MEMORY * board.memory_mib:
        return [Finding("memory", "ok", text)]
    # systemd's target of a text console is on Jetson Linux, Raspberry Pi OS and desktops alike
    remedy = "sudo systemctl isolate multi-user.target" if board.kind in ("jetson", "rpi") else "end other programs"
    return [Finding("memory", "warning", text, remedy)]


def _swap(values: Mapping[str, float | None]) -> list[Finding]:
    used = values.get("mem.swap_used")
    if used is None:
        return []
    if used < SWAP_MIB:
        return [Finding("swap", "ok", f"{used:.0f} MiB in use")]
    remedy = "sudo swapoff -a && sudo swapon -a, if memory has room for it"
    return [Finding("swap", "warning", f"{used:.0f} MiB in use", remedy)]


def _load(name: str, channel: str, most: float, values: Mapping[str, float | None]) -> list[Finding]:
    load = values.get(channel)
    if load is None:
        return []
    if load <= most:
        return [Finding(name, "ok", f"{load:.0f} %")]
    return [Finding(name, "warning", f"{load:.0f} % before the run has begun", "end what uses it (top shows it)")]


def _supply(board: Board, said: tuple[str, ...]) -> list[Finding]:
    if board.kind != "rpi":
        return []
    low = [text for text in said if "volt" in text.lower()]
    if low:
        text = printable(low[0], _TEXT)
        return [Finding("supply", "bad", text, "a supply and cable that hold the voltage: 5 V 5 A for a Pi 5")]
    return []


def _battery(board: Board, values: Mapping[str, float | None]) -> list[Finding]:
    """A battery is a source of the total power only while it discharges."""
    if "battery" not in (board.power.method or "") or values.get(TOTAL_POWER) is None:
        return []
    return [Finding("battery", "warning", "runs on its battery: clocks may be lower", "plug the charger in")]
