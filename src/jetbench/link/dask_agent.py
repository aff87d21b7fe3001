"""One agent on one worker of Dask, from its start to its end."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from jetbench.domain.fleet import Member
from jetbench.domain.text import printable
from jetbench.link import agent_files
from jetbench.link.base import LinkError, UnreachableError
from jetbench.link.clock import ROUNDS, FarClock
from jetbench.link.dask import ASK_S, AwayError, Cluster, Found
from jetbench.link.dask_course import Turn
from jetbench.link.ssh import whoami

_MODULE = "jetbench_resident_"  # on the worker, with the begin of the hash of the agent's files
TOPIC = "jetbench-tui "  # with the worker's name: what the scheduler keeps of it is bounded by the number of boards
MOST_READS = 64


class LostError(Exception):
    """The agent is gone, or its worker; the text is one line."""


class WorkerAgent:
    """Started once it is made. Raises LinkError. In other threads ``take(message)`` hears what is told of it, ``gone``
    that its worker is none any more."""

    def __init__(
        self,
        cluster: Cluster,
        worker: Found,
        member: Member,
        arguments: Sequence[str],
        clock: FarClock,
        take: Callable[[dict[str, Any]], None],
        gone: Callable[[], None],
    ) -> None:
        self.worker, self.session = worker, uuid.uuid4().hex
        self._cluster, self._clock = cluster, clock
        self._topic = f"{TOPIC}{worker.name}"
        try:
            cluster.subscribe(self._topic, self.session, take)  # before there is anything to tell
            cluster.watch(worker.address, self.session, gone)
            self.boot = self._open(member, [*member.sensors, *arguments, "--by", whoami()])
            self._clock.begin()
            for _ in range(ROUNDS):
                self.beat(0)
            self._clock.settle()
        except (AwayError, LostError) as error:
            self.forget()
            raise UnreachableError(f"{worker.name} does not answer: {error}", "is the board on?") from error
        except LinkError:
            self.forget()
            raise

    def _open(self, member: Member, arguments: list[str]) -> str | None:
        """Have it started. Returns the boot of the board."""
        data, content = agent_files.packed()
        self._module = _MODULE + content[:16]
        request: dict[str, Any] = {
            "name": self._module,
            "wanted": content,
            "address": self.worker.address,
            "topic": self._topic,
            "session": self.session,
            "python": member.python,
            "root": member.root,
            "arguments": [word for word in arguments if word != "--ahead"],
        }
        answer = self._cluster.open(self.worker.address, {**request, "data": None})
        if answer.get("missing"):
            answer = self._cluster.open(self.worker.address, {**request, "data": data})
        if "refused" in answer:
            raise LinkError(f"{self.worker.name}: {printable(answer['refused'], 300)}")
        if "pid" not in answer:
            why = printable(answer.get("broken", "no answer"), 300)
            raise UnreachableError(f"the agent could not be started on {self.worker.name}: {why}", lasting=True)
        boot = answer.get("boot")
        return str(boot)[:64] if boot else None

    def ask(self, do: str, timeout: float = ASK_S, **fields: Any) -> dict[str, Any]:
        """Raises AwayError, and LostError where the worker has no such agent any more."""
        request = {"do": do, "session": self.session, **fields}
        answer = self._cluster.ask(self.worker.address, self._module, request, timeout)
        if "gone" in answer:
            raise LostError(f"the worker on {self.worker.name} was started anew")
        if "broken" in answer:
            raise AwayError(str(answer["broken"]))
        return answer

    def beat(self, at: int, lease_s: float | None = None, timeout: float = ASK_S) -> dict[str, Any]:
        """A sign of life, and of how far we have its stream; a round trip for the clock too."""
        sent = time.perf_counter_ns()
        answer = self.ask("beat", timeout, at=at, **({} if lease_s is None else {"lease_s": lease_s}))
        self._clock.add(sent, int(answer["t"]), time.perf_counter_ns())
        return answer

    def is_there(self) -> bool:
        """Whether the scheduler has its worker. Raises AwayError."""
        return self._cluster.is_there(self.worker.address)

    def missing(self, at: int, end: int) -> bytes:
        """What it said from ``at`` to ``end``, or on. Raises AwayError, LostError."""
        data = b""
        for _ in range(MOST_READS):
            if at + len(data) >= end:
                break
            more = self.ask("read", at=at + len(data))["data"]
            if more is None:
                raise LostError(f"{self.worker.name} does not keep what was missed")
            data += more
        return data

    def case(self, turn: Turn, attempt: int, over: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        """Have one case measured, as a task; ``over`` hears the answer. Returns what cancels the task."""
        c, r = turn
        key = f"jetbench-case-{c}-round-{r}-attempt-{attempt}-{uuid.uuid4().hex}"
        request = {"do": "case", "session": self.session, "c": c, "r": r}
        return self._cluster.case(self.worker.address, self._module, request, key, over)

    def again(self) -> Found | None:
        """Its worker, as it is now."""
        return self._cluster.again(self.worker)

    def end(self) -> None:
        """Have it end. It says so, or its lease runs out."""
        with contextlib.suppress(AwayError, LostError):
            self.ask("close")

    def forget(self) -> None:
        self._cluster.unsubscribe(self._topic, self.session)
        self._cluster.unwatch(self.session)
