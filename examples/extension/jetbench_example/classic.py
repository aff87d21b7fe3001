"""Two networks of LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.

Imported by the interpreter that measures, so torch is there; that of a Jetson with JetPack 4 is Python 3.6.
"""

import torch
from torch import nn

_MODELS = {
    "lenet5": {"input": "Nx1x32x32", "params": 61706},
    "mlp300": {"input": "Nx1x28x28", "params": 266610},
}


def listing():
    """What `jetbench-tui models` lists. Only the name is needed."""
    return [
        {"name": name, "family": "classic", "input": told["input"].replace("N", "1", 1), "params": told["params"]}
        for name, told in sorted(_MODELS.items())
    ]


def inputs(model):
    """What a pass is fed, as one writes it in brackets behind a name."""
    return _MODELS[model]["input"]


def build(model):
    """A model with random weights."""
    return LeNet5() if model == "lenet5" else mlp300()


class LeNet5(nn.Module):
    """C1 to F6 of the paper, with every map of S2 connected to every one of C3 and a linear output layer."""

    def __init__(self):
        super().__init__()
        self.c1, self.c3 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.c5, self.f6, self.out = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = nn.functional.avg_pool2d(torch.tanh(self.c1(x)), 2)
        x = nn.functional.avg_pool2d(torch.tanh(self.c3(x)), 2)
        x = torch.tanh(self.c5(x.flatten(1)))
        return self.out(torch.tanh(self.f6(x)))


def mlp300():
    """784-300-100-10 of the paper."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 300), nn.Tanh(), nn.Linear(300, 100), nn.Tanh(), nn.Linear(100, 10)
    )
