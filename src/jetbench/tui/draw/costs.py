"""What a case costs: energy and power with their uncertainty, memory, and what the model is."""

from __future__ import annotations

from jetbench.analysis import counts, identify
from jetbench.domain.events import Model
from jetbench.domain.results import CaseResult, LatencySummary, PowerResult
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import Group, line, need, nice
from jetbench.tui.row import Row
from jetbench.tui.text import joules, mib, ms, percent, seconds, si, significant, with_error

VERDICTS = {"tight": "tight", "refused": "more than there is"}
_NET = {
    "no_idle": "no idle power was measured; j asks for it",
    "not_resolved": "no larger than its uncertainty",
}


def power(result: CaseResult, room: Room) -> list[Row]:
    """Energy of an image, gross and net, then watts. Missing ones with their reason."""
    found = result.power
    if found.power_w is None:
        why = found.reason_text or (found.reason or "not known").replace("_", " ")
        return line("power", room, need(("N/A", "warn")), need((why, "muted")))
    sign = room.glyphs.plus_minus
    watts = [need((f"{with_error(found.power_w, found.power_u_w, sign)} W", "power"))]
    if found.idle_w is not None:
        watts.append(need(("at rest ", "muted"), (f"{with_error(found.idle_w, found.idle_u_w, sign)} W", "text")))
    if found.items_per_j is not None:
        rate = with_error(found.items_per_j, found.items_per_j_u, sign)
        watts.append(need((f"{rate} images/J", "text")))
    rows = [*_energy(found, room), *line("power", room, *watts)]
    for note in found.notes:
        rows += line("", room, need((note, "muted")))
    return rows


def _energy(found: PowerResult, room: Room) -> list[Row]:
    if found.energy_j is None:
        why = found.reason_text or (found.reason or "not known").replace("_", " ")
        return line("energy", room, need(("N/A", "warn")), need((why, "muted")))
    sign = room.glyphs.plus_minus
    groups = [need((joules(found.energy_j, found.energy_u_j, sign), "power"), (" an image", "muted"))]
    if found.energy_net_j is not None:
        groups.append(need(("net ", "muted"), (joules(found.energy_net_j, found.energy_net_u_j, sign), "power")))
    elif found.net_reason is not None:
        why = _NET.get(found.net_reason, found.net_reason.replace("_", " "))
        groups.append(need(("net N/A: ", "muted"), (why, "muted")))
    if found.block and found.seconds is not None:
        groups.append(nice((f"block of {significant(found.seconds)} s", "faint")))
    if found.edp_js is not None:
        groups.append(nice((f"EDP {significant(found.edp_js * 1e3)} mJ s", "faint")))
    return line("energy", room, *groups)


def memory(result: CaseResult, room: Room) -> list[Row]:
    """What it took beside what was told before."""
    groups: list[Group] = []
    if result.peak_memory_mib is not None:
        groups.append(need((mib(result.peak_memory_mib), "text"), (" at its peak", "muted")))
    if result.peak_cuda_mib is not None:
        groups.append(need((mib(result.peak_cuda_mib), "text"), (" on the GPU", "muted")))
    told = result.forecast
    if told is not None and told.need_kib is not None:
        groups.append(need((mib(told.need_kib / 1024), "text"), (" predicted", "muted")))
        if told.available_kib is not None:
            limit = "" if told.bound in ("", "MemAvailable") else f" ({told.bound})"
            groups.append(need((f"{mib(told.available_kib / 1024)} available{limit}", "muted")))
        if told.verdict in VERDICTS:
            groups.append(need((VERDICTS[told.verdict], "warn")))
        if told.forced:
            groups.append(need(("forced", "warn")))
    elif told is not None and told.text:
        groups.append(need((told.text.removeprefix("memory: "), "muted")))
    return line("memory", room, *groups) if groups else []


def model(result: CaseResult, room: Room) -> list[Row]:
    found = result.model
    if found is None or (found.params is None and not found.error):
        return []
    groups: list[Group] = [need((f"{si(found.params)} params", "text"))] if found.params is not None else []
    if found.macs is not None:
        batch = f" a batch of {result.case.batch}" if result.case.batch > 1 else ""
        groups += [need((f"{si(found.macs)}MACs", "text"), (batch, "muted"))]
        groups += [nice((f"= {si(2 * found.macs)}FLOPs", "muted"))]
    if found.coverage is not None and found.coverage < counts.COVERED:
        groups.append(need((f"{percent(found.coverage)} of the weights counted", "warn")))
    groups += _intensity(found)
    rows = line("model", room, *groups)
    for text, role in _notes(result.case.model, found):
        rows += line("", room, need((text, role)))
    return rows


def _intensity(found: Model) -> list[Group]:
    bounds = counts.intensity(found)
    if bounds.unfused is None or bounds.ideal is None:
        return []
    return [nice((f"{significant(bounds.unfused)} to {significant(bounds.ideal)} FLOP/byte", "muted"))]


def _notes(name: str, found: Model) -> list[tuple[str, str]]:
    """Where counts disagree, what could not be counted, and which model it really is."""
    notes = []
    different = counts.disagreement(found)
    if different is not None:
        notes.append((different.text, "muted"))
    if found.error:
        notes.append((f"not counted: {found.error}" if found.macs is None else found.error, "warn"))
    said = identify.sentence(found.params)
    known = {identify.plain(title) for title in identify.with_params(found.params)}
    if said is not None and identify.plain(name) not in known:
        notes.append((f"by its number of parameters {said}", "accent"))
    return notes


def parts(result: CaseResult, room: Room) -> list[Row]:
    """Time on the device itself, copies, and a request from end to end: medians."""
    rows = []
    device = result.device_latency
    if device is not None:
        rows += line("device", room, need((f"{ms(device.p50)} ms", "text"), (" by the device's own clock", "muted")),
                     nice(_p95(device)))  # fmt: skip
    if result.transfers:
        names = {"h2d": "to the device", "d2h": "back"}
        each = [(names.get(name, name), seconds(found.p50)) for name, found in result.transfers.items()]
        rows += line("copies", room, *(need((f"{name} ", "muted"), (took, "text")) for name, took in each))
    whole = result.end_to_end
    if whole is not None:
        rows += line("whole", room, need((f"{ms(whole.p50)} ms", "text"), (" end to end", "muted")), nice(_p95(whole)))
        each = [(name, f"{ms(found.p50)}") for name, found in result.parts.items()]
        rows += line("", room, *(need((f"{name} ", "muted"), (took, "text")) for name, took in each))
    return rows


def _p95(found: LatencySummary) -> tuple[str, str]:
    return (f"p95 {ms(found.p95)}", "muted") if found.supports(0.95) else ("", "muted")
