"""powertop's estimate, where it is asked for (``--powertop``), installed and may run: x86 and root.

powertop divides a power that it has learnt from a battery or from RAPL among processes and devices; its "system
baseline power" is a model's figure, not a measurement. It is read from the CSV report (man 8 powertop: --csv, --time).
It gives the total only where the board has nothing better.
"""

import os
import re
import shutil
import subprocess
import tempfile
from typing import Callable, Optional

from .files import clean
from .meter import Meter

SECONDS = 2  # that a report covers
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
    """What a battery says comes before what the model says."""
    found = {}
    for name, figure, prefix in _LINE.findall(report):
        try:
            found.setdefault(name.split()[0], float(figure) * _UNITS[prefix])
        except ValueError:
            continue
    return found.get("battery") or found.get("baseline")


class Powertop(Meter):
    """Runs powertop again and again; a reading a report."""

    replaces = False
    method = METHOD
    scope = "estimate of powertop, calibrated or not (a model, no measurement)"
    source = NAME

    def __init__(self, log: Callable[[str], None], seconds: int = SECONDS) -> None:
        Meter.__init__(self, log)
        self._seconds = seconds
        self._process: Optional[subprocess.Popen] = None
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

    def _report(self, path: str) -> Optional[str]:
        """One report; what is wrong with it, or None."""
        command = [NAME, "--csv=" + path, "--time=%d" % self._seconds]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            said = self._process.communicate(timeout=self._seconds + 30)[1]
            with open(path, encoding="utf-8", errors="replace") as file:
                watts = watts_of(file.read(1 << 20))
            os.unlink(path)
        except subprocess.TimeoutExpired:
            self._end()
            return "no report within %d s" % (self._seconds + 30)
        except OSError as error:
            last = clean(said.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]) if "said" in locals() else ""
            return "no report: %s" % (last or error.strerror)
        if watts is None:
            return "its report names no power: it needs a battery or RAPL, and sudo powertop --calibrate"
        self.take(watts)
        return None

    def _end(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            try:
                os.killpg(process.pid, 9)
            except OSError:
                pass
