"""SHA-256 of the files a model is made from: the user's own code, a checkpoint, named weights in torch's cache."""

import hashlib
import mmap
import os

from jetbench_agent.bench import models
from jetbench_agent.bench.sources import user_code

CHUNK = 1 << 20
ALIGNED = 4096


def of_pairs(pairs):
    """Hashes for [model, weights] pairs, in their order: {code_sha256, weights_sha256}, each only where there is one.

    A file that cannot be read has none; the case will say why. Nothing of the user's is executed.
    """
    found, known = [], {}
    for model, weights in pairs:
        fields = {}
        for name, path in (("code_sha256", code_file(model)), ("weights_sha256", weights_file(model, weights))):
            if path is not None and path not in known:
                known[path] = sha256(path)
            if path is not None and known[path] is not None:
                fields[name] = known[path]
        found.append(fields)
    return found


def code_file(model):
    """The file that ``path.py:callable`` or ``package.module:callable`` names, or that is the model itself, or None."""
    name = models.code_file_name(model)
    if name is None:
        return models.model_file(model)
    return user_code.code_file(name)


def weights_file(model, weights):
    """The file of ``--weights``, or None: random, or an entry that is not in torch's cache."""
    if not weights:
        return None
    if models.is_path(weights) or os.path.exists(weights):
        return os.path.abspath(weights)
    try:
        return models.entry_file(model, weights)
    except Exception:  # no such entry, or a torchvision that cannot say: the case will
        return None


def sha256(path):
    """Hex digest, or None. Read past the page cache where that can be: the case that loads the file is timed."""
    for flags in (getattr(os, "O_DIRECT", 0), 0):  # the second for a file system that has no such thing
        digest = hashlib.sha256()
        try:
            for block in _blocks(path, flags):
                digest.update(block)
            return digest.hexdigest()
        except OSError:
            continue
    return None


def _blocks(path, flags):
    descriptor = os.open(path, os.O_RDONLY | flags)
    aligned = mmap.mmap(-1, CHUNK)
    try:
        while True:
            count = os.readv(descriptor, [aligned])
            if not count:
                return
            yield aligned[:count]
            if flags and count % ALIGNED:
                return  # the end, and O_DIRECT cannot go on from an odd place
    finally:
        aligned.close()
        os.close(descriptor)
