"""Boards on one power supply: one of them runs at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable

LOOK_S = 0.25  # how soon somebody who waits sees that the end was asked for


class Supply:
    """Any thread. ``take`` comes before a run, ``give`` after it."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._by: str | None = None
        self._unsure: str | None = None  # a board that cannot be reached, and may still run

    def take(self, name: str, stopped: threading.Event, waits: Callable[[str], None]) -> str | None:
        """Returns when nobody else runs, or ``stopped`` is set; or why it is never to be, in one line.

        ``waits`` hears for whom it waits.
        """
        with self._free:
            while self._by is not None and self._unsure is None and not stopped.is_set():
                waits(self._by)
                self._free.wait(LOOK_S)
            if stopped.is_set():
                return None
            if self._unsure is not None and self._unsure != name:
                return f"{self._unsure}, on the same supply, cannot be reached and may still be measuring"
            self._by, self._unsure = name, None
            return None

    def give(self, name: str, may_go_on: bool) -> None:
        """``may_go_on``: its run may still go on, out of our sight. Nobody else runs then."""
        with self._free:
            if self._by == name:
                self._by = None
                self._unsure = name if may_go_on else None
                self._free.notify_all()
