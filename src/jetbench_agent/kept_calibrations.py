"""Calibrations, kept from run to run: one small JSON file for what decides them, in the user's cache folder.

A file that is not what was written is as good as none. One whose best rounds did not agree is not kept.
"""

import hashlib
import json
import os
import sys
import tempfile

from jetbench_agent import __version__

FOLDER = os.path.join("jetbench-tui", "calibrations")
MOST_FILES = 500
MOST_BYTES = 1 << 16
AGREES = 0.05  # of the best: rounds further apart were disturbed
ROOFS = ("peak_flops", "bandwidth", "calls")
_BY = ("python", "torch", "cuda_device")
_NOT_KEPT = ("t", "n", "c", "r", "kept")


def load(software, machine, job):
    """The calibration event of this device, type, threads and power mode, or None. ``machine``: what decides it."""
    path = _path(software, machine, job)
    try:
        with open(path, "rb") as file:
            text = file.read(MOST_BYTES + 1)
        event = json.loads(text.decode("utf-8")) if len(text) <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError, TypeError):
        return None
    return dict(event, kept=True) if trusted(event) else None


def save(software, machine, job, event):
    """Keep it, where it can be trusted and there is a place."""
    path = _path(software, machine, job)
    if path is None or not trusted(event):
        return
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if len(os.listdir(folder)) >= MOST_FILES:
            return
        handle, part = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "w") as file:
            json.dump({key: value for key, value in event.items() if key not in _NOT_KEPT}, file)
        os.replace(part, path)
    except OSError:
        return  # a full disk, a folder of somebody else's: the next run calibrates again


def trusted(event):
    if not isinstance(event, dict) or event.get("k") != "calibration" or event.get("refused"):
        return False
    numbers = [event.get(name) for name in ROOFS] + [event.get(name + "_spread") for name in ROOFS]
    if not all(isinstance(number, (int, float)) and number >= 0 for number in numbers):
        return False
    return max(numbers[len(ROOFS) :]) <= AGREES


def _path(software, machine, job):
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    if not software or not os.path.isabs(home):
        return None
    by = [__version__, os.path.basename(sys.argv[0]), [software.get(key) for key in _BY], machine]
    by += [job["device"], job["dtype"], job["threads"], len(job["cores"] or ())]
    code = hashlib.sha256(json.dumps(by, sort_keys=True).encode("utf-8")).hexdigest()[:32]
    return os.path.join(home, FOLDER, "{}-{}.json".format(job["device"], code))
