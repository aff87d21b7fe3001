"""Where a session's lines come from: threads of its own, or the one that reads for many."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from jetbench.domain import events as ev
from jetbench.link.base import Link
from jetbench.session.gathered import Gathered

if TYPE_CHECKING:  # of a fleet alone
    from jetbench.link.shared import SharedReader


class Reading:
    """What is read goes to ``_take`` and ``_add``, the end of it to ``_over``."""

    _link: Link | None
    _lock: Gathered

    def __init__(self, reader: SharedReader | None) -> None:
        self._reader = reader
        self._last_print = ""

    def now(self) -> int:
        raise NotImplementedError

    def _take(self, line: bytes) -> None:
        raise NotImplementedError

    def _add(self, event: ev.AnyEvent) -> None:
        raise NotImplementedError

    def _over(self, why: str) -> None:
        raise NotImplementedError

    def _read(self, link: Link) -> None:
        """From now on."""
        if self._reader is not None:
            from jetbench.link.shared import Pouring

            if isinstance(link, Pouring):
                link.pour_prints(self._reader, self._take_print)
                link.pour(self._reader, self._take_or_gather, self._read_all)
                return
        threading.Thread(target=self._read_events, args=(link,), name="session", daemon=True).start()
        threading.Thread(target=self._read_prints, args=(link,), name="agent-prints", daemon=True).start()

    def _take_or_gather(self, line: bytes) -> None:
        if not self._lock.put(line):
            self._take(line)

    def _read_events(self, link: Link) -> None:
        try:
            for line in link.lines():
                self._take(line)
        except Exception as error:  # a thread that dies unseen would leave the screen waiting for ever
            self._read_all(error)
        else:
            self._read_all(None)

    def _read_all(self, error: Exception | None) -> None:
        """The stream is over."""
        if error is not None:
            self._over(f"reading the agent's stream failed: {type(error).__name__}: {error}")
            raise error
        assert self._link is not None
        self._over(self._link.describe_end())

    def _read_prints(self, link: Link) -> None:
        for line in link.prints():
            self._take_print(line)

    def _take_print(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        if text:
            self._last_print = text
            self._add(ev.Log(t=self.now(), level="warning", source="agent", text=text[:2000]))
