"""What a row of somebody's figures is about, and what is known of it: models, counted here or published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from jetbench.analysis import identify
from jetbench.analysis.claims import Claim, Figure
from jetbench.analysis.identify import Published
from jetbench.domain.events import Model

OWN = "own"  # family of a model that was counted and that nobody publishes
_ROUNDED = 0.5e6  # published figures have three decimals of 1e9
Size = tuple[int, int]  # height, width


class Reference(msgspec.Struct, frozen=True):
    """What one item of a model takes."""

    title: str
    params: int
    size: Size | None
    macs: float
    half: float  # ``macs`` was rounded to this much, either way
    source: str  # "counted" or "published"
    other: tuple[tuple[str, float], ...] = ()  # further ways of counting it


def table(counted: Iterable[Model]) -> tuple[Published, ...]:
    """Every model that is known: the published ones, and those that were counted and that nobody publishes."""
    published = identify.table()
    names = {row.model for row in published}
    own = {model.name: model.params for model in counted if model.params and model.name not in names}
    return (*published, *(Published(name, OWN, None, params, None, "", "") for name, params in own.items()))


def rows(claim: Claim, known: Sequence[Published]) -> tuple[Published, ...]:
    """The models a row is about: by parameters, which a name does not prove, else by name."""
    called = named(claim.model, known)
    if claim.params is None:
        return _plain(called)
    exact = tuple(row for row in known if abs(row.params - claim.params) <= claim.params_half)
    both = tuple(row for row in exact if row.model in {entry.model for entry in called})
    if both or (claim.params_half and called):
        return both or _plain(called)
    published = tuple(row for row in exact if row.family != OWN)
    return published or exact or _plain(called)


def named(name: str | None, known: Sequence[Published]) -> tuple[Published, ...]:
    """By name; the user's own models also by what stands behind the colon of ``net.py:build``."""
    key = identify.plain(name or "")
    if not key:
        return ()
    own = (row for row in known if row.family == OWN)
    mine = [row for row in own if key in (identify.plain(row.model), identify.plain(row.model.rpartition(":")[2]))]
    return (*identify.named(name or ""), *mine)


def _plain(found: tuple[Published, ...]) -> tuple[Published, ...]:
    return tuple(row for row in found if not row.note)


def references(about: Sequence[Published], counted: Iterable[Model], size: Size | None) -> tuple[Reference, ...]:
    """What is known of the rows' models, counted before published; for ``size`` alone where it is given."""
    found: dict[tuple[str, Size | None], Reference] = {}
    published = [(row, _square(row.size)) for row in about]
    usual = {at for _, at in published if at is not None}
    for row in about:
        for model in counted:
            if model.name == row.model and model.params == row.params and model.macs:
                reference = _counted(row, model)
                if size is not None or row.family == OWN or reference.size in usual:
                    found.setdefault((row.title, reference.size), reference)
    for row, at in published:
        if row.gmacs is not None:
            reference = Reference(row.title, row.params, at, row.gmacs * 1e9, _ROUNDED, "published")
            found.setdefault((row.title, at), reference)
    several = size is not None or len(usual) > 1
    kept = [reference for reference in found.values() if size is None or reference.size == size]
    return tuple(replace(reference, title=_title(reference)) if several else reference for reference in kept)


def _counted(row: Published, model: Model) -> Reference:
    batch = model.input[0] if model.input else 1
    at = (model.input[-2], model.input[-1]) if len(model.input) > 2 else None
    ways = [count for count in model.counts if count.macs and count.method != model.method]
    other = tuple((count.method, (count.macs or 0) / batch) for count in ways)
    return Reference(row.title, row.params, at, (model.macs or 0) / batch, 0.0, "counted", other)


def _square(size: int | None) -> Size | None:
    return None if size is None else (size, size)


def _title(reference: Reference) -> str:
    return reference.title if reference.size is None else f"{reference.title} at {by(reference.size)}"


def by(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def closest(figure: Figure, references: Iterable[Reference], batch: int) -> Reference | None:
    """Where several models or sizes are meant, the one that the figure fits best; of one item or of the batch."""

    def distance(reference: Reference) -> float:
        if figure.value is None:
            return 0.0
        return min(abs(figure.value / (reference.macs * factor) - 1) for factor in (1, 2))

    found = list(references)
    if batch > 1:
        found = [whole for reference in found for whole in (reference, _times(reference, batch))]
    return min(found, key=distance, default=None)


def _times(reference: Reference, batch: int) -> Reference:
    other = tuple((method, macs * batch) for method, macs in reference.other)
    title = f"{reference.title}, {batch} items,"
    return replace(reference, title=title, macs=reference.macs * batch, half=reference.half * batch, other=other)
