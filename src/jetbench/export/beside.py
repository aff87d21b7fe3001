"""Accuracy of one case in two sessions, as the document of a comparison has it: figures, and a sentence of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jetbench.analysis.paired import Beside
from jetbench.domain.results import Share
from jetbench.domain.text import printable
from jetbench.export import data_words
from jetbench.export.values import figure, text


def accuracy(found: Beside | None, names: Sequence[str]) -> dict[str, Any] | None:
    """Baseline before session. None where neither was given labelled images. ``names``: of the two, in the sentence."""
    if found is None:
        return None
    test = found.test
    told = {
        "top1": [None if share is None else figure(share.value) for share in found.top1],
        "top1_ci95": [_edges(share) for share in found.top1],
        "images": None if test is None else test.images,
        "only_baseline": None if test is None else test.only_first,
        "only_session": None if test is None else test.only_second,
        "p": None if test is None else figure(test.p),
        "p_adjusted": None if test is None else figure(test.p_adjusted),
        "differ": None if test is None else test.differ,
        "reason": text(found.reason),
    }
    return {**told, "text": printable(_sentence(told, names), 1000)}


def _edges(share: Share | None) -> list[Any] | None:
    return None if share is None else [figure(edge) for edge in share.ci95]


def _sentence(told: Mapping[str, Any], names: Sequence[str]) -> str:
    shares = [
        f"N/A in {name}" if value is None else f"{data_words.share('', value, edges).strip()} in {name}"
        for name, value, edges in zip(names, told["top1"], told["top1_ci95"], strict=True)
    ]
    if told["p"] is None:
        return f"top-1 {', '.join(shares)}: not compared: {told['reason']}"
    test = {"only_first": told["only_baseline"], "only_second": told["only_session"], **told}
    return f"top-1 {', '.join(shares)}; {data_words.pair(test, names)}"
