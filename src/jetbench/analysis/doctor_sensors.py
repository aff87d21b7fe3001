"""Findings about what can be read of the board: total power, throttling, channels closed to this user, jtop."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jetbench.analysis.doctor import ABSENT, OK, WARNING, Finding
from jetbench.analysis.figures import reading_text
from jetbench.analysis.telemetry import TOTAL_POWER, scaled
from jetbench.domain.events import Board, Channel, Telemetry, Throttle
from jetbench.domain.plugins import PROBLEM

_CLOSED = "no_permission"
_METER = "an external meter: --power-cmd CMD, --power-url URL, or --meter CSV afterwards"
_JTOP = re.compile(r"^jtop\b\s*")
_MOST = 4  # channels that are named
_TOLD_ELSEWHERE = ("jtop ", "no permission to read", PROBLEM)  # problems that are findings of their own
# Part of a channel's source, and what opens it. RAPL is root's alone since CVE-2020-8694.
_RULES = (
    (
        "powercap",
        "sudo chmod a+r /sys/class/powercap/*/energy_uj /sys/class/powercap/*/max_energy_range_uj until the next start"
        " (for good: a line in /etc/tmpfiles.d; it reopens a side channel, CVE-2020-8694)",
    ),
    ("vcgencmd", "sudo usermod -aG video $USER, then log in again"),
    ("vcio", "sudo usermod -aG video $USER, then log in again"),
    ("debug", "it lies in debugfs, which is root's: install jetson-stats, or measure as root"),
    ("kmsg", "sudo usermod -aG adm $USER, or: sudo sysctl kernel.dmesg_restrict=0"),
    ("nvml", "sudo usermod -aG video,render $USER, then log in again"),
)
_UDEV = 'sudo chmod a+r {0} until the next start; for good a udev rule: SUBSYSTEM=="hwmon", RUN+="/bin/chmod a+r {0}"'


def findings(board: Board, row: Telemetry | None, throttle: Throttle) -> list[Finding]:
    return [power(board, row), throttling(throttle), *permissions(board, row), jtop(board)]


def power(board: Board, row: Telemetry | None) -> Finding:
    channel = next((c for c in board.channels if c.id == TOTAL_POWER), None)
    value = _value(board, row, TOTAL_POWER)
    if value is not None and channel is not None:
        known = board.power
        text = f"{reading_text(value, channel.unit)} now, by {known.method or 'a sensor'}"
        return Finding("power", "sensors", OK, f"{text} ({known.scope})" if known.scope else text)
    code = (channel.reason if channel else None) or (row.why.get(TOTAL_POWER) if row else None) or "no_sensor"
    meaning = (channel.hint if channel else None) or board.power.reason_text
    meaning = meaning or str((board.facts.get("reasons") or {}).get(code) or "")
    if code == _CLOSED:
        return Finding("power", "sensors", WARNING, "N/A: closed to this user", meaning, "see permissions")
    if code in ("needs_two_samples", "gated", "stale"):
        return Finding("power", "sensors", WARNING, f"N/A just now ({code})", meaning, "ask again")
    if code in ("read_error", "unresolved_rails"):
        remedy = "jetbench-tui sensors lists the rails: --power-rail LABEL" if "rails" in code else "see dmesg"
        return Finding("power", "sensors", WARNING, f"N/A ({code})", meaning, remedy)
    return Finding("power", "sensors", ABSENT, f"N/A ({code})", meaning or None, _METER)


def throttling(state: Throttle) -> Finding:
    """Whether it would be known; that it throttles just now is a finding of the board."""
    if state.now is None:
        cause = state.reason or "nothing on this board tells it"
        remedy = "runs tell it from the latencies alone, less surely"
        return Finding("throttling", "sensors", ABSENT, "the throttle state cannot be read", cause, remedy)
    return Finding("throttling", "sensors", OK, "the throttle state is read")


def permissions(board: Board, row: Telemetry | None) -> list[Finding]:
    """Channels that exist and that this user cannot read, one finding for each way of opening them."""
    closed: dict[str, list[Channel]] = {}
    for channel in _closed(board, row):
        closed.setdefault(remedy_of(channel), []).append(channel)
    if not closed:
        there = sum(channel.reason is None for channel in board.channels)
        if not there:
            return [Finding("permissions", "sensors", ABSENT, "this board has no channel that could be read")]
        return [Finding("permissions", "sensors", OK, f"none of {there} channels is closed to this user")]
    found = []
    for remedy, channels in closed.items():
        names = ", ".join(channel.id for channel in channels[:_MOST])
        more = f" and {len(channels) - _MOST} more" if len(channels) > _MOST else ""
        cause = next((channel.hint for channel in channels if channel.hint), None)
        evidence = tuple(sorted({channel.source for channel in channels if channel.source}))
        text = f"closed to this user: {names}{more}"
        found.append(
            Finding("permissions", "sensors", WARNING, text, cause or "its files are not readable", remedy, evidence)
        )
    return found


def _closed(board: Board, row: Telemetry | None) -> Iterator[Channel]:
    for channel in board.channels:
        if _CLOSED in (channel.reason, row.why.get(channel.id) if row is not None else None):
            yield channel


def remedy_of(channel: Channel) -> str:
    """The group, chmod or udev rule that opens its file."""
    source = channel.source.lower()
    for part, remedy in _RULES:
        if part in source:
            return remedy
    path = channel.source if channel.source.startswith("/") else f"/{channel.source}"
    return _UDEV.format(path) if channel.source.count("/") > 1 else "run as root, or make its file readable"


def jtop(board: Board) -> Finding:
    """A Jetson's extra readings: engines, EMC, power mode. Nothing else depends on it."""
    if board.kind != "jetson":
        return Finding("jtop", "sensors", ABSENT, "no Jetson: nothing is asked of jtop")
    facts = board.facts.get("jtop")
    if isinstance(facts, dict):
        return Finding("jtop", "sensors", OK, f"its service answers ({facts.get('python')})")
    if board.root is not None:
        return Finding("jtop", "sensors", ABSENT, "not asked: the board is read from another root")
    said = next((problem for problem in board.problems if problem.startswith("jtop ")), None)
    if said is None:
        return Finding("jtop", "sensors", ABSENT, "not asked (--no-jtop)")
    text = _JTOP.sub("", said)
    if "not installed" in said:
        remedy = "pip install jetson-stats, or --jtop-python PATH; power and heat are read without it"
        return Finding("jtop", "sensors", ABSENT, "jetson-stats is not installed", text, remedy)
    head, _, tail = text.partition(": ")
    remedy = tail or "sudo systemctl restart jtop; --no-jtop leaves it out"
    return Finding("jtop", "sensors", WARNING, f"its service does not answer: {head}", text, remedy, (said,))


def unreadable(board: Board) -> list[Finding]:
    """What the board side itself had to say of sources that it could not understand."""
    told = [problem for problem in board.problems if not problem.startswith(_TOLD_ELSEWHERE)]
    cause = "a driver or a file is not as this program knows it"
    remedy = "jetbench-tui sensors --save board.tar.gz packs the files for a bug report"
    return [Finding("sources", "sensors", WARNING, problem, cause, remedy) for problem in told]


def _value(board: Board, row: Telemetry | None, ident: str) -> float | None:
    if row is None:
        return None
    pairs = zip(board.channels, row.v, strict=False)
    return next((scaled(channel, raw) for channel, raw in pairs if channel.id == ident), None)
