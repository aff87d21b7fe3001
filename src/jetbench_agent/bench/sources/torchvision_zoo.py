"""torchvision's models of every family, each with its own input; any version from 0.11 on.

A detection model takes a list of images, a video model clips, an optical flow model two images. What is built
is what the published weights were published for: with the auxiliary heads that they have.
"""

import inspect
import os
import re
import sys

from jetbench_agent.bench import inputs
from jetbench_agent.bench.errors import BadModelError, UnknownModelError, first_line

FAMILIES = ("classification", "detection", "segmentation", "video", "optical_flow")
DEFAULT_SIZE = 224
# Where the weights' preprocessing names no size. Detection models resize what they are given: to these.
SIZES = {
    "ssd300_vgg16": (300, 300),
    "ssdlite320_mobilenet_v3_large": (320, 320),
    "fasterrcnn_mobilenet_v3_large_320_fpn": (320, 320),
}
FAMILY_SIZES = {"detection": (800, 800), "segmentation": (520, 520), "optical_flow": (520, 960), "video": (112, 112)}
FRAMES = {"swin3d_t": 32, "swin3d_s": 32, "swin3d_b": 32}  # of a clip: as they were trained
DEFAULT_FRAMES = 16
_ROOT = "torchvision.models"
_HASH = re.compile(r"-([a-f0-9]{8,})\.")  # the first digits of the SHA-256, as torch.hub takes them


def answers(name):
    return True


def needs_torchvision(name):
    return True


def known(name):
    return None if name in names() else "unknown model {!r}".format(name)


def reads_values(name):
    return family(name) == "detection"


def names(family=None):
    """Names of all models, or of those of a family, sorted."""
    return sorted(name for name, found in _found().items() if family in (None, found))


_families = {}


def _found():
    """{name: family}, looked up once. What torchvision quantises is a variant, no model of its own."""
    if not _families:
        import torchvision

        models = torchvision.models
        if hasattr(models, "list_models"):
            for name in models.list_models():
                family = _family(models.get_model_builder(name).__module__)
                if family is not None:
                    _families[name] = family
        else:  # before 0.14
            for family in FAMILIES:
                module = models if family == "classification" else getattr(models, family, None)
                for name, value in vars(module).items() if module is not None else ():
                    if name.islower() and name[0] != "_" and inspect.isroutine(value) and _is_builder(value, family):
                        _families[name] = family
    return _families


def _family(module):
    """Of the module that a builder is written in."""
    part = module[len(_ROOT) + 1 :].split(".")[0]
    if part in ("detection", "segmentation", "video", "optical_flow"):
        return part
    return None if part == "quantization" else "classification"


def _is_builder(value, family):
    """Before 0.14 nothing is registered: a builder is a function of the family's own that knows ``pretrained``."""
    module = getattr(value, "__module__", "")
    if not module.startswith("torchvision."):
        return family == "classification"  # a torchvision of somebody's own
    return _family(module) == family and "pretrained" in inspect.signature(value).parameters


def family(name):
    return _found().get(name, "classification")


def weights_enum(name):
    """The weights of a model, or None (torchvision before 0.13)."""
    import torchvision

    try:
        return torchvision.models.get_model_weights(name)
    except (AttributeError, ValueError):
        return None


def listing():
    entries = []
    for kind in FAMILIES:
        for name in names(kind):
            height, width = own_size(name)
            entry = {"name": name, "family": kind, "input": said(form(name, 1, None))}
            if height == width:
                entry["size"] = height
            weights = weights_enum(name)
            params = weights.DEFAULT.meta.get("num_params") if weights is not None else None
            if params is not None and name != "googlenet":  # published without the heads it is built with
                entry["params"] = int(params)
            entries.append(entry)
    return entries


def said(form):
    """The inputs of one item in words."""
    parts = []
    for one in form.inputs:
        sides = [str(side) for side in one.shape if side != inputs.BATCH] or ["1"]
        text = "x".join(sides) + ("" if one.dtype == "float32" else " " + one.dtype)
        parts.append("list of {}".format(text) if one.each else text)
    return " + ".join(parts)


def own_size(name):
    """(height, width) that the model was published with."""
    if name == "inception_v3":
        return 299, 299
    kind = family(name)
    usual = FAMILY_SIZES.get(kind, (DEFAULT_SIZE, DEFAULT_SIZE))
    usual = SIZES.get(name, usual)
    weights = weights_enum(name)
    if weights is None or kind in ("detection", "optical_flow"):
        return usual
    try:
        prepare = weights.DEFAULT.transforms()
        size = getattr(prepare, "crop_size", None) or prepare.resize_size
        size = list(size) if isinstance(size, (list, tuple)) else [size]
        return int(size[0]), int(size[-1])
    except (AttributeError, IndexError, TypeError, ValueError):
        return usual


def form(name, batch, size):
    kind, size = family(name), list(size or own_size(name))
    if kind == "detection":
        return inputs.Form([inputs.Input([inputs.BATCH, 3] + size, each=True)], batch)
    if kind == "video":
        clip = [inputs.BATCH, 3, FRAMES.get(name, DEFAULT_FRAMES)]
        return inputs.Form([inputs.Input(clip + size)], batch)
    if kind == "optical_flow":
        return inputs.Form([inputs.Input([inputs.BATCH, 3] + size) for _ in range(2)], batch)
    return inputs.images(batch, size)


def build(name, weights=None):
    """``weights``: None (random) or the name of an entry whose file is in torch's cache."""
    if name not in _found():
        raise UnknownModelError(name)
    kind = family(name)
    builder = _builder(name, kind)
    taken = inspect.signature(builder).parameters
    options = {}
    if not weights and name in ("googlenet", "inception_v3"):
        options["init_weights"] = False
    if not weights and name == "googlenet":
        options["aux_logits"] = False  # as its published weights are
    if not weights and name.startswith("vit_"):
        options["image_size"] = own_size(name)[0]  # vit_h_14 is built for 224 and published with 518
    if "aux_loss" in taken:
        options["aux_loss"] = True  # as its published weights are
    if "weights_backbone" in taken:
        options["weights_backbone"] = None
    elif kind in ("detection", "segmentation"):  # before 0.13, where what is not said is downloaded
        options["pretrained_backbone"] = False
    if not weights:
        return builder(**options)
    why = weights_known(name, weights)
    if why is not None:
        raise BadModelError(why)
    return builder(weights=_entry(name, weights), **options)


def _builder(name, kind):
    import torchvision

    module = torchvision.models
    if hasattr(module, "get_model_builder"):
        return module.get_model_builder(name)
    return getattr(module if kind == "classification" else getattr(module, kind), name)


def weights_known(name, entry):
    try:
        found = _entry(name, entry)
    except BadModelError as error:
        return str(error)
    path = _cache_file(found)
    if os.path.isfile(path):
        return None
    text = "the weights {} are not on this machine{}; looked for {}; --download fetches them"
    return text.format(entry.rpartition(".")[2], _length(found), path)


def _length(entry):
    size = entry.meta.get("_file_size")
    return " ({:.1f} MB)".format(size) if isinstance(size, (int, float)) else ""


def fetch(name, weights, say):
    """Into torch's cache; a file whose hash is not the one in its name is dropped. Raises BadModelError."""
    import torch

    if not weights or weights_known(name, weights) is None:
        return
    found = _entry(name, weights)
    path = _cache_file(found)
    hashed = _HASH.search(os.path.basename(path))
    say("downloading {}{} to {}".format(found.url, _length(found), path))
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        torch.hub.download_url_to_file(found.url, path, hashed.group(1) if hashed else None, progress=False)
    except (OSError, RuntimeError) as error:  # no network, no room; another hash
        raise BadModelError("{} was not downloaded: {}".format(found.url, first_line(error)))


def _entry(name, entry):
    """Named weights of a model. Raises BadModelError."""
    weights = weights_enum(name)
    if weights is None:
        raise BadModelError("this torchvision has no named weights; give --weights a checkpoint's path")
    short = entry.rpartition(".")[2]
    there = sorted(weights.__members__)  # with DEFAULT, which is another name of one of them
    if short not in there:
        text = "no weights {!r} for {}, and no such file; there are: {}"
        raise BadModelError(text.format(entry, name, ", ".join(there)))
    return weights[short]


def _cache_file(weights):
    import torch

    return os.path.join(torch.hub.get_dir(), "checkpoints", os.path.basename(weights.url))


def entry_file(name, entry):
    """Where torch's cache has the weights that torchvision calls ``entry``; None without such an entry."""
    weights = weights_enum(name) if "torchvision" in sys.modules else None
    short = entry.rpartition(".")[2]
    return _cache_file(weights[short]) if weights is not None and short in weights.__members__ else None
