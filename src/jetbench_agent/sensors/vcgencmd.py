"""The output of ``vcgencmd`` without waiting for it: of a thread that runs it, or of a file below another root."""

import os
import subprocess
import threading
from typing import Optional, Union

from .files import KeptFile, Root, clean, monotonic_ns, reason_of

PLACES = ("/usr/bin/vcgencmd", "/opt/vc/bin/vcgencmd")
TIMEOUT_S = 2.0
STALE_NS = 5 * 10**9
EVERY_S = 1.0

_DENIED = (b"/dev/vcio", b"ermission", b"not open device", b"VCHI")


class Output:
    """The newest text, or a reason code. ``complaint``: what the tool said last, for a person."""

    complaint = "vcgencmd gave no answer that this program understands"

    def text(self) -> Union[bytes, str]:
        raise NotImplementedError


class Saved(Output):
    def __init__(self, file: KeptFile) -> None:
        self._file = file

    def text(self) -> Union[bytes, str]:
        data = self._file.data(8192)
        return "no_sensor" if type(data) is str and not os.path.exists(self._file.path) else data


class Command(Output):
    """Runs the command once at the start, and then whenever somebody has asked since, at most once a second."""

    def __init__(self, program: str, argument: str) -> None:
        self._command = [program, argument]
        self._asked, self._over = threading.Event(), threading.Event()
        self._at = 0
        self._thread: Optional[threading.Thread] = None
        self._text: Union[bytes, str] = "no_sensor"
        self._run()

    def text(self) -> Union[bytes, str]:
        if self._text == "no_sensor":
            return self._text
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="vcgencmd", daemon=True)
            self._thread.start()
        self._asked.set()
        return self._text if monotonic_ns() - self._at < STALE_NS else "stale"

    def close(self) -> None:
        self._over.set()
        self._asked.set()

    def _loop(self) -> None:
        while not self._over.wait(EVERY_S):
            self._asked.wait()
            self._asked.clear()
            if not self._over.is_set():
                self._run()

    def _run(self) -> None:
        try:
            self._text = self._answer()
        except (OSError, subprocess.SubprocessError) as error:
            self._text = reason_of(error) if isinstance(error, PermissionError) else "read_error"
            if isinstance(error, FileNotFoundError):
                self._text = "no_sensor"
            self.complaint = clean("vcgencmd: %s" % error)
        self._at = monotonic_ns()

    def _answer(self) -> Union[bytes, str]:
        done = subprocess.run(  # noqa: UP022
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=TIMEOUT_S,
        )
        if done.returncode == 0 and not done.stdout.startswith(b"error"):
            return done.stdout
        said = done.stderr + done.stdout
        self.complaint = clean("vcgencmd: " + said.decode("utf-8", "replace")) or Output.complaint
        return "no_permission" if any(mark in said for mark in _DENIED) else "read_error"


def open_output(root: Root, argument: str, program: Optional[str] = None) -> Output:
    if not root.is_real and program is None:
        return Saved(root.keep("vcgencmd/" + argument + ".txt"))
    found = program or next((place for place in PLACES if os.path.exists(place)), PLACES[0])
    command = Command(found, argument)
    root.closing.append(command.close)
    return command
