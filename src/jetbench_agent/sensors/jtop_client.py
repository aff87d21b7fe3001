"""What only jtop's service can read without root: engines, EMC, power mode. Asked through a helper process.

The service of jetson-stats runs as root and its client is a library that must not be loaded here (see jtop_helper.py).
Whatever goes wrong costs one line and these columns, nothing else.
"""

import json
import os
import pkgutil
import signal
import subprocess
import sys
import threading
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .extended import Addition
from .files import Reading, bounded, clean, monotonic_ns
from .source import channel

FOUND_S = 5.0  # until an interpreter has said whether it has jtop
SAMPLE_S = 5.0  # until the first sample; the columns are fixed after it, and the screen waits for them
STALE_S = 4.0
SYSTEM_PYTHON = "/usr/bin/python3"

_EVERYWHERE = ("systemctl", "usermod")  # in what no other interpreter changes
_ADVICE = (  # part of what jtop says, in lower case; what to do
    ("not active", "the service does not run: sudo systemctl restart jtop (or sudo jtop --install-service)"),
    ("can't access", "you are not in its group: sudo usermod -aG jtop $USER, then log in again"),
    ("mismatch version", "service and library differ: name the interpreter of the service, --jtop-python PATH"),
    ("mismatch of python", "service and library differ: name the interpreter of the service, --jtop-python PATH"),
    ("lost connection", "the service ended: sudo systemctl restart jtop"),
)


def interpreters(named: Optional[str]) -> List[str]:
    """Where jtop may be, each once; what was named goes first, for it may be what another's version is wrong for."""
    wanted = [named, sys.executable, SYSTEM_PYTHON]
    return list(dict.fromkeys(path for path in wanted if path))


class Jtop(Addition):
    """Tries interpreters until one has a jtop that works, then follows it."""

    def __init__(self, pythons: Sequence[str], log: Callable[[str], None]) -> None:
        self._pythons = list(pythons)
        self._log = log
        self._process: Optional[Any] = None
        self._lock = threading.Lock()
        self._known = threading.Event()  # a sample, or that there will be none
        self._sample: Dict[str, Any] = {}
        self._at = 0
        self._python: Optional[str] = None
        self._wrong: Optional[str] = None  # of the first interpreter that has jtop
        self._closed = False
        self._over = False  # nothing follows any more
        self.channels: List[Dict[str, Any]] = []
        self.facts: Dict[str, Any] = {}
        self.problems: List[str] = []
        self._keys: List[Tuple[str, str]] = []
        threading.Thread(target=self._run, name="jtop", daemon=True).start()

    def settle(self) -> "Jtop":
        """Waits for the first sample: it says which columns there are."""
        if not self._known.wait(SAMPLE_S):
            self._give_up("gave no sample within %g s; --no-jtop leaves it out" % SAMPLE_S)
        sample = self._sample
        if sample:
            self._keys, self.channels = columns(sample)
            self.facts = {"jtop": dict(mode_of(sample), python=self._python)}
        return self

    def settings(self) -> Dict[str, Any]:
        """The power mode as of the newest sample."""
        with self._lock:
            sample = self._sample
        return {"jtop": dict(mode_of(sample), python=self._python)} if sample else {}

    def read(self) -> List[Reading]:
        with self._lock:
            sample, at = self._sample, self._at
        if not sample or self._over or monotonic_ns() - at > STALE_S * 1e9:
            return ["stale" for _ in self._keys]
        return [reading_of(sample, key) for key in self._keys]

    def close(self) -> None:
        self._closed = True
        self._kill()

    # -- in the thread

    def _run(self) -> None:
        for python in self._pythons:
            if not self._closed:
                self._follow(python)
            self._over = bool(self._sample)
            if self._sample or any(text in (self._wrong or "") for text in _EVERYWHERE):
                break
        if not self._closed:
            absent = "is not installed in %s: pip install jetson-stats, or --jtop-python PATH"
            self._give_up(self._wrong or absent % ", ".join(self._pythons))
        self._known.set()

    def _follow(self, python: str) -> None:
        """What this interpreter's jtop tells, until it is over."""
        source = pkgutil.get_data(__package__, "jtop_helper.py")
        try:
            process = subprocess.Popen(
                [python, "-u", "-c", (source or b"").decode("utf-8")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",  # "-c" looks for modules where it stands
                start_new_session=True,
            )
        except (OSError, ValueError):
            return
        self._process = process
        watch = threading.Timer(FOUND_S, self._kill)  # an interpreter that hangs has no jtop
        watch.daemon = True
        watch.start()
        found, wrong = False, None
        for line in process.stdout:
            said = _parsed(line)
            if "found" in said:
                watch.cancel()
                found, self._python = True, python
            elif "failed" in said:
                wrong = folded(said["failed"])
            elif isinstance(said.get("sample"), dict):
                self._take(said["sample"])
        watch.cancel()
        self._kill()
        if found:
            self._wrong = wrong or self._wrong or "ended (status %s); --no-jtop leaves it out" % process.returncode

    def _take(self, sample: Dict[str, Any]) -> None:
        with self._lock:
            before, self._sample = self._sample, sample
            self._at = monotonic_ns()
        if before and mode_of(before) != mode_of(sample):
            self._log("the power mode has changed: %s" % _words(mode_of(sample)))
        self._known.set()

    def _give_up(self, text: str) -> None:
        line = "jtop %s" % text
        if not self._known.is_set():
            self.problems.append(line)
            self._known.set()
        else:
            self._log(line)

    def _kill(self) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except OSError:
                pass
        process.wait()


def columns(sample: Dict[str, Any]) -> Tuple[List[Tuple[str, str]], List[Dict[str, Any]]]:
    """Where the readings are in a sample, and their columns."""
    keys: List[Tuple[str, str]] = []
    made = []
    emc = sample.get("emc")
    if isinstance(emc, dict):
        keys += [("emc", "khz"), ("emc", "percent")]
        made.append(channel("clock.emc", "clock", "MHz", 1e-3, "jtop"))
        made.append(channel("load.emc", "load", "%", 0.1, "jtop"))
    for name in sorted(sample.get("engines") or {}):
        keys.append(("engines", name))
        made.append(channel("clock.engine." + clean(name)[:40], "clock", "MHz", 1e-3, "jtop", name=clean(name)[:40]))
    if isinstance(sample.get("jetson_clocks"), bool):
        keys.append(("jetson_clocks", ""))
        made.append(channel("state.jetson_clocks", "state", "", 1.0, "jtop"))
    return keys, made


def reading_of(sample: Dict[str, Any], key: Tuple[str, str]) -> Reading:
    part = sample.get(key[0])
    value = part.get(key[1]) if isinstance(part, dict) else part
    if value is None:
        return "gated"
    try:
        return bounded(int(round(value * 10)) if key == ("emc", "percent") else int(value))
    except (TypeError, ValueError, OverflowError):
        return "read_error"


def mode_of(sample: Dict[str, Any]) -> Dict[str, Any]:
    """What holds for a while: the power mode, jetson_clocks, the fans' profiles."""
    fans = sample.get("fan") if isinstance(sample.get("fan"), dict) else {}
    return {
        "nvpmodel": clean(str(sample["nvpmodel"])) if sample.get("nvpmodel") else None,
        "jetson_clocks": sample.get("jetson_clocks"),
        "fan": {clean(str(name)): profile and clean(str(profile)) for name, profile in fans.items()},
    }


def folded(text: Any) -> str:
    """jtop's message of several lines as one, and what to do."""
    line = clean(" ".join(str(text).split()))
    for part, advice in _ADVICE:
        if part in line.lower():
            return "cannot be used: %s" % advice
    return "cannot be used: %s" % line


def _words(mode: Dict[str, Any]) -> str:
    clocks = {True: ", jetson_clocks on", False: ", jetson_clocks off"}.get(mode["jetson_clocks"], "")
    return "%s%s" % (mode["nvpmodel"] or "unknown", clocks)


def _parsed(line: bytes) -> Dict[str, Any]:
    try:
        said = json.loads(line.decode("ascii"))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
