"""External power meters, for boards without a sensor: what a meter gives, and a command that prints watts.

A meter measures what it is plugged into: the whole board with its supply, and what hangs on it. A reading counts until
the meter should have given its third one after it; from then on it is ``stale`` and there is none.
"""

import math
import os
import signal
import subprocess
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from .accuracy import assumed
from .extended import Addition
from .files import Reading, clean, monotonic_ns

SCOPE = "external meter (what it is plugged into)"
MOST_WATTS = 100000.0
FIRST_READING_S = 1.5  # how long the start waits for it

_STALE_PERIODS = 3
_SHORTEST_STALE_S = 0.5  # a meter of 100 Hz does not go stale between two ticks
_ASSUMED_PERIOD_S = 1.0
_PERIODS_KEPT = 5
_BURST_NS = 5000000  # lines that come closer together were written at once
_LINE = 1024
_CHUNK = 65536  # what a pipe holds
_FLOOD = 200  # lines; of more at once the last ones are enough
_BREATH_S, _FLOOD_S = 0.01, 0.05  # between two looks into the pipe, so that no flood takes a core
_BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_GRACE_S = 1.0


def number_of_watts(text: str) -> float:
    """ "7.3" or "7.3 W". Raises ValueError where it is no power that a meter could show."""
    word = text.strip()
    watts = float(word[:-1] if word[-1:] in ("W", "w") else word)
    if not math.isfinite(watts) or not 0.0 <= watts <= MOST_WATTS:
        raise ValueError("no power: " + word[:40])
    return watts


def parse_line(line: str) -> Tuple[Optional[str], float]:
    """(time, watts) of ``watts`` or ``time,watts``."""
    before, comma, after = line.rpartition(",")
    return (clean(before) if comma else None), number_of_watts(after)


class Meter(Addition):
    """The newest reading of a meter that runs in a thread of its own."""

    replaces = True
    scope = SCOPE

    def __init__(self, log: Callable[[str], None], clock: Optional[Callable[[], int]] = None) -> None:
        self._log = log
        self._clock = clock or monotonic_ns
        self._lock = threading.Lock()
        self._sum, self._count = 0.0, 0  # since the last tick
        self._last: Optional[float] = None
        self._at = 0
        self._periods: List[int] = []
        self._first = threading.Event()  # a reading, or the first failure
        self._known = threading.Event()  # how often there is one
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._guarded, name="meter", daemon=True)
        self.problems: List[str] = []

    def start(self) -> "Meter":
        """Waits a moment for the first reading, so that the board can say what is wrong with its meter."""
        self._thread.start()
        self._first.wait(FIRST_READING_S)
        silence = self.silence()
        if silence and not self._has_read() and not self.problems:
            self.problems.append(silence)
        return self

    def silence(self) -> Optional[str]:
        """What is wrong where no reading has come within FIRST_READING_S, if that is wrong."""
        return None

    @property
    def monitor(self) -> Dict[str, Any]:  # type: ignore[override]
        return {"accuracy": assumed("external meter"), "update_ms": max(1, int(round(1e3 * self.period_s)))}

    def _has_read(self) -> bool:
        return self._last is not None or self._count > 0

    def take(self, watts: float) -> None:
        with self._lock:
            now = self._clock()
            if self._has_read() and now - self._at > _BURST_NS:
                self._periods = (self._periods + [now - self._at])[-_PERIODS_KEPT:]
                self._known.set()
            self._at = now
            self._sum, self._count = self._sum + watts, self._count + 1
        self._first.set()

    def failed(self, text: str) -> None:
        """Says what is wrong: as a problem of the board where it comes first, and in the log."""
        if not self._first.is_set():
            self.problems.append(text)
            self._first.set()
        self._log(text)

    @property
    def period_s(self) -> float:
        """Between two readings, as far as it is known."""
        if not self._periods:
            return _ASSUMED_PERIOD_S
        return sorted(self._periods)[len(self._periods) // 2] * 1e-9

    def watts(self) -> Reading:
        """Mean of what came since the last tick, else the newest while it is fresh."""
        with self._lock:
            if self._count:
                self._last = self._sum / self._count
                self._sum, self._count = 0.0, 0
            if self._last is None:
                return "read_error"
            age = (self._clock() - self._at) * 1e-9
            if age > max(_SHORTEST_STALE_S, _STALE_PERIODS * self.period_s):
                return "stale"
            return int(round(self._last * 1e6))

    def close(self) -> None:
        self._stopped.set()
        self._end()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(2 * _GRACE_S)

    def _guarded(self) -> None:
        try:
            self._run()
        except Exception as error:  # nobody would see it; the readings go stale and the log says why
            self.failed("the power meter: %r" % error)

    def _run(self) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        """Ends what ``_run`` waits for."""


class CommandMeter(Meter):
    """``--power-cmd``: a command that prints a line of watts, or ``time,watts``, as often as it likes."""

    method = "meter:cmd"
    hint = "run the command of --power-cmd by hand: it has to print a line of watts, again and again, and to flush it"

    def __init__(self, command: str, log: Callable[[str], None], clock: Optional[Callable[[], int]] = None) -> None:
        Meter.__init__(self, log, clock)
        self.source = "--power-cmd " + clean(command)
        self._command = command
        self._process: Optional[Any] = None
        self._life = threading.Lock()
        self._stamp: Optional[str] = None
        self.readings = self.refused = 0
        self._refused_last = ""
        self._flooded = False

    def start(self) -> "Meter":
        """Waits for a second reading as well, for nobody else knows how often there is one."""
        deadline = time.monotonic() + FIRST_READING_S
        Meter.start(self)
        if self._has_read():
            self._known.wait(max(0.0, deadline - time.monotonic()))
        return self

    def silence(self) -> str:
        if self._refused_last:
            return _NO_NUMBER % self._refused_last
        return "--power-cmd has printed nothing within %g s (does it flush each line?)" % FIRST_READING_S

    def _run(self) -> None:
        attempt = 0
        while not self._stopped.is_set():
            before = self.readings
            self._refused_last = ""
            how = self._once()
            if self._stopped.is_set():
                return
            attempt = 0 if self.readings > before else attempt
            pause = _BACK_OFF_S[min(attempt, len(_BACK_OFF_S) - 1)]
            attempt += 1
            said = ": " + self._refused_last if self._refused_last else ""
            told = (how, self.readings - before, said, pause)
            self.failed("--power-cmd %s after %d readings%s; again in %g s" % told)
            self._stopped.wait(pause)

    def _once(self) -> str:
        """One life of the command; how it ended."""
        with self._life:
            if self._stopped.is_set():
                return "stopped"
            try:
                self._process = process = subprocess.Popen(
                    ["/bin/sh", "-c", self._command],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                return "cannot be started (%s)" % error.strerror
        self._read(process.stdout.fileno())
        self._end()
        process.stdout.close()
        code = process.returncode
        return "was killed by signal %d" % -code if code < 0 else "ended with status %d" % code

    def _read(self, descriptor: int) -> None:
        rest = b""
        while True:
            try:
                chunk = os.read(descriptor, _CHUNK)
            except OSError:
                return
            lines = (rest + chunk).split(b"\n")
            rest = lines.pop()[-_LINE:]
            if len(lines) > _FLOOD:
                lines = self._end_of(lines)
            if not chunk:
                lines = [rest]
            for line in lines:
                if line.strip():
                    self._line(line[:_LINE].decode("utf-8", "replace"))
            if not chunk:
                return
            self._stopped.wait(_BREATH_S)

    def _end_of(self, lines: List[bytes]) -> List[bytes]:
        """The newest of a flood: what was printed before them is older than the next tick."""
        if not self._flooded:
            self._flooded = True
            self._log("--power-cmd prints faster than anybody reads: only its newest lines are used")
        self._stopped.wait(_FLOOD_S)
        return lines[-_FLOOD:]

    def _line(self, text: str) -> None:
        try:
            stamp, watts = parse_line(text)
        except ValueError:
            self.refused += 1
            self._refused_last = clean(text)[:100]
            if self.refused == 1:
                self._log(_NO_NUMBER % self._refused_last + "; more of the kind are left out unsaid")
            return
        if stamp is not None and stamp == self._stamp:
            return  # the same reading once more
        self._stamp = stamp
        self.readings += 1
        self.take(watts)

    def _end(self) -> None:
        """Ends the command and all it started, and waits for it."""
        with self._life:
            process = self._process
            if process is None:
                return
            if self._stopped.is_set() or not self._over(process):
                for number in (signal.SIGTERM, signal.SIGKILL):
                    kill_group(process.pid, number)
                    if self._over(process):
                        break
            kill_group(process.pid, signal.SIGKILL)  # what it left behind
            process.wait()
            self._process = None

    @staticmethod
    def _over(process: Any) -> bool:
        try:
            process.wait(_GRACE_S)
            return True
        except subprocess.TimeoutExpired:
            return False


_NO_NUMBER = "--power-cmd printed %r, which is no number of watts"


def kill_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except OSError:
        pass
