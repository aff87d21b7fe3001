"""What of a folder or a file of the user's can be named as a model. Nothing is loaded or executed."""

import os

from jetbench_agent.bench import defined, onnx_outline
from jetbench_agent.bench.sources import files

MOST_FILES = 1000
CODE, ONNX = ".py", ".onnx"
_FAMILIES = {files.SCRIPT: "TorchScript", files.EXPORTED: "exported", files.PICKLED: "needs --arch"}


def is_place(word):
    """Whether a word of the user's is a folder or a file that could hold models."""
    path = os.path.expanduser(word)
    return os.path.isdir(path) or (os.path.isfile(path) and path.endswith((CODE, ONNX) + files.ENDINGS))


def listing(word):
    """Entries {name, family, input, params} of a place, named as the user did."""
    path = os.path.expanduser(word)
    if not os.path.isdir(path):
        return _of_file(word)
    try:
        names = sorted(os.listdir(path))[:MOST_FILES]
    except OSError:
        return []
    return [entry for name in names for entry in _of_file(os.path.join(word, name))]


def _of_file(name):
    path = os.path.expanduser(name)
    try:
        if path.endswith(CODE):
            return [{"name": "{}:{}".format(name, found), "family": "code"} for found in defined.callables(path)]
        if path.endswith(ONNX):
            return [_onnx(name, onnx_outline.read(path))]
        kind = files.kind(path) if path.endswith(files.ENDINGS) else None
        return [{"name": name, "family": _FAMILIES[kind]}] if kind is not None else []
    except (OSError, defined.NotPythonError, onnx_outline.NoOutlineError):
        return []  # no model; who names it is told why


def _onnx(name, outline):
    shapes = ["x".join(str(side or "?") for side in one.shape[1:]) or "1" for one in outline.inputs]
    return {"name": name, "family": "onnx", "input": " + ".join(shapes), "params": outline.params}
