"""What an agent on a worker says, put in order: nothing is missing, nothing comes twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from jetbench.link.dask_agent import WorkerAgent


class Told(msgspec.Struct, frozen=True):
    """What of a line is looked at here."""

    k: str = ""
    t: int = 0
    c: int = 0
    r: int = 0
    status: str = ""
    what: str = ""
    order: tuple[tuple[int, ...], ...] = ()
    left: tuple[tuple[int, ...], ...] = ()


_told = msgspec.json.Decoder(Told)


class Stream:
    """Of one agent. Raises AwayError, LostError where it has to ask for what it was not told."""

    def __init__(self, agent: WorkerAgent) -> None:
        self._agent = agent
        self.place = 0  # bytes that were taken
        self._owed = 0  # bytes that had been said by the last sign of life

    def told(self, message: dict[str, Any]) -> Iterator[bytes]:
        """A message under the topic, with its place: lines that are new, after those that were lost under way."""
        at, data = int(message["at"]), bytes(message["data"])
        if at > self.place:
            yield from self._lines(self._agent.missing(self.place, at))
        yield from self._lines(data[max(0, self.place - at) :])

    def overdue(self, end: int) -> Iterator[bytes]:
        """At a sign of life: what had been said before the last one, and was never told."""
        owed, self._owed = self._owed, end
        if owed > self.place:
            yield from self._lines(self._agent.missing(self.place, owed))

    def _lines(self, data: bytes) -> Iterator[bytes]:
        for line in data.split(b"\n")[:-1]:
            self.place += len(line) + 1
            yield line


def looked_at(line: bytes) -> Told | None:
    """None: it is no event."""
    try:
        return _told.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
