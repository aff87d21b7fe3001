"""SuperPoint with the backbone to choose: ``superpoint`` (its own VGG encoder), ``superpoint:resnet18`` and so on."""

from jetbench_agent.bench import inputs

PREFIX = "superpoint"
BACKBONES = ("vgg", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "resnet18")
SIZE = (240, 320)  # height, width: what it was trained with
VGG_PARAMS = 1300865


def answers(name):
    return name == PREFIX or name.startswith(PREFIX + ":")


def backbone(name):
    return name.partition(":")[2] or "vgg"


def needs_torchvision(name):
    return backbone(name) != "vgg"


def known(name):
    if backbone(name) in BACKBONES:
        return None
    return "superpoint has no backbone {!r}; there are: {}".format(backbone(name), ", ".join(BACKBONES))


def listing():
    """``superpoint`` is ``superpoint:vgg``."""
    common = {"family": "keypoints", "input": "1x{}x{}".format(*SIZE)}
    others = [dict(common, name="{}:{}".format(PREFIX, name)) for name in BACKBONES[1:]]
    return [dict(common, name=PREFIX, params=VGG_PARAMS)] + others


def form(name, batch, size):
    """Grey images."""
    return inputs.images(batch, size or SIZE, channels=1)


def build(name, weights=None):
    from jetbench_agent.bench import superpoint
    from jetbench_agent.bench.errors import UnknownModelError

    text = known(name)
    if text is not None:
        raise UnknownModelError(text)
    return superpoint.build(backbone(name))
