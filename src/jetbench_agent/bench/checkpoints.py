"""Weights from a file of the user's: by tensors only, nothing in the file is executed."""

import os
import zipfile

from jetbench_agent import memory_state
from jetbench_agent.bench.errors import BadModelError, TooLargeError, first_line


def read(path):
    """The state_dict in a file. Raises BadModelError with one line."""
    import torch

    room_for(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except TypeError:
        raise BadModelError("this torch ({}) cannot load checkpoints safely (weights_only)".format(torch.__version__))
    except Exception:  # torch names no common type for a file that is broken, or that holds code
        raise BadModelError("{}: no checkpoint of plain tensors (broken, or it holds code: not loaded)".format(path))
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    return state


def load_into(model, path):
    state = read(path)
    try:
        model.load_state_dict(state)
    except Exception as error:  # a RuntimeError, or whatever odd keys lead to
        raise BadModelError("{}: does not fit this model: {}".format(path, first_line(error)))


def room_for(path):
    """Refuse a file that, unpacked, is larger than what memory is available."""
    size, (room, bound) = unpacked(path), memory_state.available()
    if room is not None and size > room * 1024:
        text = "{}: {} MiB of it would be loaded and {} MiB are there ({})"
        raise TooLargeError(text.format(path, size >> 20, room >> 10, bound))


def unpacked(path):
    """Bytes that loading a file takes at least; a zip archive tells them, and may hold much more than it is long."""
    size = os.path.getsize(path)
    try:
        with zipfile.ZipFile(path) as parts:
            return max(size, sum(part.file_size for part in parts.infolist()))
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return size
