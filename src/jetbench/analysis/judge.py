"""Whether a figure that was written down is right: against what was counted, or what is published."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import ascii_letters

import msgspec

from jetbench.analysis import identify
from jetbench.analysis.claims import MISSING, Claim, Figure
from jetbench.analysis.counts import SAME
from jetbench.analysis.identify import Published
from jetbench.analysis.reference import Reference, Size, by, closest, named, references, rows, table
from jetbench.domain.events import Model
from jetbench.domain.metrics import significant

NEAR = 0.10  # counters that add normalisation, activations, pooling and biases come up to this much higher
FINE = ("right", "identified", "missing")  # kinds of verdicts that leave nothing to correct
_PREFIXES = {10**3: "k", 10**6: "M", 10**9: "G", 10**12: "T", 1: ""}


class Verdict(msgspec.Struct, frozen=True):
    """``kind``: right; identified (a model by its parameters); missing (nobody wrote a figure; the text gives it);
    unit (it is one, of another name); model (it is another model's); different; unknown; unreadable."""

    line: int
    model: str | None
    column: str
    raw: str
    kind: str
    text: str
    reference: Reference | None


def wanted(claims: Iterable[Claim]) -> tuple[tuple[str, Size | None], ...]:
    """What to count for them: torchvision's classification models that they name, or have the parameters of, with
    the size of the input where it is said."""
    found: dict[tuple[str, Size | None], None] = {}
    for claim in claims:
        for row in rows(claim, identify.table()):
            if row.family == "classification" and not row.note:
                found[row.model, claim.size] = None
    return tuple(found)


def judge(claim: Claim, counted: Sequence[Model], size: Size | None = None) -> tuple[Verdict, ...]:
    """A verdict for the parameters of a row, where it has some, and one for every figure in it.

    ``size``: of the input the figures are for, where the row does not say; None: the published one.
    """
    known = table(counted)
    about = rows(claim, known)
    at = claim.size or size
    compared = references(about, counted, at)
    found = []
    called = named(claim.model, known)
    unsure = claim.params_half > 0 and not called  # rounded parameters are no proof
    told = _judge_params(claim, about, called)
    if told is not None:
        only = compared[0] if len(compared) == 1 else None
        found.append(Verdict(claim.line, claim.model, "params", claim.params_raw, *told, only))
    for figure in claim.figures:
        reference = closest(figure, compared, claim.batch)
        if reference is None:
            kind, text = _judge_nothing(claim, figure, about, at)
        else:
            kind, text = _judge_figure(figure, reference)
        if kind == "different" and unsure:
            kind, text = "unknown", f"{_said(figure)}: none of what this may be takes so much"
        found.append(Verdict(claim.line, claim.model, figure.column, figure.raw, kind, text, reference))
    return tuple(found)


def _judge_params(claim: Claim, about: Sequence[Published], called: Sequence[Published]) -> tuple[str, str] | None:
    """``about``: what the row is about; ``called``: what it is called."""
    if claim.params is None:
        return _judge_no_params(claim.params_raw, called)
    said = f"{'about ' if claim.params_half else ''}{_spaced(claim.params)} parameters"
    exact = [row for row in about if abs(row.params - claim.params) <= claim.params_half]
    titles = list(dict.fromkeys(row.title for row in exact))
    if exact and any(row.model in {entry.model for entry in called} for row in exact):
        return "right", f"{said}: right for {titles[0]}"
    if exact:
        sure = "may be" if claim.params_half else "is"
        this = f"this {sure} {titles[0]}" if len(titles) == 1 else f"this {sure} one of {', '.join(titles)}"
        if called:
            return "model", f"{said}: {this}; {called[0].model} has {_spaced(called[0].params)}"
        return "identified", f"{claim.model} with {said}: {this}" if claim.model else f"{said}: {this}"
    if called:
        share = claim.params / called[0].params - 1
        return "different", f"{said}: {_off(share)} than {called[0].model} has ({_spaced(called[0].params)})"
    return "unknown", f"{f'{claim.model} with ' if claim.model else ''}{said}: no published model has so many"


def _judge_no_params(raw: str, called: Sequence[Published]) -> tuple[str, str] | None:
    if not raw:
        return None
    if raw.lower() not in MISSING:
        return "unreadable", f"params: {raw!r} is no number of parameters"
    told = f"{called[0].title} has {_spaced(called[0].params)}" if called else "not known here either"
    return "missing", f"params {raw}: {told}"


def _judge_nothing(claim: Claim, figure: Figure, about: Sequence[Published], size: Size | None) -> tuple[str, str]:
    """Of a figure that there is nothing to compare with."""
    if figure.number is None and not figure.missing:
        return _unreadable(figure)
    said = _said(figure)
    if about:
        text = f"{said} of {about[0].title}: " + (f"not counted at {by(size)}" if size else "not counted")
    elif claim.model is None and claim.params is None:
        text = f"{said}: the row does not say of which model"
    else:
        near = identify.near(claim.model or "")
        hint = f"; there are {', '.join(near)}" if near else ""
        text = f"{said} of {claim.model or 'this row'}: no model is known by that name{hint}"
        if claim.model is None:
            text = f"{said}: no model is known with so many parameters"
    return ("missing" if figure.missing else "unknown"), text


def _judge_figure(figure: Figure, reference: Reference) -> tuple[str, str]:
    said = f"{_said(figure)} of {reference.title}"
    if figure.missing:
        return "missing", f"{said}: {_both(reference, figure.scale)}"
    if figure.value is None:
        return _unreadable(figure)
    is_other = "macs" if figure.kind == "flops" else "flops"
    own, other = _in(reference, figure.kind), _in(reference, is_other)
    if _same(figure, own, reference):
        return "right", f"{said}: right ({_both(reference, figure.scale)})"
    swapped = figure.value / other - 1
    if abs(swapped) <= NEAR or _same(figure, other, reference):
        text = f"{said} are {_true(reference, is_other, figure.scale)}"
        exact = _same(figure, other, reference)
        return "unit", text + ("" if exact else f", {_off(swapped)} than that{_as(figure, reference, is_other)}")
    scaled = _other_scale(figure, reference, is_other)
    if scaled is not None:
        return "unit", f"{said} are {_true(reference, *scaled)}"
    share = figure.value / own - 1
    text = f"{said}: {_off(share)} than it takes ({_both(reference, figure.scale)})"
    return "different", text + _as(figure, reference, figure.kind)


def _said(figure: Figure) -> str:
    """With its unit once, also where the cell has it as well as the heading."""
    number = figure.raw if figure.number is None else figure.raw.rstrip(ascii_letters + " ")
    return f"{number} {_unit(figure.kind, figure.scale)}"


def _same(figure: Figure, value: float, reference: Reference) -> bool:
    """Within SAME, or within what both were rounded to."""
    assert figure.value is not None
    rounded = figure.half + reference.half * value / reference.macs
    return figure.value > 0 and abs(figure.value - value) <= max(SAME * value, rounded * (1 + 1e-9))


def _other_scale(figure: Figure, reference: Reference, is_other: str) -> tuple[str, int] | None:
    """The kind and scale that make the figure right: 300 "GFLOPs" that are MMACs."""
    assert figure.number is not None
    for factor in (10**3, 10**6, 10**9):
        for scale in (figure.scale * factor, figure.scale // factor):
            for kind in (figure.kind, is_other):
                if scale in _PREFIXES and abs(figure.number * scale / _in(reference, kind) - 1) <= SAME:
                    return kind, scale
    return None


def _as(figure: Figure, reference: Reference, kind: str) -> str:
    """Whether another counter comes to the figure."""
    for method, macs in reference.other:
        value = macs if kind == "macs" else 2 * macs
        if figure.value is not None and abs(figure.value - value) <= max(figure.half, SAME / 2 * value):
            return f", as {method} counts"
    return ""


def _unreadable(figure: Figure) -> tuple[str, str]:
    return "unreadable", f"{figure.column}: {figure.raw!r} is no number"


def _in(reference: Reference, kind: str) -> float:
    return reference.macs if kind == "macs" else 2 * reference.macs


def _true(reference: Reference, kind: str, scale: int) -> str:
    """``GMACs (0.3008; GFLOPs are 0.6015)``."""
    other = "macs" if kind == "flops" else "flops"
    first, second = _short(reference, kind, scale), _short(reference, other, scale)
    return f"{_unit(kind, scale)} ({first}; {_unit(other, scale)} are {second}{_source(reference)})"


def _both(reference: Reference, scale: int) -> str:
    parts = [f"{_short(reference, kind, scale)} {_unit(kind, scale)}" for kind in ("macs", "flops")]
    return ", ".join(parts) + _source(reference)


def _short(reference: Reference, kind: str, scale: int) -> str:
    value = _in(reference, kind) / scale
    if value >= 1e5:
        return f"{value:.0f}"
    return f"{value:.{4 if reference.source == 'counted' else 3}f}" if value >= 0.01 else significant(value)


def _source(reference: Reference) -> str:
    return "" if reference.source == "counted" else ", as published"


def _unit(kind: str, scale: int) -> str:
    return _PREFIXES[scale] + ("MACs" if kind == "macs" else "FLOPs")


def _off(share: float) -> str:
    return f"{abs(share):.1%} {'more' if share > 0 else 'less'}"


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")
