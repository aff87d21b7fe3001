"""Counts of torchvision's models, kept from run to run: versions decide them, and nothing of the machine does.

One small JSON file a model, batch and size in the user's cache folder. Models of the user's own are counted every
time. A file that is not what was written is as good as none.
"""

import hashlib
import json
import os
import re
import sys

from jetbench_agent import __version__, kept_files

FOLDER = "counts"
MOST_FILES = 2000  # a few KiB each
_PLAIN = re.compile(r"[a-z0-9_]+\Z")  # a name of torchvision's; others hold a colon, a dot or a slash
_NOT_KEPT = ("t", "n", "c")
_BY = ("python", "torch", "torchvision", "ptflops")


def load(software, name, batch, size):
    """The model event that was counted with these versions before, or None."""
    event = kept_files.read(_path(software, name, batch, size))
    return event if _whole(event) and event.get("name") == name else None


def save(software, event, batch, size):
    """Keep the counts of a model; nothing where they are incomplete, or there is nowhere to keep them."""
    kept = {key: value for key, value in event.items() if key not in _NOT_KEPT}
    path = _path(software, kept.get("name", ""), batch, size)
    if path is None or not _whole(kept):
        return
    kept_files.write(path, kept, MOST_FILES)


def _whole(event):
    """Whether every way of counting came to its end: what failed once may not fail again."""
    if not isinstance(event, dict) or event.get("k") != "model" or event.get("error") is not None:
        return False
    counts = event.get("counts")
    numbers = all(isinstance(event.get(name), int) for name in ("params", "macs", "flops", "bytes"))
    return numbers and isinstance(counts, list) and all(_counted(count) for count in counts)


def _counted(count):
    return isinstance(count, dict) and isinstance(count.get("macs"), int) and not count.get("error")


def _path(software, name, batch, size):
    """None for a model that is not torchvision's, or where there is no home."""
    folder = kept_files.folder(FOLDER)
    if not _PLAIN.match(name) or not software or folder is None:
        return None
    # The agent's own code by the name of what was started, which changes with it.
    by = [__version__, os.path.basename(sys.argv[0]), [software.get(key) for key in _BY], name, batch, size]
    code = hashlib.sha256(json.dumps(by, sort_keys=True).encode("utf-8")).hexdigest()[:32]
    return os.path.join(folder, "{}-{}.json".format(name[:60], code))
