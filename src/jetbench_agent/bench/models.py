"""Where models come from: torchvision by name, the user's own code by ``path.py:callable`` or ``module:callable``."""

import importlib
import importlib.util
import os
import sys

FAMILIES = ("classification", "detection", "segmentation", "video", "quantization", "optical_flow")
DEFAULT_SIZE = 224


class UnknownModelError(Exception):
    """No such model here; the text says what was asked for."""


class BadModelError(Exception):
    """The model exists and cannot be made; the text is one line for the user."""


def is_user_code(name):
    return ":" in name


def is_path(weights):
    """Whether ``--weights`` names a file rather than an entry of torchvision."""
    return os.sep in weights or weights.endswith((".pt", ".pth", ".bin"))


def user_file_exists(name):
    where = name.rpartition(":")[0]
    return not where.endswith(".py") or os.path.isfile(os.path.expanduser(where))


def load_user_callable(name):
    """The object a name such as ``path/to/file.py:build`` or ``package.module:build`` stands for.

    The user's code runs here, and only because the user named it.
    """
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


def torchvision_names():
    """Names of torchvision's classification models, sorted; any version from 0.11 on."""
    import torchvision

    try:
        return sorted(torchvision.models.list_models(module=torchvision.models))
    except AttributeError:  # before 0.14
        found = vars(torchvision.models).items()
        return sorted(name for name, value in found if name.islower() and callable(value) and name[0] != "_")


def _weights_enum(name):
    """The torchvision weights of a model, newest kind first, or None (torchvision before 0.13)."""
    import torchvision

    try:
        return torchvision.models.get_model_weights(name)
    except (AttributeError, ValueError):
        return None


def listing():
    """Every model that can be named here: a list of {name, family, size, params}."""
    entries = []
    for name in torchvision_names():
        entry = {"name": name, "family": "classification", "size": own_size(name)}
        weights = _weights_enum(name)
        params = weights.DEFAULT.meta.get("num_params") if weights is not None else None
        if params is not None and name != "googlenet":  # published without the heads it is built with
            entry["params"] = int(params)
        entries.append(entry)
    return entries


def own_size(name):
    """Input height and width the model was published with."""
    if name == "inception_v3":
        return 299
    weights = None if is_user_code(name) else _weights_enum(name)
    if weights is None:
        return DEFAULT_SIZE
    try:
        crop = weights.DEFAULT.transforms().crop_size
        return int(crop[0] if isinstance(crop, (list, tuple)) else crop)
    except (AttributeError, IndexError, TypeError, ValueError):
        return DEFAULT_SIZE


def build(name, weights=None):
    """A model in eval mode. ``weights``: None (random), a torchvision entry's name, or a checkpoint's path."""
    if is_user_code(name):
        model = load_user_callable(name)
        model = model() if not _is_module(model) else model
        if not callable(model):
            raise BadModelError("{} gave a {}, which cannot be called".format(name, type(model).__name__))
    else:
        model = _build_torchvision(name, weights if weights and not os.path.exists(weights) else None)
    if weights and os.path.exists(weights):
        _load_checkpoint(model, weights)
    if hasattr(model, "eval"):
        model.eval()
    return model


def _is_module(value):
    import torch

    return isinstance(value, torch.nn.Module)


def _build_torchvision(name, entry):
    import torchvision

    if name not in torchvision_names():
        raise UnknownModelError(name)
    builder = getattr(torchvision.models, name)
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") and not entry else {}
    if name == "googlenet" and not entry:
        options["aux_logits"] = False  # as its published weights are
    if name.startswith("vit_") and not entry:
        options["image_size"] = own_size(name)  # vit_h_14 is built for 224 and published with 518
    if not entry:
        return builder(**options)
    weights = _weights_enum(name)
    if weights is None:
        raise BadModelError("this torchvision has no named weights; give --weights a checkpoint's path")
    short = entry.rpartition(".")[2]
    known = sorted(weights.__members__)  # with DEFAULT, which is another name of one of them
    if short not in known:
        text = "no weights {!r} for {}, and no such file; there are: {}"
        raise BadModelError(text.format(entry, name, ", ".join(known)))
    return builder(weights=_cached_only(weights[short]))


def _cached_only(weights):
    """Named weights that lie in torch's cache; a download is never started by itself."""
    path = _cache_file(weights)
    if not os.path.isfile(path):
        raise BadModelError("the weights {} are not on this machine (looked for {})".format(weights.name, path))
    return weights


def _cache_file(weights):
    import torch

    return os.path.join(torch.hub.get_dir(), "checkpoints", os.path.basename(weights.url))


def entry_file(name, entry):
    """Where torch's cache has the weights that torchvision calls ``entry``; None without such an entry."""
    weights = _weights_enum(name)
    short = entry.rpartition(".")[2]
    return _cache_file(weights[short]) if weights is not None and short in weights.__members__ else None


def _load_checkpoint(model, path):
    """Load a state_dict by tensors only: nothing in the file is executed."""
    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except TypeError:
        raise BadModelError("this torch ({}) cannot load checkpoints safely (weights_only)".format(torch.__version__))
    except Exception:  # torch names no common type for a file that is broken, or that holds code
        raise BadModelError("{}: no checkpoint of plain tensors (broken, or it holds code: not loaded)".format(path))
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    try:
        model.load_state_dict(state)
    except Exception as error:  # a RuntimeError, or whatever odd keys lead to
        raise BadModelError("{}: does not fit this model: {}".format(path, first_line(error)))


def first_line(error):
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2])[:300] if lines else type(error).__name__
