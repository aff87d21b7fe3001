"""SuperPoint, written from its paper: keypoints and descriptors of a grey image in one pass, any backbone.

    D. DeTone, T. Malisiewicz, A. Rabinovich: SuperPoint: Self-Supervised Interest Point Detection and
    Description. CVPR Workshops 2018 (arXiv 1712.07629), section 3 and figure 3.

A shared encoder gives a map at an eighth of the input's height and width. The detector head gives each cell of
8 x 8 pixels 65 scores, one a pixel and a "dustbin"; a softmax, without the dustbin, laid out again as pixels, is
the heatmap. The descriptor head gives each cell 256 numbers, of length 1. The pass ends there: interpolating
descriptors at the keypoints that were chosen is no part of the network.

Of another backbone the layers up to stride 8 are taken, with a first convolution for one channel.
"""

CELL = 8
SCORES, DESCRIPTOR, HEAD = CELL * CELL + 1, 256, 256
VGG = ((1, 64), (64, 64), None, (64, 64), (64, 64), None, (64, 128), (128, 128), None, (128, 128), (128, 128))


def build(backbone):
    """A module from N x 1 x H x W, H and W multiples of 8, to a dictionary. Its weights are random.

    "scores": N x H x W, "descriptors": N x 256 x H/8 x W/8.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    encoder, channels = _ENCODERS[backbone](nn)

    class SuperPoint(nn.Module):
        def __init__(self):
            super(SuperPoint, self).__init__()
            self.encoder = encoder
            self.detector = _head(nn, channels, SCORES)
            self.descriptor = _head(nn, channels, DESCRIPTOR)

        def forward(self, image):
            shared = self.encoder(image)
            scores = torch.softmax(self.detector(shared), 1)[:, :-1]
            heatmap = functional.pixel_shuffle(scores, CELL).squeeze(1)
            return {"scores": heatmap, "descriptors": functional.normalize(self.descriptor(shared), dim=1)}

    return SuperPoint()


def _head(nn, channels, outputs):
    return nn.Sequential(nn.Conv2d(channels, HEAD, 3, padding=1), nn.ReLU(True), nn.Conv2d(HEAD, outputs, 1))


def _vgg(nn):
    """Eight convolutions of 3 x 3, halved three times: figure 3 and section 3.1 of the paper."""
    layers = []
    for pair in VGG:
        if pair is None:
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(pair[0], pair[1], 3, padding=1), nn.ReLU(True)]
    return nn.Sequential(*layers), VGG[-1][1]


def _mobilenet_v2(nn):
    from torchvision.models import mobilenet_v2

    layers = list(mobilenet_v2().features[:7])  # the next block halves to 1/16
    layers[0][0] = _grey(nn, layers[0][0])
    return nn.Sequential(*layers), 32


def _mobilenet_v3_small(nn):
    from torchvision.models import mobilenet_v3_small

    layers = list(mobilenet_v3_small().features[:4])
    layers[0][0] = _grey(nn, layers[0][0])
    return nn.Sequential(*layers), 24


def _squeezenet1_1(nn):
    """Its first convolution has no padding: with it the map is an eighth exactly."""
    from torchvision.models import squeezenet1_1

    layers = list(squeezenet1_1().features[:8])  # up to the pooling to 1/16
    layers[0] = _grey(nn, layers[0], padding=1)
    return nn.Sequential(*layers), 256


def _resnet18(nn):
    from torchvision.models import resnet18

    whole = resnet18()
    first = _grey(nn, whole.conv1)
    return nn.Sequential(first, whole.bn1, whole.relu, whole.maxpool, whole.layer1, whole.layer2), 128


def _grey(nn, convolution, padding=None):
    """The same convolution for one channel."""
    return nn.Conv2d(
        1,
        convolution.out_channels,
        convolution.kernel_size,
        convolution.stride,
        convolution.padding if padding is None else padding,
        bias=convolution.bias is not None,
    )


_ENCODERS = {
    "vgg": _vgg,
    "mobilenet_v2": _mobilenet_v2,
    "mobilenet_v3_small": _mobilenet_v3_small,
    "squeezenet1_1": _squeezenet1_1,
    "resnet18": _resnet18,
}
