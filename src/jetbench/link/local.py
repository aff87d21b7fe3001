"""The agent as a process of this machine, over its stdin and stdout."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from jetbench.link import agent_files, board_pack
from jetbench.link.base import LinkError

CLOSE_GRACE_S = 2.0
MAX_LINE = 1 << 22


class LocalLink:
    """Starts ``python`` (default: the one we run on) with the agent.

    ``arguments`` are further options of the agent: where its sensors' readings come from.
    """

    def __init__(self, python: str | None = None, root: Path | None = None, arguments: Sequence[str] = ()) -> None:
        self.python = resolve_python(python)
        # Without site-packages: it uses none, and looking through them takes as long as all the rest of its start.
        command = [self.python, "-u", "-S", str(agent_files.installed())]
        self._unpacked: tempfile.TemporaryDirectory[str] | None = None
        if root is not None:
            command += ["--root", str(self._folder(root))]
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

    def _folder(self, root: Path) -> Path:
        """The folder itself, or the one a packed board is laid out in until the link is closed."""
        if root.is_dir():
            return root
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
        assert self._process.stdout is not None
        return _bounded_lines(self._process.stdout)

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


def _bounded_lines(stream: Any) -> Iterator[bytes]:
    """Lines of a pipe; one over MAX_LINE is cut into pieces, which no reader takes for events."""
    while True:
        line = stream.readline(MAX_LINE)
        if not line:
            return
        yield line.rstrip(b"\n")
