"""Progress on stderr: one line that is rewritten on a terminal; elsewhere a line a case, and one a minute of a soak."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

from jetbench.domain.results import CaseResult
from jetbench.domain.text import printable
from jetbench.session.snapshot import Snapshot

_WAITS = {"cooldown": "cooling down", "idle": "at rest, for joules", "energy": "passes for joules",
          "calibrate": "measuring the roofs", "profile": "profiling", "experiment": "A/B trials",
          "data": "real images"}  # fmt: skip


class Printer:
    def __init__(self, stream: TextIO, *, quiet: bool) -> None:
        self._stream = stream
        self._quiet = quiet
        self._live = stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
        self._said: dict[int, int] = {}  # passes of a case when its line was written
        self._ended = 0
        self._minute = 0  # of a soak, that was told
        self._drawn = False
        # Seconds between looks; drawing more often would only take the core's time.
        self.interval = 0.5

    def update(self, snapshot: Snapshot) -> None:
        if self._quiet:
            return
        self._finished_cases(snapshot)
        if self._live:
            self._stream.write("\r\x1b[2K" + _line(snapshot)[: shutil.get_terminal_size().columns - 1])
            self._stream.flush()
            self._drawn = True
        else:
            self._soak_minute(snapshot)

    def finish(self, snapshot: Snapshot) -> None:
        if self._quiet:
            return
        self._finished_cases(snapshot)
        self._clear()

    def _finished_cases(self, snapshot: Snapshot) -> None:
        """A line for every case that has ended, in every round."""
        for case in snapshot.cases:
            passes = case.latency.n if case.latency is not None else 0
            if case.status in ("queued", "running", "skipped") or self._said.get(case.case.id) == passes:
                continue
            self._said[case.case.id] = passes
            self._ended += 1
            self._clear()
            total = max(snapshot.progress.total, self._ended)
            left = snapshot.progress.seconds_left
            rest = f", {duration(left)} left" if left is not None and left >= 1 and self._ended < total else ""
            self._stream.write(f"[{self._ended}/{total}] {case_line(case)}{rest}\n")
            self._stream.flush()

    def _soak_minute(self, snapshot: Snapshot) -> None:
        """Where no line is rewritten, a soak has one a minute: it may go on for half an hour."""
        if snapshot.progress.stage != "soak" or snapshot.progress.stage_since is None:
            self._minute = 0
            return
        minute = (snapshot.t - snapshot.progress.stage_since) // 60_000_000_000
        if minute > self._minute:
            self._minute = minute
            self._stream.write(_line(snapshot) + "\n")
            self._stream.flush()

    def _clear(self) -> None:
        if self._drawn:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._drawn = False


def case_line(case: CaseResult) -> str:
    """``resnet18 fp32 b1 224x224 cpu: p50 68.1 ms, n = 10, grade B``, or why not and what would help."""
    name, found = label(case), case.latency
    if case.status == "measured" and found is not None:
        return f"{name}: p50 {found.p50 * 1e3:.4g} ms, n = {found.n}{_grade(case)}"
    if case.status == "interrupted":
        return f"{name}: interrupted after {found.n if found else 0} passes"
    error = printable(case.error or "no reason given").removeprefix(f"{case.status}: ")
    help_ = f"; try {printable(case.remedies[0].text)}" if case.remedies else ""
    return f"{name}: {case.status}: {error}{help_}"


def _grade(case: CaseResult) -> str:
    return f", grade {case.grade.letter}" if case.grade is not None else ""


def label(case: CaseResult) -> str:
    shape = case.model.input[2:] if case.model and len(case.model.input) == 4 else case.case.size
    size = f" {shape[0]}x{shape[1]}" if shape else ""
    return f"{printable(case.case.model)} {case.case.variant} b{case.case.batch}{size} {case.case.device}"


def _line(snapshot: Snapshot) -> str:
    progress = snapshot.progress
    left = f", {_left(progress.seconds_left)}" if progress.seconds_left is not None else ""
    where = f"case {min(progress.finished + 1, progress.total)}/{progress.total}"
    if progress.case is None:
        if progress.stage in _WAITS:
            return f"{where}: {_waiting(snapshot)}{left}"
        stage = f"{progress.stage}\N{HORIZONTAL ELLIPSIS}" if progress.stage else ""
        return f"{snapshot.status} {stage}".strip()
    name = f"{printable(progress.case.model)} b{progress.case.batch}"
    if progress.stage in _WAITS:
        return f"{where} {name}: {_waiting(snapshot)}{left}"
    if progress.stage == "soak":
        return f"{where} {name}: {_soak(snapshot)}"
    target = f"/{progress.target}" if progress.target else ""
    return f"{where} {name}: {progress.stage or 'begins'} {progress.samples}{target}{left}"


def _waiting(snapshot: Snapshot) -> str:
    """A stage in which no pass is counted, and how long it has gone on."""
    since = snapshot.progress.stage_since
    spent = f" {duration(max(0, snapshot.t - since) * 1e-9)}" if since is not None else ""
    return f"{_WAITS[snapshot.progress.stage or '']}{spent}"


def _soak(snapshot: Snapshot) -> str:
    """``soak 1:20 of 15:00 min, 71.5 C, towards 92 C in 3:10 min``."""
    from jetbench.analysis.soak_words import outlook
    from jetbench.session.soaking import soaking

    now = soaking(snapshot)
    if now is None:
        return "soak"
    hot = f", {now.celsius:.1f} C" if now.celsius is not None else ", no temperature"
    ahead = f", {outlook(now.prediction)}" if now.prediction is not None else ""
    throttled = ", throttled" if snapshot.throttled else ""
    return f"soak {duration(now.seconds)} of {duration(now.most)}{hot}{throttled}{ahead}"


def _left(seconds: float) -> str:
    return f"{duration(seconds)} left" if seconds > 0.5 else "about to end"


def duration(seconds: float | None) -> str:
    """``4 s``, ``2:05 min``, ``1:02 h``."""
    if seconds is None:
        return "time unknown"
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
