"""What was observed, before any analysis: of a case its passes, stages and counts; of the board its power."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from jetbench.domain import events as ev


class ObservedCase:
    """Everything that was said of one case."""

    def __init__(self, case: ev.Case) -> None:
        self.case = case
        self.status = "queued"
        self.was_measured = False  # in any round
        self.error: str | None = None
        self.stop: str | None = None
        self.model: ev.Model | None = None
        self.memory: ev.Memory | None = None
        self.stages: dict[str, int] = {}  # of the first round, ns
        self.round = array("l")
        self.index = array("q")
        self.start = array("q")
        self.duration = array("q")
        self.warm = array("b")  # 1: a warm-up pass
        self.passes = 0  # that are none
        self.windows: list[tuple[int, int]] = []  # first start and last end of measuring, by round
        self.throttled: list[bool | None] = []  # states seen while it was measured

    def measured(self) -> Sequence[int]:
        return array("q", (d for d, w in zip(self.duration, self.warm, strict=True) if not w))


class PowerSeries:
    """Total power of the board while a run lasts: readings in W, and the energy counter in J where it has one."""

    def __init__(self) -> None:
        self.t = array("q")  # CLOCK_MONOTONIC, ns
        self.watts = array("d")
        self.counter_t = array("q")
        self.joules = array("d")
