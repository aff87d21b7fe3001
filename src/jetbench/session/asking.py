"""What an agent is asked for beside a run, and waiting for its answer."""

from __future__ import annotations

import threading
import time
from typing import Any

from jetbench.domain.plan import Plan
from jetbench.link.base import Far, Link
from jetbench.session.under_way import Requests


def request_of(plan: Plan, screen: bool) -> dict[str, Any]:
    """For the agent: a plan from its begin to its end."""
    return {"op": "run", "cases": plan.cases(), "protocol": plan.protocol(), "screen": screen}


class Asking:
    """The agent of a session, and requests that need neither its state nor its recording. Any thread may call."""

    def __init__(self) -> None:
        self._link: Link | None = None
        self._requests = Requests()
        self._ended = threading.Event()  # its agent has
        self.left = False  # what goes on on a board elsewhere is not to end with us
        self.patient = False  # a run waits until nobody else measures on the board
        self.download = False  # the user lets models fetch what they lack; a plan alone never does

    @property
    def started(self) -> bool:
        return self._link is not None

    @property
    def over(self) -> bool:
        """Whether its agent has ended."""
        return self._ended.is_set()

    @property
    def far(self) -> Far | None:
        """None: the board is this machine."""
        return self._link.far if self._link is not None else None

    def hold(self) -> bool:
        """Before this process is stopped: the agent goes on, and what it says is kept. False where it cannot."""
        return self._link is not None and not self.over and self._link.hold()

    def release(self) -> None:
        if self._link is not None:
            self._link.release()

    def leave(self) -> bool:
        """When it is closed what goes on there goes on. False where it cannot: the board is this machine, say."""
        self.left = self.far is not None and self.far.leave()
        return self.left

    def trouble(self) -> str | None:
        """What is wrong with the line to it just now."""
        return self.far.trouble() if self.far is not None else None

    def now(self) -> int:
        """CLOCK_MONOTONIC of the board, which all time stamps of a session are on."""
        far = self.far
        return time.perf_counter_ns() if far is None else far.now()

    def clock(self) -> dict[str, Any]:
        """This moment on both clocks, as the first line of a recording takes it; empty where the board is this machine.

        The wall clock is ours: a board may have none of its own.
        """
        far = self.far
        return {} if far is None else {"t": far.now(), "wall_ns": time.time_ns(), "boot": far.boot}

    def count(
        self, models: tuple[str, ...], batch: int, sizes: tuple[tuple[int, int], ...], layers: bool = False
    ) -> None:
        self._requests.begin()
        self._send({"op": "count", "models": models, "batch": batch, "sizes": sizes or None, "layers": layers})

    def request_models(self, words: tuple[str, ...] = ()) -> None:
        """``words``: those of timm, the kinds of transformers, or what a folder or a file holds instead."""
        self._requests.begin()
        self._send({"op": "models", "words": words})

    def request_settings(self) -> None:
        """Ask how a person has set the board, and who uses its GPU."""
        self._requests.begin()
        self._send({"op": "settings"})

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
            asked = {"download": self.download, "wait": self.patient}
            self._link.send({**command, **{name: True for name, wanted in asked.items() if wanted}})
