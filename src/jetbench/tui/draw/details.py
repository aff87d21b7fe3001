"""A finished case in full: what it is, how fast, what it costs, how it started."""

from __future__ import annotations

from jetbench.domain.events import Case
from jetbench.domain.results import CaseResult, LatencySummary
from jetbench.tui.draw.bars import gauge
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.models import state
from jetbench.tui.row import Row
from jetbench.tui.text import mib, ms, si, significant

Group = tuple[bool, list[tuple[str, str]]]  # needed, or left out where there is no room; texts and their roles


def need(*spans: tuple[str, str]) -> Group:
    return True, list(spans)


def nice(*spans: tuple[str, str]) -> Group:
    return False, list(spans)


def label_width(room: Room) -> int:
    return 9 if room.width >= 45 else 7


def line(label: str, room: Room, *groups: Group) -> list[Row]:
    """A label and groups of words; a needed group that has no room begins another line."""
    indent = label_width(room)
    rows = [room.row().fit(label, indent, "muted")]
    for needed, spans in groups:
        gap = 2 if rows[-1].used > indent else 0
        if sum(len(text) for text, _ in spans) + gap > rows[-1].left:
            if not needed:
                continue
            rows.append(room.row().to(indent))
            gap = 0
        rows[-1].gap(gap)
        for text, role in spans:
            rows[-1].put(text, role)
    return rows


def title(case: Case, room: Room) -> Row:
    row = room.row().put(case.model, "strong")
    size = f"{case.size[0]}x{case.size[1]}" if case.size else ""
    threads = f"{case.threads} thread{'' if case.threads == 1 else 's'}" if case.threads else ""
    words = [case.variant, f"batch {case.batch}", size, case.device, threads]
    for word in words:
        if word and len(word) + 2 <= row.left:
            row.put(f"  {word}", "muted")
    return row


def details(result: CaseResult, room: Room) -> list[Row]:
    head = title(result.case, room)
    sign, word, role = state(result, room)
    rows = [head.end(f"{sign} {word}", role, keep=2)]
    gap = [room.row()] if room.height >= 14 else []
    if result.error:
        rows += room.paragraph(result.error, "bad" if result.status != "measured" else "warn")
    if result.latency is not None:
        rows += [*gap, *_latency(result, result.latency, room)]
    return [*rows, *gap, *_costs(result, room)]


def _latency(result: CaseResult, found: LatencySummary, room: Room) -> list[Row]:
    low, high = found.ci95 or (0.0, 0.0)
    interval = f"{ms(low)} {room.glyphs.dash} {ms(high)} (95 %)"
    rate = f"{significant(result.throughput_ips or 0.0)} images/s"
    spread = f" {room.glyphs.plus_minus} {ms(found.std)}" if found.std is not None else ""
    return [
        *line(
            "median", room,
            need((f"{ms(found.p50)} ms", "p50")),
            *([nice((interval, "muted"))] if found.ci95 else []),
            need((rate, "text")),
        ),
        *line(
            "p90", room,
            need((ms(found.p90), "text")),
            need(("p95 ", "muted"), (ms(found.p95), "p95")),
            need(("p99 ", "muted"), (ms(found.p99), "p99")),
            nice((f"of {found.n} passes", "muted")),
        ),
        *line(
            "mean", room,
            need((f"{ms(found.mean)}{spread}", "text")),
            need(("min ", "muted"), (ms(found.min), "text"), ("  max ", "muted"), (ms(found.max), "text")),
        ),
    ]  # fmt: skip


def _costs(result: CaseResult, room: Room) -> list[Row]:
    rows = []
    if result.peak_memory_mib is not None:
        rows += line("memory", room, need((mib(result.peak_memory_mib), "text")), nice(("at its peak", "muted")))
    model = result.model
    if model is not None and model.params is not None:
        counts = [need((f"{si(model.params)} params", "text"))]
        if model.macs is not None:
            counts.append(need((f"{si(model.macs)}MACs", "text")))
            counts.append(nice((f"= {si(2 * model.macs)}FLOPs", "muted")))
        rows += line("model", room, *counts)
    return rows + _power(result, room) if result.latency is not None else rows


def _power(result: CaseResult, room: Room) -> list[Row]:
    power = result.power
    if power.power_w is None:
        indent = label_width(room) + 5
        rows = room.paragraph(power.reason_text or power.reason or "not known", "muted", indent=indent)
        first = room.row().fit("power", indent - 5, "muted").put("N/A  ", "warn").put(rows[0].text.strip(), "muted")
        return [first, *rows[1:]]
    groups = [need((f"{significant(power.power_w)} W", "power"))]
    if power.energy_j is not None:
        groups += [need((f"{significant(power.energy_j)} J", "power")), nice(("an image", "muted"))]
    return line("power", room, *groups)


def cold_start(result: CaseResult, room: Room) -> list[Row]:
    """A line a stage, the longest a full bar."""
    stages = result.cold_start_s
    if not stages:
        return []
    total, longest, indent = sum(stages.values()), max(stages.values()), label_width(room)
    rows = line(
        "start", room, need((f"{significant(total)} s", "text")), nice(("until the first pass was done", "muted"))
    )
    name_width = max(len(name) for name in stages) + 2
    bar_width = max(4, min(30, room.width - indent - name_width - 10))
    for name, seconds in stages.items():
        full, _ = gauge(seconds / longest if longest else 0, bar_width, room.glyphs)
        row = room.row().to(indent).fit(name, name_width, "muted").right(f"{seconds:.2f} s", 8, "text")
        rows.append(row.put("  ").put(full, "bars"))
    return rows
