"""What `jetbench-tui doctor` finds: a state a check, with cause and remedy. Pure: from what was told to findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from jetbench.domain.check_events import Check

OK, WARNING, RED, ABSENT = "ok", "warning", "red", "absent"
STATES = (OK, WARNING, RED, ABSENT)
GROUPS = ("interpreter", "cpu", "gpu", "board", "sensors", "here")
TITLES = {
    "interpreter": "The interpreter that measures",
    "cpu": "What torch does on the CPU",
    "gpu": "What torch does on the GPU",
    "board": "The board as it is now",
    "sensors": "What can be read of it",
    "here": "This side: files and terminal",
}
_SEVERITY = {OK: 0, ABSENT: 0, WARNING: 1, RED: 2}

Told = Mapping[str, Check]  # by name, those that are over


class Finding(msgspec.Struct, frozen=True):
    """One check. ``cause`` and ``remedy`` stand beside every state but ok; ``evidence`` is what it was told from."""

    id: str
    group: str
    state: str  # ok, warning, red, absent (not here: ``text`` says why)
    text: str
    cause: str | None = None
    remedy: str | None = None
    evidence: tuple[str, ...] = ()


class Host(msgspec.Struct, frozen=True):
    """What the board's description adds to what the interpreter told."""

    jetson: bool = False
    gpu: str | None = None  # its name, where one is seen


def worst(findings: Iterable[Finding]) -> str:
    """ok, warning or red."""
    return max((finding.state for finding in findings), key=_SEVERITY.__getitem__, default=OK)


def status(findings: Iterable[Finding]) -> str:
    found = worst(findings)
    return OK if found == ABSENT else found


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """By group, else in the order they were found."""
    return sorted(findings, key=lambda finding: GROUPS.index(finding.group))


def unanswered(check: Check | None) -> str | None:
    """Why a check told no facts, or None where it did."""
    if check is None:
        return "it gave no answer"
    return check.error


_CAUSES = {
    "signal": "the process that did it crashed",
    "timeout": "it hangs, or the disk and the memory are too slow for it",
    "oom": "the kernel killed it for memory",
    "oom_probable": "it probably ran out of memory",
    "killed": "it was killed from outside",
    "error": "the process that did it ended without a word",
}


def cause_of(check: Check) -> str:
    """Of a check that failed, where nothing better is known."""
    known = _CAUSES.get(check.cause or "", "it raised an error")
    place = next((line.strip() for line in check.evidence if line.strip().startswith("File ")), None)
    return f"{known}: {place[5:]}" if place is not None else known


def remedy_of(check: Check, otherwise: str) -> str:
    """What helps against an end that has nothing to do with what was checked."""
    if check.cause == "timeout":
        return "look at dmesg and at memory and swap; --limit SECONDS waits longer"
    if check.cause in ("oom", "oom_probable"):
        return "free memory (a desktop takes a GiB), or add swap that is not on the SD card"
    if check.cause == "killed":
        return "run it again; if it was for memory, dmesg says so (as root)"
    return otherwise
