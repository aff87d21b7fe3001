"""How an image becomes what a model is fed: as its weights were published with, or as the model itself says.

A model of the user's own may have ``preprocess(image)``, which gives a tensor of 3 x height x width of a PIL image, and
``categories``, the names of its outputs.
"""

from jetbench_agent.bench import images, inputs, sources
from jetbench_agent.bench.errors import BadModelError

IMAGENET = "shorter side to {} of the input's, centre crop {} x {}, mean and deviation of ImageNet"


class Preparation(object):
    """``make(image)`` is a tensor; ``text`` says how. ``categories``: names of the outputs, or None. ``each``: a list
    of tensors is fed, of any size. ``drawn``: the weights are random numbers."""

    def __init__(self, make, text, categories=None, each=False, drawn=False):
        self.make, self.text, self.categories, self.each, self.drawn = make, text, categories, each, drawn


def of(torch, case, model, form):
    """The Preparation of a case. Raises BadModelError where the model takes no images."""
    bare = inputs.split(case["model"])[0]
    source = sources.of(bare)
    channels = _channels(form)
    if channels is None:
        raise BadModelError("this model takes no batch of images")
    first = form.inputs[0]
    drawn = not case.get("weights") and source.__name__.rpartition(".")[2] in (
        "torchvision_zoo", "timm_zoo", "hf", "superpoint_source",
    )  # fmt: skip
    own, named = getattr(model, "preprocess", None), _names(model)
    if callable(own):
        return Preparation(own, "the model's own preprocess()", named, first.each, drawn)
    published = _published(torch, case, bare, source, model)
    if published is not None:
        make, text, categories, size = published
        asked = case.get("size")
        if not asked or size is None or list(asked) == list(size):
            return Preparation(_tensor(torch, make), text, categories, first.each, drawn)
        note = " (the size is the case's, not that of the weights)"
        return _standard(torch, asked, channels, note, categories, drawn)
    return _standard(torch, first.shape[-2:], channels, "", named, drawn, first.each)


def _names(model):
    """``categories`` of a model of the user's own: the names of its outputs."""
    found = getattr(model, "categories", None)
    return [str(name) for name in found] if isinstance(found, (list, tuple)) else None


def _channels(form):
    """1 or 3, or None."""
    first = form.inputs[0]
    plain = len(form.inputs) == 1 and first.name is None and first.dtype == "float32" and len(first.shape) == 4
    return first.shape[1] if plain and first.shape[1] in (1, 3) else None


def _standard(torch, size, channels, note, categories, drawn, each=False):
    size = tuple(size)
    if each:  # a detector resizes and normalises what it is given
        text = "of its own size, divided by 255: the model does the rest"
        return Preparation(lambda image: _whole(torch, image), text, categories, each, drawn)
    if channels == 1:
        text = "grey, resized to {} x {}, divided by 255".format(*size)
        return Preparation(lambda image: _grey(torch, image, size), text + note, categories, each, drawn)
    text = IMAGENET.format("256/224", *size) + note
    return Preparation(lambda image: images.prepare(torch, image, size), text, categories, each, drawn)


def _whole(torch, image):
    flat = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return flat.view(image.size[1], image.size[0], 3).permute(2, 0, 1).to(torch.float32).div_(255.0)


def _grey(torch, image, size):
    from PIL import Image

    image = image.convert("L").resize((size[1], size[0]), Image.BILINEAR)
    flat = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    return flat.view(1, size[0], size[1]).to(torch.float32).div_(255.0)


def _tensor(torch, make):
    def made(image):
        found = make(image)
        return found[0] if isinstance(found, (tuple, list)) else found

    return made


def _published(torch, case, bare, source, model):
    """(what makes a tensor, how, names of the outputs, (height, width) or None), or None where nothing is published."""
    kind = source.__name__.rpartition(".")[2]
    weights = case.get("weights")
    if kind == "torchvision_zoo":
        return _of_torchvision(source, bare, weights)
    if kind == "timm_zoo":
        import timm

        config = timm.data.resolve_data_config({}, model=model)
        size = tuple(config["input_size"][1:])
        return timm.data.create_transform(**config), "timm's of {}".format(bare), None, size
    return None


def _of_torchvision(source, bare, weights):
    entries = source.weights_enum(bare)
    if entries is None:  # before 0.13
        return None
    short = weights.rpartition(".")[2] if weights else "DEFAULT"
    named = short in entries.__members__
    entry = entries[short if named else "DEFAULT"]
    make = entry.transforms()
    crop = getattr(make, "crop_size", None)
    size = (crop[0], crop[-1]) if isinstance(crop, (list, tuple)) and crop else None
    text = "torchvision's of {}".format(entry)
    categories = entry.meta.get("categories") if named and weights else None
    return make, text + ("" if named and weights else " (the weights are others)"), categories, size
