"""SHA-256 of the files a model is made from: the user's own code, a checkpoint, named weights in torch's cache."""

import hashlib
import mmap
import os
import sys
from importlib.machinery import PathFinder

from jetbench_agent.bench import models

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
    """The file that ``path.py:callable`` or ``package.module:callable`` names, or None."""
    if not models.is_user_code(model):
        return None
    where = model.rpartition(":")[0]
    if where.endswith(".py"):
        return os.path.abspath(os.path.expanduser(where))
    return _module_file(where)


def _module_file(name):
    """Looked up as an import would, but for parents of a module, which an import would execute."""
    folders, spec = [os.getcwd()] + sys.path, None
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        try:
            spec = PathFinder.find_spec(".".join(parts[:count]), folders)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
        folders = list(spec.submodule_search_locations or [])
    return spec.origin if spec is not None and spec.origin and os.path.isfile(spec.origin) else None


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
