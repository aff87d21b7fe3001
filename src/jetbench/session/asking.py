"""What an agent is asked for beside a run, and waiting for its answer."""

from __future__ import annotations

from typing import Any

from jetbench.domain.plan import Plan
from jetbench.link.base import Link
from jetbench.session.under_way import Requests


def request_of(plan: Plan, screen: bool) -> dict[str, Any]:
    """For the agent: a plan from its begin to its end."""
    return {"op": "run", "cases": plan.cases(), "protocol": plan.protocol(), "screen": screen}


class Asking:
    """Requests that need neither the state of the session nor its recording. Any thread may call."""

    def __init__(self) -> None:
        self._link: Link | None = None
        self._requests = Requests()

    def count(
        self, models: tuple[str, ...], batch: int, sizes: tuple[tuple[int, int], ...], layers: bool = False
    ) -> None:
        self._requests.begin()
        self._send({"op": "count", "models": models, "batch": batch, "sizes": sizes or None, "layers": layers})

    def request_models(self) -> None:
        self._requests.begin()
        self._send({"op": "models"})

    def request_files(self) -> None:
        """Ask for the files the board is read from; they gather in the state."""
        self._requests.begin()
        self._send({"op": "pack"})

    def request_checks(self, limit_s: float) -> None:
        """Have the interpreter checked, a check for ``limit_s`` at most; what comes of it gathers in the state."""
        self._requests.begin()
        self._send({"op": "doctor", "limit_s": limit_s})

    def wait(self, timeout: float | None = None) -> bool:
        """Until the request is over or the agent is gone. False when the time was."""
        return self._requests.wait(timeout)

    def _send(self, command: dict[str, Any]) -> None:
        if self._link is not None:
            self._link.send(command)
