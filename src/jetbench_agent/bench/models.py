"""Models by name: made by the source that answers to the name, fed what the user says behind it in brackets.

    resnet18    superpoint:mobilenet_v2    net.py:build[Nx1x28x28]

What may stand in the brackets: bench/inputs.py. Sources: bench/sources.
"""

import os

from jetbench_agent.bench import inputs, sources
from jetbench_agent.bench.errors import BadModelError, UnknownModelError, first_line
from jetbench_agent.bench.offline import offline

__all__ = ["BadModelError", "UnknownModelError", "first_line"]


def is_path(weights):
    """Whether ``--weights`` names a file rather than an entry of torchvision."""
    return os.sep in weights or weights.endswith((".pt", ".pth", ".bin"))


def needs_torchvision(name):
    """Whether the model cannot be made where torchvision does not work."""
    bare = inputs.split(name)[0]
    return sources.of(bare).needs_torchvision(bare)


def is_listed(name):
    """Whether a name is one of torchvision's models, where one that is not has names that are near."""
    from jetbench_agent.bench.sources import torchvision_zoo

    return sources.of(inputs.split(name)[0]) is torchvision_zoo


def refusal(name):
    """None, or one line why there is no such model here or why it cannot be fed so. Nothing of the user's is executed.

    Where torchvision does not work, its models are not judged.
    """
    bare, brackets = inputs.split(name)
    if brackets is not None:
        try:
            inputs.parse(brackets)
        except inputs.BadInputError as error:
            return str(error)
    return sources.of(bare).known(bare)


def code_file_name(name):
    """``path.py:callable`` or ``package.module:callable`` without brackets, or None."""
    from jetbench_agent.bench.sources import user_code

    bare = inputs.split(name)[0]
    return bare if sources.of(bare) is user_code else None


def model_file(name):
    """The file that a name such as ``net.pt`` stands for, or None."""
    bare = inputs.split(name)[0]
    return getattr(sources.of(bare), "file", lambda _: None)(bare)


def listing(with_torchvision=True):
    """What has a name of its own here: a list of {name, family, size, input, params}."""
    from jetbench_agent.bench.sources import superpoint_source, torchvision_zoo

    found = torchvision_zoo.listing() if with_torchvision else []
    found += [
        entry
        for entry in superpoint_source.listing()
        if with_torchvision or not superpoint_source.needs_torchvision(entry["name"])
    ]
    return found


def listing_of(words):
    """What is listed only for who asks, since there is much of it, or it is anywhere: (the words that ask, entries).

    timm's models, the kinds of transformers, what a folder or a file holds. Raises BadModelError.
    """
    from jetbench_agent.bench import found_files
    from jetbench_agent.bench.sources import hf, timm_zoo

    asking, found = [], []
    for word in words:
        source = next((each for each in (timm_zoo, hf) if word.startswith(each.PREFIX[:-1])), None)
        if source is not None or found_files.is_place(word):
            asking.append(word)
            found += source.listing() if source is not None else found_files.listing(word)
    return asking, found


def outline(name):
    """Fields of the model event where only the file can tell them, or None: it is built and counted."""
    bare = inputs.split(name)[0]
    return getattr(sources.of(bare), "outline", lambda _: None)(bare)


def form(name, batch, size=None):
    """What a pass is fed: inputs.Form. ``size``: (height, width), or None for the model's own."""
    bare, brackets = inputs.split(name)
    if brackets is None:
        found = sources.of(bare).form(bare, batch, size)
    elif size:
        raise BadModelError("{}: an input size goes with models of images only, this one's is in brackets".format(name))
    else:
        found = _in_brackets(brackets, batch)
    if found.batch != batch:
        raise BadModelError("{}: no N in its inputs, where the batch goes: batch 1 only".format(name))
    return found


def _in_brackets(text, batch):
    try:
        return inputs.Form(inputs.parse(text), batch)
    except inputs.BadInputError as error:
        raise BadModelError(str(error))


def reads_values(name):
    """Whether what a pass does depends on the values of weights and input: a detector goes on with what it finds."""
    bare = inputs.split(name)[0]
    return getattr(sources.of(bare), "reads_values", lambda _: False)(bare)


def weights_refusal(name, weights):
    """None, or one line why there are no such weights; those in a file of the user's are judged when they are read."""
    bare = inputs.split(name)[0]
    known = getattr(sources.of(bare), "weights_known", None)
    if not weights or is_path(weights) or os.path.exists(weights) or known is None:
        return None
    try:
        return known(bare, weights)
    except BadModelError as error:
        return str(error)


def fetch(name, weights, say):
    """Download what building the model with these weights lacks: on the user's word only. Raises BadModelError."""
    bare = inputs.split(name)[0]
    get = getattr(sources.of(bare), "fetch", None)
    if get is not None:
        get(bare, None if weights and (is_path(weights) or os.path.exists(weights)) else weights, say)


def entry_file(name, entry):
    """Where torch's cache has the weights that torchvision calls ``entry``; None without such an entry."""
    from jetbench_agent.bench.sources import torchvision_zoo

    return torchvision_zoo.entry_file(inputs.split(name)[0], entry)


def build(name, weights=None):
    """A model in eval mode. ``weights``: None (random), a torchvision entry's name, or a checkpoint's path.

    Nothing is downloaded meanwhile.
    """
    from jetbench_agent.bench import checkpoints

    bare, file = inputs.split(name)[0], weights if weights and os.path.exists(weights) else None
    with offline():
        model = sources.of(bare).build(bare, None if file else weights)
    if file:
        checkpoints.load_into(model, file)
    if hasattr(model, "eval"):
        try:
            model.eval()
        except NotImplementedError:  # of an exported program, which is what it was exported as
            pass
    return model
