"""Calibrations, kept from run to run: one small JSON file for what decides them, in the user's cache folder.

A file that is not what was written is as good as none. One whose best rounds did not agree is not kept.
"""

import hashlib
import json
import os
import sys

from jetbench_agent import __version__, kept_files

FOLDER = "calibrations"
MOST_FILES = 500
AGREES = 0.05  # of the best: rounds further apart were disturbed
ROOFS = ("peak_flops", "bandwidth", "calls")
_BY = ("python", "torch", "cuda_device")
_NOT_KEPT = ("t", "n", "c", "r", "kept")


def load(software, machine, job):
    """The calibration event of this device, type, threads and power mode, or None. ``machine``: what decides it."""
    event = kept_files.read(_path(software, machine, job))
    return dict(event, kept=True) if trusted(event) else None


def save(software, machine, job, event):
    """Keep it, where it can be trusted and there is a place."""
    path = _path(software, machine, job)
    if path is None or not trusted(event):
        return
    kept_files.write(path, {key: value for key, value in event.items() if key not in _NOT_KEPT}, MOST_FILES)


def trusted(event):
    if not isinstance(event, dict) or event.get("k") != "calibration" or event.get("refused"):
        return False
    return all(_above_0(event.get(roof)) and _agrees(event.get(roof + "_spread")) for roof in ROOFS)


def _above_0(rate):
    return isinstance(rate, (int, float)) and 0 < rate < float("inf")


def _agrees(spread):
    return isinstance(spread, (int, float)) and 0 <= spread <= AGREES


def _path(software, machine, job):
    folder = kept_files.folder(FOLDER)
    if not software or folder is None:
        return None
    by = [__version__, os.path.basename(sys.argv[0]), [software.get(key) for key in _BY], machine]
    by += [job["device"], job["dtype"], job["threads"], len(job["cores"] or ())]
    code = hashlib.sha256(json.dumps(by, sort_keys=True).encode("utf-8")).hexdigest()[:32]
    return os.path.join(folder, "{}-{}.json".format(job["device"], code))
