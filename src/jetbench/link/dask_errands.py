"""What was asked of an agent on a worker: commands until they are answered, and the cases of a run one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jetbench.link.dask_agent import WorkerAgent
from jetbench.link.dask_course import Course, Turn


class Errands:
    """Outlive the agent they were begun with.

    ``over(agent, turn, answer)`` hears in a thread of Dask's that the task of a case is over, and has to bring it to
    the thread that calls everything else here.
    """

    def __init__(self, over: Callable[[WorkerAgent, Turn, dict[str, Any]], None]) -> None:
        self._over = over
        self._pending: list[dict[str, Any]] = []  # not answered
        self._unsent: list[tuple[int, dict[str, Any]]] = []
        self._count = 0
        self._cancel: Callable[[], None] = lambda: None
        self._owed: Turn | None = None  # a case whose task came to nothing
        self.course: Course | None = None  # of the run that is on

    @property
    def run_begun(self) -> bool:
        return self.course is not None and self.course.begun

    # -- commands

    def add(self, command: dict[str, Any]) -> None:
        if command["op"] not in ("stop", "quit"):
            self._pending.append(command)
        if command["op"] == "run":
            if self.course is None:
                self.course = Course({name: value for name, value in command.items() if name != "plan"})
            command = self.course.command()
        self._count += 1
        self._unsent.append((self._count, command))

    def flush(self, agent: WorkerAgent) -> None:
        """Raises AwayError, LostError; what the agent has not heard is sent again, or to the next one."""
        while self._unsent:
            number, command = self._unsent[0]
            agent.ask("command", command=command, i=number)
            self._unsent.pop(0)

    def ready(self, what: str) -> None:
        """The oldest command was answered."""
        self._pending = self._pending[1:]
        if what == "run":
            self.course = None

    # -- cases

    def taken_on(self, agent: WorkerAgent, rows: Sequence[Sequence[int]]) -> None:
        """A run has begun, or goes on."""
        if self.course is not None:
            self.course.begin(rows)
            self._next_case(agent)

    def _next_case(self, agent: WorkerAgent) -> None:
        turn = self.course.hand_out() if self.course is not None else None
        if turn is not None:
            self._measure(agent, turn)

    def _measure(self, agent: WorkerAgent, turn: Turn) -> None:
        assert self.course is not None
        self._cancel = agent.case(turn, self.course.attempts(turn), lambda answer: self._over(agent, turn, answer))

    def case_over(self, agent: WorkerAgent, turn: Turn, answer: dict[str, Any]) -> None:
        """Without an answer its worker died, or else another task waits for it, once there was a sign of life."""
        if self.course is None or self.course.current != turn:
            return
        if "ended" in answer:
            self._next_case(agent)
        elif "over" not in answer and "passed" not in answer:
            self._owed = turn

    def alive(self, agent: WorkerAgent) -> None:
        """There was a sign of life. Raises AwayError, LostError."""
        self.flush(agent)
        owed, self._owed = self._owed, None
        if owed is not None and self.course is not None and self.course.current == owed:
            self._measure(agent, owed)

    # -- another agent

    def lost(self) -> None:
        """Nobody is to wait for the case any more."""
        self._cancel()
        self._owed, self._unsent = None, []

    def again(self) -> None:
        """All that was not answered, for the next agent; of a run what is left of it."""
        pending, self._pending = self._pending, []
        for command in pending:
            self.add(command)
