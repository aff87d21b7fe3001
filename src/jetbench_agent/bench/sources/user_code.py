"""The user's own code: ``path/to/file.py:callable`` or ``package.module:callable``, a module or what makes one.

It is executed because the user named it, and only then.
"""

import contextlib
import difflib
import importlib
import importlib.util
import os
import sys
from importlib.machinery import PathFinder

from jetbench_agent.bench import defined, inputs
from jetbench_agent.bench.errors import BadModelError, UnknownModelError

DEFAULT_SIZE = 224
MOST_NEAR = 6


def answers(name):
    return ":" in name


def needs_torchvision(name):
    return False  # whether it does is the user's affair


def known(name):
    """Its file is read, not executed: whether it is there, compiles, and defines what is named."""
    where, _, attribute = name.rpartition(":")
    if not where.endswith(".py") and not _has_module(where):
        return "no module {}, looked for here and where {} has its packages".format(where, sys.executable)
    path = code_file(name)
    if path is None or not path.endswith(".py"):
        return None  # compiled, or found in a way of its own
    try:
        there, sure = defined.names(path)
    except OSError as error:
        return "{}: {}".format(where, error.strerror or error)
    except defined.NotPythonError as error:
        return "{}: {}".format(where, error)
    if attribute in there or not sure:
        return None
    near = difflib.get_close_matches(attribute, there, 3, 0.5) or defined.callables(path)[:MOST_NEAR]
    return "{} has no {!r}{}".format(where, attribute, "; it has {}".format(", ".join(near)) if near else "")


def _has_module(where):
    """Whether the outermost package is there. What lies within may come in ways of its own."""
    with _here():
        try:
            return importlib.util.find_spec(where.partition(".")[0]) is not None
        except (ImportError, ValueError):
            return False


@contextlib.contextmanager
def _here():
    """The folder that the program was started in is looked through too."""
    sys.path.insert(0, os.getcwd())
    try:
        yield
    finally:
        sys.path.remove(os.getcwd())


def code_file(name):
    """The file that the code is in, or None. A module is looked up as an import would, but for the parents, which an
    import would execute."""
    where = name.rpartition(":")[0]
    if where.endswith(".py"):
        return os.path.abspath(os.path.expanduser(where))
    folders, spec = [os.getcwd()] + sys.path, None
    parts = where.split(".")
    for count in range(1, len(parts) + 1):
        try:
            spec = PathFinder.find_spec(".".join(parts[:count]), folders)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
        folders = list(spec.submodule_search_locations or [])
    return spec.origin if spec is not None and spec.origin and os.path.isfile(spec.origin) else None


def listing():
    return []


def form(name, batch, size):
    """A batch of images, where the user says nothing else."""
    return inputs.images(batch, size or (DEFAULT_SIZE, DEFAULT_SIZE))


def build(name, weights=None):
    found = load(name)
    if not callable(found):
        raise BadModelError("{} is a {}: no torch module and nothing that makes one".format(name, type(found).__name__))
    model = found if is_module(found) else found()
    if not callable(model):
        raise BadModelError("{} gave a {}, which cannot be called".format(name, type(model).__name__))
    return model


def fetch(name, weights, say):
    """What the code downloads when it builds a model, it downloads now."""
    build(name)


def is_module(value):
    import torch

    return isinstance(value, torch.nn.Module)


def load(name):
    """The object that the name stands for."""
    where, _, attribute = name.rpartition(":")
    try:
        if where.endswith(".py"):
            path = os.path.abspath(os.path.expanduser(where))
            if not os.path.isfile(path):
                raise UnknownModelError("no file {}".format(where))
            spec = importlib.util.spec_from_file_location("jetbench_user_model", path)
            module = importlib.util.module_from_spec(spec)
            sys.path.insert(0, os.path.dirname(path))
            spec.loader.exec_module(module)
        else:
            sys.path.insert(0, os.getcwd())
            module = importlib.import_module(where)
    except UnknownModelError:
        raise
    except ImportError as error:
        raise BadModelError("{}: {}".format(where, error))
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise UnknownModelError("{} has no {!r}".format(where, attribute))
