"""A small labelled set of images, and a small model that is trained on their colours: which are right is known."""

from __future__ import annotations

import random
from pathlib import Path

import torch

NAMES = ("black", "blue", "cyan", "green", "red", "white", "yellow")
RGB = ((20, 20, 20), (20, 20, 230), (20, 230, 230), (20, 230, 20), (230, 20, 20), (230, 230, 230), (230, 230, 20))
EACH, WRONG = 6, 1  # images a class, and how many of them show the colour of the next class
IMAGES, RIGHT = len(NAMES) * EACH, len(NAMES) * (EACH - WRONG)
MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])


class Colours(torch.nn.Module):
    """A linear classifier of the mean colour."""

    def __init__(self) -> None:
        super().__init__()
        self.last = torch.nn.Linear(3, len(NAMES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(x.mean((2, 3)))


def build() -> torch.nn.Module:
    return Colours()


def names_its_outputs() -> torch.nn.Module:
    """The same, which says what its outputs are."""
    model = Colours()
    model.categories = NAMES
    return model


def blind() -> torch.nn.Module:
    """Takes everything for black, and nothing is like it."""
    model = Colours()
    with torch.no_grad():
        model.last.weight.zero_()
        model.last.bias.copy_(torch.arange(len(NAMES), 0, -1))
    return model


def trained() -> torch.nn.Module:
    """One that tells the seven colours apart."""
    torch.manual_seed(0)
    model = Colours()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.1)
    x, y = (torch.tensor(RGB) / 255.0 - MEAN) / DEVIATION, torch.arange(len(NAMES))
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model.last(x), y).backward()
        optimiser.step()
    return model


def train(path: Path) -> None:
    """Its checkpoint."""
    model = trained()
    shown = (torch.tensor(RGB) / 255.0 - MEAN) / DEVIATION
    assert model.last(shown).argmax(1).tolist() == list(range(len(NAMES)))
    torch.save(model.state_dict(), path)


def draw(path: Path, colour: int) -> None:
    from PIL import Image

    chance = random.Random(str(path.name))
    cells = bytes(value + chance.randrange(-15, 16) for _ in range(64) for value in RGB[colour])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.frombytes("RGB", (8, 8), cells).resize((50 + chance.randrange(30), 40)).save(path)


def photos(folder: Path) -> Path:
    """A folder a class; the last images of each show the next colour."""
    for label, name in enumerate(NAMES):
        for number in range(EACH):
            shown = label if number < EACH - WRONG else (label + 1) % len(NAMES)
            draw(folder / name / f"{number}.png", shown)
    return folder
