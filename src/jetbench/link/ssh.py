"""The agent on another machine, over the system's ssh: the line may drop, and the run goes on there.

The stream comes out of a spool on the board, from any place in it on. So a line that dropped is followed by another
that begins where the last whole line ended: nothing is lost, nothing comes twice. Commands are numbered, and those
the board has not heard are sent again.
"""

from __future__ import annotations

import getpass
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from jetbench.domain.text import printable
from jetbench.link.address import Address
from jetbench.link.base import LinkError, UnreachableError
from jetbench.link.clock import FarClock
from jetbench.link.far_side import FarSide
from jetbench.link.shared import Followed, Over, SharedReader, pour
from jetbench.link.ssh_line import SshLine, decoded

T = TypeVar("T")
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0  # between two tries to reach the board again
CLOSE_GRACE_S = 3.0
ACK_BYTES, ACK_S = 1 << 18, 5.0
CLOCK_S, CLOCK_ROUNDS = 60.0, 4


class Kept(msgspec.Struct, frozen=True):
    """One that the board keeps, to be attached to; ``take``: although another controller is."""

    id: str
    take: bool = False


class SshLink(FarSide):
    """Starts an agent on ``address``, or attaches to a session that is ``kept`` there. Raises LinkError.

    ``again``: attaches to one of our own in which a run goes on, or ended unheard, if there is one.
    ``python``, ``root`` and what ``arguments`` name are the board's. ``options`` are further ones of ssh.
    """

    def __init__(
        self,
        address: Address,
        python: str | None = None,
        root: str | None = None,
        arguments: Sequence[str] = (),
        *,
        kept: Kept | None = None,
        again: bool = False,
        options: tuple[str, ...] = (),
        cap: int | None = None,
    ) -> None:
        super().__init__(str(address))
        self._address, self._python, self._options = address, python, options
        self._client, self._by = uuid.uuid4().hex, whoami()
        self._lock = threading.Lock()
        self._sent: list[dict[str, Any]] = []
        self._count = 0
        self._place = self._acknowledged = 0
        self._ack_at = self._clock_at = time.monotonic()
        self._leaving = False
        self._gone = False  # the board was reached, and has no such session any more
        if kept is None:
            told = [*(["--root", root] if root else []), *(word for word in arguments if word != "--ahead")]
            request = {"do": "open", "arguments": told, "cap": cap, "again": again}
        else:
            request = {"do": "attach", "session": kept.id, "from": 0, "take": kept.take}
        self._line = self._dialled()
        try:
            self.about = self._attached(self._line, request)
        except LinkError:
            self._line.end()
            raise
        self.boot = self._line.boot
        self.session = str(self.about.get("id"))

    # -- what a session asks of a link that is far away

    @property
    def far(self) -> SshLink:
        return self

    def may_go_on(self) -> bool:
        return self._over is None and not self._gone

    def plan(self) -> dict[str, Any]:
        plan = self.about.get("plan")
        return plan if isinstance(plan, dict) else {}

    # -- the line, made once and again

    def _dialled(self) -> SshLine:
        return SshLine(self._address, self._python, self._clock, self._options)

    def _attached(self, line: SshLine, request: dict[str, Any]) -> dict[str, Any]:
        asked = {**request, "client": self._client, "by": self._by}
        said = line.ask(asked, "attached", "refused", "gone", "held")
        if "refused" in said:
            raise LinkError(f"{self.host}: {printable(said['refused'], 300)}")
        if "gone" in said:
            self._gone = True
            raise UnreachableError(f"{self.host}: {printable(said['gone'], 300)}", lasting=True)
        if "held" in said:
            held = said["held"]
            by = printable(held.get("by") if isinstance(held, dict) else held, 80)
            raise LinkError(f"{self.host}: {by} is attached to that session; --take takes it over")
        about = said["attached"]
        if not isinstance(about, dict):
            raise UnreachableError(f"{self.host}: answers what cannot be", lasting=True)
        return about

    def lines(self) -> Iterator[bytes]:
        return self._stream(self._lines)

    def pour(self, reader: SharedReader, sink: Callable[[bytes], None], over: Over) -> None:
        def follow() -> Iterator[Followed]:
            """A last line without its end is none: it comes whole when the line is there again."""
            followed = self._line.follow(reader, lambda raw: self._take(raw, sink))
            yield followed
            followed.last()

        pour(self._stream(follow), sink, over)

    def pour_prints(self, reader: SharedReader, sink: Callable[[bytes], None]) -> None:
        self._printed.pour(sink)

    def _stream(self, of_line: Callable[[], Iterator[T]]) -> Iterator[bytes | T]:
        """``of_line``: what the line says that holds just now, until it drops or all has been said."""
        try:
            yield self._told_clock()
            if self.about.get("again"):
                yield self._log(f"back in the session that was begun on {self.host} before; what it said follows")
            while True:
                yield from of_line()
                if self._closing.is_set() or self._end is not None or self._over is not None:
                    return
                yield from self._again()
        finally:
            self._ended.set()
            self._printed.put(None)

    def _lines(self) -> Iterator[bytes]:
        found: list[bytes] = []
        for raw in self._line.lines():
            more = self._take(raw, found.append)
            yield from found
            found.clear()
            if not more:
                return

    def _take(self, raw: bytes, sink: Callable[[bytes], None]) -> bool:
        """One line as it came. Whether more may follow."""
        if raw.startswith(b"#"):
            told = self._heed(decoded(raw) or {})
            if told is not None:
                sink(told)
            return self._over is None and self._end is None
        self._place += len(raw)
        line = raw.rstrip(b"\n")
        if line.startswith(b'{"k":"print"'):
            self._printed.put(line)
        else:
            sink(line)
        self._look_after(line)
        return True

    def _heed(self, message: dict[str, Any]) -> bytes | None:
        """A message beside the stream. Returns an event of our own where there is something to tell."""
        if "pong" in message:
            self._line.heed(message)
            if self._clock.rounds >= CLOCK_ROUNDS and self._clock.settle():
                return self._told_clock()
        elif "over" in message:
            self._acknowledge()
            self._over = message["over"] if isinstance(message["over"], dict) else {}
        elif "taken" in message:
            self._end = f"{printable(message['taken'], 80)} has attached to this session, which goes on there"
        return None

    def _look_after(self, line: bytes) -> None:
        """What is due now and then."""
        now = time.monotonic()
        fresh = self._place - self._acknowledged
        if line.startswith(b'{"k":"ready"') or fresh >= ACK_BYTES or (fresh and now - self._ack_at >= ACK_S):
            self._acknowledge()
        if now - self._clock_at >= CLOCK_S:
            self._clock_at = now
            self._clock.begin()
            for _ in range(CLOCK_ROUNDS):
                self._line.ping()

    def _acknowledge(self) -> None:
        self._acknowledged, self._ack_at = self._place, time.monotonic()
        self._line.write({"op": "ack", "at": self._place})

    def _again(self) -> Iterator[bytes]:
        """Until the board is reached again, or it is of no use."""
        self._trouble = printable(self._line.why(), 200)
        yield self._log(f"the line is down: {self._trouble}; what was begun goes on there, trying again")
        self._line.end()
        pause, since = FIRST_PAUSE_S, time.monotonic()
        while not self._closing.wait(pause):
            pause = min(2 * pause, LONGEST_PAUSE_S)
            try:
                line, about = self._redialled()
            except UnreachableError as error:
                if str(error) != self._trouble:
                    self._trouble = printable(error, 200)
                    yield self._log(f"{self._trouble}; trying again")
                if error.lasting:
                    self._end = f"{error}; {error.hint}" if error.hint else str(error)
                    return
            except LinkError as error:
                self._end = str(error)
                return
            else:
                self._take_up(line, about)
                yield self._told_clock()
                waited = time.monotonic() - since
                yield self._log(f"{self.host} is reached again after {waited:.0f} s; what was missing follows")
                return

    def _redialled(self) -> tuple[SshLine, dict[str, Any]]:
        line = self._dialled()
        try:
            return line, self._attached(line, {"do": "attach", "session": self.session, "from": self._place})
        except LinkError:
            line.end()
            raise

    def _take_up(self, line: SshLine, about: dict[str, Any]) -> None:
        heard = int(about.get("heard") or 0)
        with self._lock:
            self._line, self._trouble = line, None
            for message in self._sent:
                if message["i"] > heard:
                    line.write(message)
        if self._closing.is_set():  # meanwhile; whoever closed did not know this line
            line.end()

    # -- as of every link

    def send(self, command: dict[str, Any]) -> None:
        with self._lock:
            if self._trouble is not None and command.get("op") == "stop" and command.get("force"):
                self._end = f"{self._trouble}; what was begun goes on there: jetbench-tui attach {self.host}"
                self._closing.set()
                return
            self._count += 1
            message = {**command, "i": self._count}
            self._sent.append(message)
            if self._trouble is None:
                self._line.write(message)

    def leave(self) -> bool:
        """When it is closed the session goes on, and is kept for whoever attaches to it."""
        self._leaving = True
        return True

    def hold(self) -> bool:
        return True  # the spool takes what is said, whoever reads

    def release(self) -> None:
        """Nothing was held."""

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            line, reached = self._line, self._trouble is None
        if reached and self._over is None and not self._leaving:
            line.write({"op": "quit"})
            self._ended.wait(CLOSE_GRACE_S)
        line.end()


def whoami() -> str:
    """Whom others on the board are told of: user and machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        user = str(os.getuid())
    return printable(f"{user}@{socket.gethostname()}", 80)


def sessions(address: Address, python: str | None = None, options: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What the board keeps, the oldest first. Raises LinkError."""
    line = SshLine(address, python, FarClock(), options)
    try:
        found = line.ask({"do": "list"}, "sessions")["sessions"]
    finally:
        line.end()
    return [session for session in found if isinstance(session, dict)] if isinstance(found, list) else []
