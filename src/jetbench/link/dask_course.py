"""The cases of a run that are handed out one by one: which is next, which are left, how often each was begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Turn = tuple[int, int]  # case, round

MOST_ATTEMPTS = 2  # a worker that died twice over a case is not asked a third time
_ENDED = ("measured", "failed", "refused")


class Course:
    """One run, over all agents that carry it out. ``command``: as it was asked for."""

    def __init__(self, command: dict[str, Any]) -> None:
        self._command = command
        self._rounds = 0
        self._turns: list[Turn] = []  # of the agent that has it now, those to come
        self._left: list[Turn] = []
        self._attempts: dict[Turn, int] = {}
        self.current: Turn | None = None  # the one that was handed out
        self.begun = False

    def begin(self, rows: Sequence[Sequence[int]]) -> None:
        """An agent has taken it on: ``order`` of its ``run``, or ``left`` of its ``resume``."""
        self.begun, self._rounds = True, len(rows)
        self._turns = [(case, r) for r, row in enumerate(rows) for case in row]
        self._left = list(self._turns)
        self.current = None

    def hand_out(self) -> Turn | None:
        """The next case; None: there is none."""
        self.current = self._turns.pop(0) if self._turns else None
        if self.current is not None:
            self._attempts[self.current] = self._attempts.get(self.current, 0) + 1
        return self.current

    def attempts(self, turn: Turn) -> int:
        return self._attempts.get(turn, 0)

    def ended(self, turn: Turn, status: str) -> None:
        """A case has come to its end, and need not be measured again."""
        if status in _ENDED and turn in self._left:
            self._left.remove(turn)

    @property
    def left(self) -> list[list[int]]:
        """A row a round."""
        return [[case for case, r in self._left if r == row] for row in range(self._rounds)]

    def cut(self) -> Turn | None:
        """The case that was being measured when its agent was lost."""
        return self.current if self.current in self._left else None

    def command(self) -> dict[str, Any]:
        """For the next agent: what it has to do, case by case."""
        asked = {**self._command, "case_by_case": True}
        return {**asked, "left": self.left} if self.begun else asked
