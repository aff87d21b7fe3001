"""``timm:NAME``: a model of timm, with random weights or, where they are here, its own (``--weights DEFAULT``)."""

import importlib.util

from jetbench_agent.bench import inputs
from jetbench_agent.bench.errors import BadModelError, first_line

PREFIX = "timm:"
DEFAULT = "DEFAULT"
MOST_NEAR = 3


def answers(name):
    return name.startswith(PREFIX)


def needs_torchvision(name):
    return True  # timm imports it


def _timm():
    if importlib.util.find_spec("timm") is None:
        from jetbench_agent.bench import sources

        raise sources.missing("timm", PREFIX + "NAME")
    try:
        import timm
    except Exception as error:  # whatever a broken installation raises
        raise BadModelError("timm cannot be imported: {}".format(first_line(error)))
    return timm


def known(name):
    import difflib

    try:
        timm = _timm()
    except BadModelError as error:
        return str(error)
    bare = name[len(PREFIX) :]
    if timm.is_model(bare):
        return None
    near = difflib.get_close_matches(bare, timm.list_models(), MOST_NEAR, 0.5)
    return "timm has no such model" + ("; did you mean {}?".format(" or ".join(near)) if near else "")


def listing():
    """All of them: over a thousand, and importing timm takes seconds. Raises BadModelError."""
    timm = _timm()
    found = []
    for name in timm.list_models():
        sides = _input(timm, name)
        found.append({"name": PREFIX + name, "family": "timm", "input": "x".join(str(side) for side in sides)})
    return found


def _input(timm, name):
    """(channels, height, width) it was published for."""
    config = timm.get_pretrained_cfg(name, allow_unregistered=True)
    return tuple(config.input_size) if config is not None else (3, 224, 224)


def form(name, batch, size):
    channels, height, width = _input(_timm(), name[len(PREFIX) :])
    return inputs.images(batch, size or (height, width), channels)


def build(name, weights=None):
    if not weights:
        return _timm().create_model(name[len(PREFIX) :], pretrained=False)
    try:
        return _pretrained(name, weights)
    except Exception as error:  # Hugging Face's libraries have a type for each way of not having it
        text = "the weights {} of {} are not on this machine; --download fetches them ({})"
        raise BadModelError(text.format(weights, name, first_line(error)[:120]))


def weights_known(name, entry):
    """Whether timm has such weights; not whether they are here, which only loading them tells."""
    timm, bare = _timm(), name[len(PREFIX) :].partition(".")[0]
    tags = [full.partition(".")[2] for full in timm.list_pretrained(bare)]
    if entry in tags or (entry == DEFAULT and tags):
        return None
    return "no weights {!r} for {}, and no such file; there are: {}".format(entry, name, ", ".join([DEFAULT] + tags))


def fetch(name, weights, say):
    if weights:
        say("downloading the weights {} of {}, where they are not on this machine".format(weights, name))
        try:
            _pretrained(name, weights)
        except Exception as error:
            raise BadModelError("the weights of {} were not downloaded: {}".format(name, first_line(error)))


def _pretrained(name, weights):
    bare = name[len(PREFIX) :]
    tagged = bare if weights == DEFAULT else "{}.{}".format(bare.partition(".")[0], weights)
    return _timm().create_model(tagged, pretrained=True)
