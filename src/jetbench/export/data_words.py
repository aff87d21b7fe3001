"""What a case made of the user's images, in sentences. From the document, as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jetbench.domain.metrics import significant

MOST_PAIRS = 6  # that are all told; of more, those that differ
PLUS = (("alone_s", "the pass"), ("with_transfer_s", "with transfer"), ("end_to_end_s", "end to end"))


def sentences(data: Mapping[str, Any] | None, who: str) -> Iterator[tuple[str, bool]]:
    """(text, whether it warns)."""
    if data is None:
        return
    if data["top1"] is None:
        yield f"{who} on {data['source']}: accuracy N/A: {data['reason']}", True
    else:
        shares = f"{share('top-1', data['top1'], data['top1_ci95'])}, {share('top-5', data['top5'], data['top5_ci95'])}"
        yield f"{who} on {data['source']}: {shares} of {data['judged']} images; {data['labels']}", False
    if data["seen"] < data["images"] and data["seen"]:
        yield f"  it ended after {data['seen']} of {data['images']} images", True
    for note in data["notes"]:
        yield f"  {note}", True
    if data["left_out"]:
        yield f"  {data['left_out']} images without a class of the model are in no share", True
    if data["unread"]:
        yield f"  {data['unread']} images cannot be decoded: {data['unread_reason']}", True
    times = [f"{words} {ms(data[key]['p50'])} ms" for key, words in PLUS if data[key] is not None]
    if times:
        ratio, edges = data["real_over_synthetic"], data["real_over_synthetic_ci95"]
        within = f" [{edges[0]:.3f}, {edges[1]:.3f}]" if edges else ""
        beside = f"; {ratio:.3f}{within} times as long as random numbers" if ratio is not None else ""
        yield f"  a batch of real images: {', '.join(times)}{beside}", False


def prepared(cases: Mapping[str, str | None]) -> Iterator[str]:
    """How images became what the models are fed, each way once. ``cases``: how, by the name of the case."""
    ways: dict[str, list[str]] = {}
    for who, way in cases.items():
        if way:
            ways.setdefault(way, []).append(who)
    for way, names in ways.items():
        of = f" of {', '.join(names)}" if len(ways) > 1 else ""
        yield f"images{of} prepared: {way}"


def pairs(found: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    """``names`` of all cases of the document."""
    told = [each for each in found if each["differ"]] if len(found) > MOST_PAIRS else found
    told = sorted(told, key=lambda each: each["p"])[: 2 * MOST_PAIRS] if len(found) > MOST_PAIRS else told
    for each in told:
        yield pair(each, [names[place] for place in each["cases"]])
    if len(told) < len(found):
        differ = sum(each["differ"] for each in found)
        yield f"of {len(found)} pairs of cases on the same images {differ} differ (all of them: --json)"


def pair(found: Mapping[str, Any], names: Sequence[str]) -> str:
    """Two cases on the same images."""
    counts = f"{found['only_first']} only by {names[0]}, {found['only_second']} only by {names[1]}"
    verdict = "they differ" if found["differ"] else "no difference is shown"
    p = f"p = {significant(found['p'], 2)}"
    if found["p_adjusted"] != found["p"]:
        p += f", {significant(found['p_adjusted'], 2)} for all pairs together"
    return f"of the same {found['images']} images {counts} are told right: {verdict} (McNemar, exact: {p})"


def share(name: str, value: float | None, edges: Sequence[float] | None) -> str:
    if value is None:
        return f"{name} N/A (5 outputs or fewer)"
    within = f" [{100 * edges[0]:.1f}, {100 * edges[1]:.1f}]" if edges else ""
    return f"{name} {100 * value:.1f} %{within}"


def ms(seconds: float | None) -> str:
    return "N/A" if seconds is None else significant(seconds * 1e3)
