"""Events about what a model gives: of a variant beside fp32, and of images beside their labels."""

from __future__ import annotations

from jetbench.domain.event_base import Event


class Agreement(Event, tag="agreement", frozen=True):
    """How far the output lies from that of fp32 eager with the same weights and input."""

    c: int
    error: float | None = None  # relative, the largest over the output tensors: |variant - fp32| / |fp32|
    reason: str | None = None  # why there is none
    not_finite: bool = False  # it gives infinity or no number where fp32 gives numbers


class Data(Event, tag="data", frozen=True):
    """The images a case was given after its passes, and how their classes are outputs of the model."""

    c: int
    source: str = ""  # as it was named
    images: int = 0
    classes: int = 0  # of the images; 0: they have no labels
    outputs: int | None = None  # of the model
    labels: str | None = None  # the rule by which a class is an output
    prepared: str | None = None  # how an image becomes what the model is fed
    sha256: str | None = None  # over names, sizes and classes of the images in their order
    notes: tuple[str, ...] = ()  # what was left out
    reason: str | None = None  # why there is no accuracy


class Hits(Event, tag="hits", frozen=True):
    """One letter an image: 1 right, 5 among the first five, 0 neither, - no class of the model, x not to be decoded."""

    c: int
    i: int = 0  # number of the first image
    hits: str = ""
    # ns a batch: read decode prepare h2d forward d2h, and synthetic: the same pass over random numbers.
    parts: dict[str, tuple[int, ...]] = {}
    unread: str | None = None  # why the first one that could not be decoded could not
