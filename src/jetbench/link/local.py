"""The agent as a process of this machine, over its stdin and stdout."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from jetbench.link import agent_files
from jetbench.link.base import LinkError
from jetbench.link.held import HeldPipe

if TYPE_CHECKING:
    import tempfile

    from jetbench.link.shared import Followed, Over, SharedReader

CLOSE_GRACE_S = 2.0
ASK_S = 10.0
MAX_LINE = 1 << 22


class LocalLink:
    """Starts ``python`` (default: the one we run on) with the agent.

    ``arguments`` are further options of the agent: where its sensors' readings come from.
    """

    far = None

    def __init__(self, python: str | None = None, root: Path | None = None, arguments: Sequence[str] = ()) -> None:
        self.python = resolve_python(python)
        # Without site-packages: it uses none, and looking through them takes as long as all the rest of its start.
        without_site = ["-S"] if self.python == sys.executable else []  # an old virtualenv finds its library by site
        command = [self.python, "-u", *without_site, str(agent_files.installed())]
        self._unpacked: tempfile.TemporaryDirectory[str] | None = None
        if root is not None:
            command += ["--root", str(self._folder(root))]
            if self._unpacked is not None:  # the archive is what the user named, and what other sessions had
                command.append(f"--root-name={root}")
        command += arguments
        try:
            # A session of its own: Ctrl-C of the terminal reaches us, and we decide.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise LinkError(f"{self.python} cannot be started: {error.strerror or error}") from error
        self._lock = threading.Lock()
        self._closed = False
        assert self._process.stdout is not None
        self._stdout = HeldPipe(self._process.stdout.fileno())
        self._reader: io.BufferedReader | None = None

    def _folder(self, root: Path) -> Path:
        """The folder itself, or the one a packed board is laid out in until the link is closed."""
        if root.is_dir():
            return root
        import tempfile

        from jetbench.link import board_pack

        if not board_pack.is_pack(root):
            raise LinkError(f"--root {root}: no folder, and no board packed as .tar.gz")
        self._unpacked = tempfile.TemporaryDirectory(prefix="jetbench-board-")
        try:
            board_pack.lay_out(root, Path(self._unpacked.name))
        except board_pack.PackError as error:
            self._unpacked.cleanup()
            raise LinkError(str(error)) from error
        return Path(self._unpacked.name)

    @property
    def pid(self) -> int:
        return self._process.pid

    def lines(self) -> Iterator[bytes]:
        if self._reader is None:  # kept: with it the pipe would close, and what it has read be lost
            self._reader = io.BufferedReader(self._stdout)
        return _bounded_lines(self._reader)

    def pour(self, reader: SharedReader, sink: Callable[[bytes], None], over: Over) -> None:
        from jetbench.link.shared import pour  # of a fleet alone

        def take(line: bytes) -> bool:
            sink(line.rstrip(b"\n"))
            return True

        def stream() -> Iterator[bytes | Followed]:
            followed = self._stdout.follow(reader, take)
            yield followed
            yield followed.last()

        pour(stream(), sink, over)

    def pour_prints(self, reader: SharedReader, sink: Callable[[bytes], None]) -> None:
        def take(line: bytes) -> bool:
            sink(line)
            return True

        assert self._process.stderr is not None
        reader.follow(self._process.stderr.fileno(), take)

    def hold(self) -> bool:
        return self._stdout.hold()

    def release(self) -> None:
        self._stdout.release()

    def prints(self) -> Iterator[bytes]:
        assert self._process.stderr is not None
        return _bounded_lines(self._process.stderr)

    def send(self, command: dict[str, Any]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with self._lock, contextlib.suppress(OSError, ValueError):
            stdin.write(msgspec.json.encode(command) + b"\n")
            stdin.flush()

    def close(self) -> None:
        """Closing its stdin ends the agent, which ends its children; what is left is killed."""
        stdin = self._process.stdin
        assert stdin is not None
        self._closed = True
        with self._lock, contextlib.suppress(OSError):
            stdin.close()
        try:
            self._process.wait(CLOSE_GRACE_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._unpacked is not None:
            self._unpacked.cleanup()

    def describe_end(self) -> str:
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "the agent closed its stream"
        if not self._closed and (why := why_no_python(self.python)) is not None:
            return why
        if code < 0:
            return f"the agent was killed by signal {-code} ({signal.Signals(-code).name})"
        return f"the agent ended with status {code}"


def resolve_python(python: str | None) -> str:
    """Path of an interpreter. Raises LinkError when there is none of that name."""
    if python is None:
        return sys.executable
    found = shutil.which(os.path.expanduser(python))  # noqa: PTH111 - a name to look up, or a path
    if found is None:
        raise LinkError(f"--python {python}: no such program; give the path of a Python interpreter")
    return found


def why_no_python(path: str) -> str | None:
    """One line why a program cannot be the interpreter that measures, or None; asked once an agent has failed."""
    if path == sys.executable:
        return None
    asked = "import sys; print(sys.version.split()[0], sys.version_info >= (3, 6))"
    try:
        done = subprocess.run([path, "-c", asked], capture_output=True, stdin=subprocess.DEVNULL, timeout=ASK_S)
    except (OSError, subprocess.TimeoutExpired):
        return f"--python {path}: it does not answer as a Python does; give the path of an interpreter"
    said = done.stdout.decode("utf-8", "replace").split()
    if done.returncode or len(said) != 2 or said[1] not in ("True", "False"):
        return f"--python {path}: it is no Python; give the path of an interpreter, such as /usr/bin/python3"
    return None if said[1] == "True" else f"--python {path}: it is Python {said[0]}; 3.6 is the oldest that can measure"


def _bounded_lines(stream: Any) -> Iterator[bytes]:
    """Lines of a pipe; one over MAX_LINE is cut into pieces, which no reader takes for events."""
    while True:
        line = stream.readline(MAX_LINE)
        if not line:
            return
        yield line.rstrip(b"\n")
