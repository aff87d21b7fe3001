"""A model in a file: TorchScript (``net.pt``), an exported program (``net.pt2``).

A file that holds weights alone needs its architecture: ``--arch``. One that holds a pickled module is refused: to
load it would execute what it says. TorchScript is a language of its own without a way out of torch, yet torch's
makers do not promise that a hostile file of it is harmless.
"""

import contextlib
import os
import zipfile

from jetbench_agent.bench import inputs
from jetbench_agent.bench.checkpoints import room_for
from jetbench_agent.bench.errors import BadModelError, first_line

ENDINGS = (".pt", ".pth", ".pt2", ".ts", ".torchscript")
DEFAULT_SIZE = 224
MOST_PARTS = 200000
SCRIPT, EXPORTED, PICKLED = "TorchScript", "an exported program", "pickled"


def answers(name):
    return name.endswith(ENDINGS)


def needs_torchvision(name):
    return False


def reads_values(name):
    """A file is loaded with its values, or not at all."""
    return True


def file(name):
    return os.path.abspath(os.path.expanduser(name))


def kind(path):
    """What a file is, by the names in it: SCRIPT, EXPORTED or PICKLED, or None."""
    try:
        with zipfile.ZipFile(path) as parts:
            names = parts.namelist()[:MOST_PARTS]
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        with open(path, "rb") as old:
            return PICKLED if old.read(1) == b"\x80" else None
    inside = {name.partition("/")[2] for name in names}
    if any(name.startswith("models/") for name in inside) or "serialized_exported_program.json" in names:
        return EXPORTED
    if "constants.pkl" in inside and any(name.startswith("code/") for name in inside):
        return SCRIPT
    return PICKLED if "data.pkl" in inside else None


def known(name):
    try:
        found = kind(file(name))
    except OSError as error:
        return "{}: {}".format(name, error.strerror or error)
    if found == PICKLED:
        text = "it holds weights alone, or a module that only executing it would load; say what they are the weights"
        return text + " of: --arch resnet18, or -m resnet18 --weights {}".format(name)
    return None if found else "neither TorchScript nor an exported program"


def listing():
    return []


def form(name, batch, size):
    """A batch of images, where the user says nothing else."""
    return inputs.images(batch, size or (DEFAULT_SIZE, DEFAULT_SIZE))


def build(name, weights=None):
    path, why = file(name), known(name)
    if why is not None:
        raise BadModelError("{}: {}".format(name, why))
    if weights:
        raise BadModelError("{} has its own weights".format(name))
    room_for(path)
    return _exported(path) if kind(path) == EXPORTED else _script(path)


def _script(path):
    import torch

    try:
        return torch.jit.load(path, map_location="cpu")
    except Exception as error:  # a RuntimeError, mostly: broken, or of a newer torch
        raise BadModelError("{}: TorchScript that cannot be loaded: {}".format(path, first_line(error)))


def _exported(path):
    import torch

    if not hasattr(torch, "export") or not hasattr(torch.export, "load"):
        raise BadModelError("{}: an exported program needs torch 2.1; this is {}".format(path, torch.__version__))
    try:
        with _tensors_only(torch):
            model = torch.export.load(path).module()
    except Exception as error:  # broken, of another version, or it holds code
        raise BadModelError("{}: an exported program that cannot be loaded: {}".format(path, first_line(error)))
    for module in model.modules():
        module.training = False  # the switch does nothing there: it runs as it was exported
    return model


@contextlib.contextmanager
def _tensors_only(torch):
    """torch.export.load unpickles with code allowed (torch 2.14); not while inside."""
    import pickle

    kept = torch.load, pickle.loads, getattr(torch._C, "_pickle_load_obj", None)

    def load(*args, **named):
        return kept[0](*args, **dict(named, weights_only=True))

    torch.load, pickle.loads = load, _refuse
    if kept[2] is not None:
        torch._C._pickle_load_obj = _refuse
    try:
        yield
    finally:
        torch.load, pickle.loads = kept[:2]
        if kept[2] is not None:
            torch._C._pickle_load_obj = kept[2]


def _refuse(*_, **__):
    raise BadModelError("it holds a pickled object, which only executing it would load")
