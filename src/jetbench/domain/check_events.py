"""What the agent tells while `jetbench-tui doctor` has it look at its interpreter."""

from __future__ import annotations

from typing import Any

from jetbench.domain.event_base import Event


class Check(Event, tag="check", frozen=True):
    """A check of the interpreter that measures. Without ``ns`` it begins, with ``ns`` it is over."""

    name: str = ""  # host torch build arithmetic kernels torchvision ptflops cuda
    ns: int | None = None
    facts: dict[str, Any] = {}  # what was found; meant for analysis, which judges it
    error: str | None = None  # it came to no end of its own: one line
    cause: str | None = None  # of that: raised signal oom oom_probable killed timeout error
    evidence: tuple[str, ...] = ()  # what the process printed last, where it was
