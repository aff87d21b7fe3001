"""One connection to a board: a process of the system's ssh, and at its other end ``agent remote``."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from jetbench.link import agent_files, bootstrap, ssh_errors
from jetbench.link.address import Address
from jetbench.link.base import LinkError, UnreachableError
from jetbench.link.clock import ROUNDS, FarClock

if TYPE_CHECKING:
    from jetbench.link.shared import Followed, SharedReader, Take

COMMAND = "JETBENCH_SSH"  # another program for ssh, with its options
MEETING_S = 60.0  # from the start of ssh to the agent's first word: a slow board, an agent that is sent
ANSWER_S = 30.0
GRACE_S = 1.0
GREETING = 1 << 16  # bytes that a shell may print before
MAX_LINE = 1 << 22
# Nothing is asked, no host key is accepted, no port opened, whatever ~/.ssh/config says besides.
OPTIONS = (
    "-T", "-a", "-x", "-e", "none",
    "-o", "BatchMode=yes",
    "-o", "ClearAllForwardings=yes",
    "-o", "RemoteCommand=none",
    "-o", "PermitLocalCommand=no",
    "-o", "ConnectTimeout=10",
    "-o", "ServerAliveInterval=5",
    "-o", "ServerAliveCountMax=3",
    "-o", "LogLevel=ERROR",
)  # fmt: skip


def program() -> list[str]:
    """ssh, or what the environment names instead. Raises LinkError."""
    try:
        return shlex.split(os.environ.get(COMMAND, "")) or ["ssh"]
    except ValueError as error:
        raise LinkError(f"{COMMAND} in the environment is no command: {error}") from error


class SshLine:
    """Connected once it is made: the other end waits for a request. Raises LinkError with why it is not."""

    def __init__(self, address: Address, python: str | None, clock: FarClock, options: tuple[str, ...] = ()) -> None:
        self.name, self._address, self._python, self._clock = str(address), address, python, clock
        self._met = False
        self.boot: str | None = None
        self._said: deque[str] = deque(maxlen=40)
        there = bootstrap.COMMAND.format(shlex.quote(python or "python3"))
        command = [*program(), *options, *OPTIONS, *address.arguments(), there]
        try:
            # A session of its own: Ctrl-C of the terminal reaches us, and we decide. It has no terminal to ask at.
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            text = f"{command[0]} cannot be started: {error.strerror or error}"
            raise UnreachableError(text, "install OpenSSH's client", lasting=True) from error
        self._prints = threading.Thread(target=self._read_prints, name="ssh-prints", daemon=True)
        self._prints.start()
        try:
            with self._no_longer_than(MEETING_S):
                self._meet()
        except BaseException:
            self.end()
            raise

    # -- until the other end is there

    def _meet(self) -> None:
        data, content = agent_files.packed()
        self._write(bootstrap.first_line() + msgspec.json.encode({"agent": content}) + b"\n")
        said = self._answer("python")
        if said.get("old"):
            raise ssh_errors.too_old(self.name, self._python, str(said["python"]))
        if "nowhere" in said:
            places = ", ".join(map(str, said["nowhere"]))
            raise UnreachableError(f"{self.name} has no folder to put the agent in: {places} cannot be written")
        if not said.get("there"):
            self._write(b"%d\n" % len(data) + data)
        said = self._answer("remote", "broken")
        if "broken" in said:
            raise UnreachableError(f"the agent could not be put on {self.name}: {said['broken']}")
        boot = said.get("boot")
        self.boot = str(boot)[:64] if boot else None
        self._clock.begin()
        for _ in range(ROUNDS):
            self.ping()
            self.heed(self._answer("pong"))
        self._clock.settle()
        self._met = True

    def ask(self, request: dict[str, Any], *answers: str) -> dict[str, Any]:
        """The first answer that has one of these keys. Raises LinkError when the line drops."""
        self.write(request)
        with self._no_longer_than(ANSWER_S):
            return self._answer(*answers)

    def _answer(self, *keys: str) -> dict[str, Any]:
        """The next message with one of the keys. What else comes before the first one is a shell's greeting."""
        passed = 0
        while passed < GREETING:
            line = self._readline()
            if not line:
                raise self.why()
            message = decoded(line) if line.startswith(b"#") else None
            if message is not None and any(key in message for key in keys):
                return message
            passed += len(line)
        raise UnreachableError(f"{self.name} prints too much before it answers", "look at what its .bashrc prints")

    @contextlib.contextmanager
    def _no_longer_than(self, seconds: float) -> Iterator[None]:
        """A line that says nothing is ended, so that whoever reads goes on."""
        timer = threading.Timer(seconds, self._kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    # -- the line itself

    def _readline(self) -> bytes:
        assert self.process.stdout is not None
        try:
            return self.process.stdout.readline(MAX_LINE)
        except ValueError:  # closed by another thread
            return b""

    def lines(self) -> Iterator[bytes]:
        """As they come, with their ends, until the line drops; a torn last one is none."""
        while True:
            line = self._readline()
            if not line or (len(line) < MAX_LINE and not line.endswith(b"\n")):
                return
            yield line

    def follow(self, reader: SharedReader, take: Take) -> Followed:
        """The same, each given to ``take`` in the thread of ``reader``, until the line drops or it wants no more."""
        stdout = self.process.stdout
        assert isinstance(stdout, io.BufferedReader)
        pipe = stdout.fileno()
        os.set_blocking(pipe, False)  # what came with an answer and is in the buffer: that alone, and at once
        first = stdout.read1()
        os.set_blocking(pipe, True)
        return reader.follow(pipe, take, first)

    def write(self, message: dict[str, Any]) -> None:
        """What cannot be sent is dropped: that the line is gone is seen by whoever reads."""
        with contextlib.suppress(OSError, ValueError):
            self._write(msgspec.json.encode(message) + b"\n")

    def _write(self, data: bytes) -> None:
        stdin = self.process.stdin
        assert stdin is not None
        with contextlib.suppress(BrokenPipeError):
            stdin.write(data)
            stdin.flush()

    def ping(self) -> None:
        self.write({"ping": time.perf_counter_ns()})

    def heed(self, message: dict[str, Any]) -> None:
        """An answer to a ping."""
        sent, there = message.get("pong"), message.get("t")
        if isinstance(sent, int) and isinstance(there, int):
            self._clock.add(sent, there, time.perf_counter_ns())

    def _read_prints(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._said.append(line[:500].decode("utf-8", "replace").rstrip())

    # -- its end

    def why(self) -> LinkError:
        """Why nothing more comes."""
        try:
            status: int | None = self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            status = None
        self._prints.join(GRACE_S)
        if status is not None and status < 0:
            status = None if not self._said else ssh_errors.SSH_FAILED
        if self._met and not self._said:
            return UnreachableError(f"the connection to {self.name} was cut")
        return ssh_errors.explain(self._address, self._python, status, [line for line in self._said if line])

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Hang up. Any thread, any number of times."""
        stdin = self.process.stdin
        if stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                stdin.close()
        try:
            self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._kill()
            self.process.wait()


def decoded(line: bytes) -> dict[str, Any] | None:
    """A message beside the stream, or None."""
    try:
        message = msgspec.json.decode(line[1:])
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
