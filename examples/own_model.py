"""A model with two inputs, one of them a dictionary: what own-model.toml names."""

import torch


class Scaled(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.layer = torch.nn.Embedding(1000, 64), torch.nn.Linear(64, 8)

    def forward(self, ids, more):
        return {"found": self.layer(self.words(ids)) * more["scale"][..., None]}


def build():
    return Scaled()
