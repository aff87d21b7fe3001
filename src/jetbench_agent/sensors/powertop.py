"""powertop's estimate, where it is asked for (``--powertop``), installed and may run: x86 and root.

powertop divides a power that it has learnt from a battery or from RAPL among processes and devices; its "system
baseline power" is a model's figure, not a measurement. It is read from the CSV report (man 8 powertop: --csv, --time).
It gives the total only where the board has nothing better.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from typing import Any, Callable, Dict, Optional

from .accuracy import assumed
from .files import clean
from .meter import MOST_WATTS, Meter, kill_group

SECONDS = 2  # that a report covers
_PATIENCE_S = 30
_LARGEST = 1 << 20
_BOUNDED = 'ulimit -f 4096; exec "$@"'  # no file over 2 MiB, whatever it writes
METHOD = "powertop (estimate)"
NAME = "powertop"
_LINE = re.compile(
    r"(battery reports a discharge rate of|baseline power is estimated at)\s*:?[\s;]*([0-9.]+)\s*([mu\u00b5]?)W"
)
_UNITS = {"": 1.0, "m": 1e-3, "u": 1e-6, "\u00b5": 1e-6}


def unusable(machine: Optional[str]) -> Optional[str]:
    """Why powertop cannot be used here, in one sentence, or None."""
    if machine not in ("x86_64", "i686", "i386"):
        return "--powertop: its estimate is for x86 processors; this is %s" % (machine or "another machine")
    if shutil.which(NAME) is None:
        return "--powertop: not installed (apt install powertop)"
    if os.geteuid() != 0:
        return "--powertop: it runs as root only; start this program with sudo"
    return None


def watts_of(report: str) -> Optional[float]:
    """What a battery says comes before what the model says. None where neither is a power that could be."""
    found = {}
    for name, figure, prefix in _LINE.findall(report):
        try:
            watts = float(figure) * _UNITS[prefix]
        except ValueError:
            continue
        if watts <= MOST_WATTS:
            found.setdefault(name.split()[0], watts)
    return found.get("battery") or found.get("baseline")


class Powertop(Meter):
    """Runs powertop again and again; a reading a report."""

    replaces = False
    method = METHOD
    scope = "estimate of powertop, calibrated or not (a model, no measurement)"
    source = NAME
    hint = "run sudo powertop --csv=report.csv --time=2 by hand: its report has to name a power"

    def __init__(self, log: Callable[[str], None], seconds: int = SECONDS) -> None:
        Meter.__init__(self, log)
        self._seconds = seconds
        self._process: Optional[subprocess.Popen] = None
        self._life = threading.Lock()
        self._said = False

    def _run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="jetbench-powertop-") as folder:
            path = os.path.join(folder, "report.csv")
            while not self._stopped.is_set():
                wrong = self._report(path)
                if wrong and not self._stopped.is_set():
                    if not self._said:
                        self.failed("powertop: " + wrong)
                    self._said = True
                    self._stopped.wait(10.0)

    @property
    def monitor(self) -> Dict[str, Any]:  # type: ignore[override]
        return {"accuracy": assumed("estimate of powertop"), "update_ms": max(1, 1000 * self._seconds)}

    def _report(self, path: str) -> Optional[str]:
        """One report; what is wrong with it, or None."""
        last = ""
        try:
            last = self._ask(path)
            with open(path, encoding="utf-8", errors="replace") as file:
                watts = watts_of(file.read(_LARGEST))
            os.unlink(path)
        except subprocess.TimeoutExpired:
            return "no report within %d s" % (self._seconds + _PATIENCE_S)
        except FileNotFoundError:
            return "no report: %s" % (last or "it wrote none")
        except OSError as error:
            return "no report: %s" % error.strerror
        if watts is None:
            return "its report names no power: it needs a battery or RAPL, and sudo powertop --calibrate"
        self.take(watts)
        return None

    def _ask(self, path: str) -> str:
        """Has a report written; returns the last line of what was said. That goes to a file: a pipe would be open for
        as long as anything that powertop started lives. Raises OSError, TimeoutExpired.
        """
        report = [NAME, "--csv=" + path, "--time=%d" % self._seconds]
        with open(path + ".said", "w+b") as said:
            with self._life:
                if self._stopped.is_set():
                    return ""
                self._process = process = subprocess.Popen(
                    ["/bin/sh", "-c", _BOUNDED, "sh", *report],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,
                )
            try:
                process.wait(self._seconds + _PATIENCE_S)
            finally:
                self._end()
            said.seek(0)
            return clean(said.read(_LARGEST).decode("utf-8", "replace").strip().rsplit("\n", 1)[-1])

    def _end(self) -> None:
        """Ends it and all it started."""
        with self._life:
            if self._process is not None:
                kill_group(self._process.pid, signal.SIGKILL)
                self._process.wait()
                self._process = None
