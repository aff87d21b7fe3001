"""The agent on a worker of Dask: each case is a task of its own there, and what is said comes back under a topic.

One thread, the one that reads ``lines``, does all that has an order: what was told, what is to be sent, signs of life,
the next case. A place in the stream is a number of bytes: what was not told is asked for, what was told twice is cut.

A worker that dies is waited for. The agent that is started on it then goes on with the run, as a part of its own in the
recording (docs/recording.md), and measures the case that was cut anew; over that the worker may die once more, and
then the case has failed. No case is begun but by us: Dask retries nothing.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from jetbench.domain.fleet import Member
from jetbench.domain.text import printable
from jetbench.link.base import LinkError, UnreachableError
from jetbench.link.dask import AwayError, Cluster, Found
from jetbench.link.dask_agent import LostError, WorkerAgent
from jetbench.link.dask_course import Turn
from jetbench.link.dask_errands import Errands
from jetbench.link.dask_parts import MOST_LOSSES, Parts
from jetbench.link.dask_stream import Stream, looked_at
from jetbench.link.far_side import FarSide

BEAT_S = 2.0
BACK_S = 120.0  # for a worker that died to be there again
LOOK_S = 0.5
CLOCK_S, CLOCK_ROUNDS = 60.0, 4
CLOSE_GRACE_S = 3.0
HELD_S = 86400.0

Lines = Iterator[bytes]


class EndsWithUs:
    """Of a link whose agent ends when nobody is connected: there is nothing to come back to."""

    def may_go_on(self) -> bool:
        return False

    def leave(self) -> bool:
        return False

    def plan(self) -> dict[str, Any]:
        return {}


class DaskLink(EndsWithUs, FarSide):
    """Starts an agent on the worker of ``member``. Raises LinkError. ``back_s``: how long a lost one is waited for."""

    def __init__(
        self, cluster: Cluster, member: Member, arguments: Sequence[str] = (), *, back_s: float = BACK_S
    ) -> None:
        super().__init__(member.name)
        self._cluster, self._member, self._arguments, self._back_s = cluster, member, tuple(arguments), back_s
        self._inbox: queue.Queue[Callable[[], Lines]] = queue.Queue()
        self._reading = False
        self._errands = Errands(lambda *told: self._inbox.put(partial(self._measured, *told)))
        self._beat_at = self._clock_at = time.monotonic()
        self._lease: float | None = None
        self._silent_since: float | None = None
        self._described = False  # this agent has told what its board is
        worker = cluster.known(member.address)
        if worker is None:
            raise UnreachableError(f"{member.name} is not among the workers of {cluster.address} any more")
        self._agent = self._started(worker)
        self._stream = Stream(self._agent)
        self.boot = self._agent.boot
        self._parts = Parts(self.now(), self.boot)

    def _started(self, worker: Found) -> WorkerAgent:
        def take(message: dict[str, Any]) -> None:
            self._inbox.put(partial(self._take, message))

        def gone() -> None:
            self._inbox.put(partial(self._gone, worker.address))

        return WorkerAgent(self._cluster, worker, self._member, self._arguments, self._clock, take, gone)

    # -- what a session asks of a link that is far away

    @property
    def far(self) -> DaskLink:
        return self

    # -- the stream

    def lines(self) -> Lines:
        self._reading = True
        try:
            yield self._told_clock()
            while self._end is None and self._over is None and not self._closing.is_set():
                yield from self._step()
            while self._end is None and self._over is None and not self._ended.is_set():  # closed: its last words
                yield from self._step()
        finally:
            self._ended.set()
            self._agent.forget()
            self._printed.put(None)

    def _step(self) -> Lines:
        """What came, or a sign of life where one is due."""
        try:
            due = self._beat_at - time.monotonic()
            yield from self._inbox.get(timeout=due)() if due > 0 else self._beat()
        except queue.Empty:
            return
        except AwayError as error:
            yield from self._troubled(str(error))
        except LostError as error:
            yield from self._again(str(error))

    def _take(self, message: dict[str, Any]) -> Lines:
        """Told under the topic: a piece of the stream, or how it ended."""
        if message["session"] != self._agent.session:
            return
        for line in self._stream.told(message):
            yield from self._line(line)
        if message.get("over") is not None:
            yield from self._ended_there(message["over"])

    def _gone(self, address: str) -> Lines:
        """The scheduler has said so; without that it is found out by the next sign of life."""
        if address == self._agent.worker.address:
            raise LostError(f"the worker on {self.host} died, or its line was cut")
        return iter(())

    def _line(self, line: bytes) -> Lines:
        told = looked_at(line)
        if told is None:
            yield line  # whoever folds it says what is wrong with it
            return
        if told.k == "print":
            self._printed.put(line)
            return
        self._parts.saw(told.t)
        if told.k == "board":
            self._described = True
            yield from self._board(line)
            return
        yield line
        if told.k in ("run", "resume"):
            self._errands.taken_on(self._agent, told.order or told.left)
        elif told.k == "case_end" and self._errands.course is not None:
            self._errands.course.ended((told.c, told.r), told.status)
            self._parts.losses = 0
        elif told.k == "ready":
            self._errands.ready(told.what)

    def _board(self, line: bytes) -> Lines:
        """Of an agent that goes on with a run it is the begin of a part; else it is what it is."""
        yield self._parts.begin(line, self.now(), self.boot) if self._errands.run_begun else line
        if self._parts.since is not None:
            waited, self._parts.since = time.monotonic() - self._parts.since, None
            yield self._told_clock()
            yield self._log(f"{self.host} is there again after {waited:.0f} s")

    def _measured(self, agent: WorkerAgent, turn: Turn, answer: dict[str, Any]) -> Lines:
        """The task of a case is over."""
        if agent is self._agent:
            self._errands.case_over(agent, turn, answer)
        return iter(())

    # -- signs of life

    def _beat(self) -> Lines:
        """Raises AwayError, LostError."""
        self._beat_at = time.monotonic() + BEAT_S
        answer = self._agent.beat(self._stream.place, self._lease)
        self._trouble = self._silent_since = None
        self._errands.alive(self._agent)
        now = time.monotonic()
        if now - self._clock_at >= CLOCK_S and self._clock.rounds >= CLOCK_ROUNDS:
            self._clock_at = now
            if self._clock.settle():
                yield self._told_clock()
        for line in self._stream.overdue(int(answer["end"])):
            yield from self._line(line)
        if answer.get("over") is not None and self._stream.place == int(answer["end"]):
            yield from self._ended_there(answer["over"])

    def _ended_there(self, over: dict[str, Any]) -> Lines:
        """The agent has ended, and all that it said was taken."""
        if self._closing.is_set() or not self._described:  # it has said why it cannot begin
            self._over = over
            return
        why = over.get("why") or f"it ended with status {over.get('rc')}"
        yield from self._again(f"the agent on {self.host} is gone: {printable(why, 200)}")

    def _troubled(self, why: str) -> Lines:
        """It does not answer: whether it is there at all, the scheduler knows."""
        self._beat_at = time.monotonic() + BEAT_S
        now = time.monotonic()
        self._silent_since = self._silent_since or now
        try:
            if not self._agent.is_there():
                yield from self._again(f"the worker on {self.host} died, or its line was cut")
                return
            text = f"the worker on {self.host} does not answer"
        except AwayError:
            text = f"the scheduler at {self._cluster.address} does not answer"
            if now - self._silent_since > self._back_s:
                self._end = f"{text} for {self._back_s:.0f} s"
        if self._trouble != text:
            self._trouble = text
            yield self._log(f"{text}: {printable(why, 200)}; trying again")

    # -- a worker that was lost

    def _again(self, why: str) -> Lines:
        """Until its worker is there again, or was waited for long enough."""
        if self._closing.is_set():
            self._over = {}
            return
        self._parts.lost()
        if self._parts.losses > MOST_LOSSES:
            self._end = f"{why}, {self._parts.losses} times one after the other"
            return
        self._trouble = f"{why}; waiting {self._back_s:.0f} s for it to come back"
        yield self._log(self._trouble)
        self._errands.lost()
        self._agent.forget()
        yield from self._parts.blame(self._errands.course, self.now(), why)
        agent = self._waited_for()
        if agent is None:
            self._end = self._end or f"{why}, and did not come back within {self._back_s:.0f} s"
            return
        self._agent, self.boot, self._trouble = agent, agent.boot, None
        self._stream, self._described = Stream(agent), False
        self._errands.again()

    def _waited_for(self) -> WorkerAgent | None:
        deadline = time.monotonic() + self._back_s
        while time.monotonic() < deadline and self._end is None and not self._closing.wait(LOOK_S):
            worker = self._agent.again()
            if worker is not None:
                try:
                    return self._started(worker)
                except LinkError as error:
                    self._trouble = printable(error, 200)
        return None

    # -- as of every link

    def send(self, command: dict[str, Any]) -> None:
        away = self._parts.since is not None  # the worker died, and nobody would hear it
        if command.get("op") == "stop" and (away or (self._trouble is not None and command.get("force"))):
            self._end = f"{self.host} was not there when the run was stopped"
            return
        self._inbox.put(partial(self._sent, command))

    def _sent(self, command: dict[str, Any]) -> Lines:
        """Raises AwayError, LostError."""
        self._errands.add(command)
        self._errands.flush(self._agent)
        return iter(())

    def hold(self) -> bool:
        """The agent is told not to wait for signs of life; what it says is kept on the board."""
        self._lease = HELD_S
        try:
            self._agent.beat(self._stream.place, self._lease)
        except (AwayError, LostError):
            return False
        return True

    def release(self) -> None:
        self._lease = None

    def close(self) -> None:
        self._closing.set()
        if self._trouble is None and self._over is None and not self._ended.is_set():
            self._agent.end()
            if self._reading:
                self._ended.wait(CLOSE_GRACE_S)
        self._ended.set()
        self._agent.forget()
