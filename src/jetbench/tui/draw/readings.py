"""What the readings of a board say, as short words: headline figures, clocks, fan, memory, throttling."""

from __future__ import annotations

from jetbench.analysis.telemetry import TOTAL_POWER, headline_temperature
from jetbench.session.snapshot import Reading, Snapshot
from jetbench.tui.draw.frame import Room
from jetbench.tui.row import Row
from jetbench.tui.text import mib, significant


def power(snapshot: Snapshot) -> Reading | None:
    return snapshot.readings.get(TOTAL_POWER)


def why_no_power(snapshot: Snapshot) -> str:
    """The sentence for a missing total: the channel's own, else the board's, else the reason code."""
    reading, board = power(snapshot), snapshot.board
    if reading is not None and reading.channel.reason is None and reading.reason is not None:
        return (reading.channel.hint or reading.reason).replace("_", " ")  # missing just now
    texts = (
        reading.channel.hint if reading else None,
        board.power.reason_text if board else None,
        reading.reason if reading else None,
        board.power.reason if board else None,
    )
    found = next((text for text in texts if text), None)
    return found or ("the board has not answered yet" if board is None else "no power sensor")


def no_power(snapshot: Snapshot, room: Room) -> list[Row]:
    """That sentence, in the place of a chart."""
    rows = room.paragraph(why_no_power(snapshot), "muted", indent=11)[:3]
    first = room.row().fit("Power", 6, "muted").put("N/A  ", "warn").put(rows[0].text.strip(), "muted")
    return [first, *rows[1:]]


def temperature(snapshot: Snapshot) -> Reading | None:
    """The junction where the board has one, else the hottest zone."""
    if snapshot.board is None:
        return None
    values = [snapshot.readings[c.id].value if c.id in snapshot.readings else None for c in snapshot.board.channels]
    name = headline_temperature(snapshot.board, values)
    return snapshot.readings.get(name) if name else None


def headroom(value: float | None, trip: float | None, unit: str) -> str:
    """``12 C below the trip``, in words; empty where one of them is not known."""
    if value is None or trip is None:
        return ""
    apart = round(trip - value)
    if apart == 0:
        return f"at the trip of {trip:.0f} {unit}"
    return f"{abs(apart)} {unit} {'below' if apart > 0 else 'above'} the trip"


def of_quantity(snapshot: Snapshot, quantity: str) -> list[Reading]:
    return [r for r in snapshot.readings.values() if r.channel.quantity == quantity and r.value is not None]


def cpu_clock(snapshot: Snapshot) -> float | None:
    values = [r.value for r in of_quantity(snapshot, "clock") if r.channel.id.startswith("clock.cpu") and r.value]
    return max(values) if values else None


def megahertz(value: float) -> str:
    return f"{value / 1000:.2f} GHz" if value >= 1000 else f"{value:.0f} MHz"


def words(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Pairs of name and value, the most telling first."""
    found: list[tuple[str, str]] = []
    clock = cpu_clock(snapshot)
    loads = {r.channel.id: r.value or 0.0 for r in of_quantity(snapshot, "load")}
    if clock is not None:
        found.append(("CPU", megahertz(clock) + _load(loads.get("load.cpu"))))
    elif "load.cpu" in loads:
        found.append(("CPU", f"{loads['load.cpu']:.0f} %"))
    gpu = snapshot.readings.get("clock.gpu")
    if gpu is not None and gpu.value is not None:
        found.append(("GPU", megahertz(gpu.value) + _load(loads.get("load.gpu"))))
    found += [("fan", f"{r.value:.0f} {r.channel.unit}") for r in of_quantity(snapshot, "fan")]
    return found + _memory(snapshot)


def _load(value: float | None) -> str:
    return f" {value:.0f} %" if value is not None else ""


def _memory(snapshot: Snapshot) -> list[tuple[str, str]]:
    found = []
    values = {r.channel.id: r.value or 0.0 for r in of_quantity(snapshot, "memory")}
    total = snapshot.board.memory_mib if snapshot.board else None
    available = values.get("mem.available")
    if available is not None:
        used = f"{(total - available) / 1024:.1f} / {total / 1024:.1f} GiB" if total else f"{mib(available)} free"
        found.append(("RAM", used))
    if values.get("mem.swap_used"):
        found.append(("swap", mib(values["mem.swap_used"])))
    return found


def throttling(snapshot: Snapshot) -> tuple[str, str, str]:
    """Sign, words and role: yes, no or unknown."""
    if snapshot.throttled:
        names = ", ".join(snapshot.throttle_active) or "cause not told"
        return "warn", f"throttled: {names}", "warn"
    if snapshot.throttled is False:
        return "done", "not throttled", "good"
    reason = (snapshot.throttle_reason or "the board does not say").replace("_", " ")
    return "queued", f"throttling unknown: {reason}", "muted"


def figure(reading: Reading | None) -> str:
    if reading is None or reading.value is None:
        return "N/A"
    if reading.channel.quantity == "temperature":
        return f"{reading.value:.1f}"
    return significant(reading.value)
