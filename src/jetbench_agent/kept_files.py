"""Small JSON files in the user's cache folder. What is no such file is none; one that cannot be written is not."""

import json
import os
import tempfile

MOST_BYTES = 1 << 16


def folder(name):
    """Where those of a kind are kept, or None where there is no home."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "jetbench-tui", name) if os.path.isabs(home) else None


def read(path):
    """What the file holds, or None. ``path`` may be None."""
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            text = file.read(MOST_BYTES + 1)
        return json.loads(text.decode("utf-8")) if len(text) <= MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None


def write(path, value, most_files):
    """The whole file at once. Nothing where the folder has so many, is somebody else's, or the disk is full."""
    where = os.path.dirname(path)
    try:
        os.makedirs(where, mode=0o700, exist_ok=True)
        if len(os.listdir(where)) >= most_files:
            return
        handle, part = tempfile.mkstemp(dir=where)
        with os.fdopen(handle, "w") as file:
            json.dump(value, file)
        os.replace(part, path)
    except OSError:
        return  # a cache: what is not kept is found out again
