"""What follows from the figures, and what may be wrong with them: sentences made from the results documents alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from jetbench.domain.metrics import significant
from jetbench.export.report.tables import named

Documents = Sequence[Mapping[str, Any]]
Named = tuple[str, Mapping[str, Any]]
TWICE = 2.0  # a ratio worth a sentence
MOST_PAIRS = 5


def points(made: Documents) -> tuple[str, ...]:
    """The most telling first."""
    cases = [(name, case) for name, case in named(made) if case["latency_s"]]
    return (
        *_verdicts(cases),
        *_wrong(cases),
        *_fastest([(name, case) for name, case in cases if not (case["output"] and case["output"]["wrong"])]),
        *_paradoxes(cases),
        *_cold(cases),
        *_frugal(cases),
        *_batches(cases),
        *_counts(cases),
        *_failures(made),
    )


def threats(made: Documents) -> tuple[str, ...]:
    """Threats to validity: why another run may come to something else."""
    found: dict[str, None] = {}
    for document in made:
        for text in (*_of_protocol(document), *document["warnings"]):
            found[text] = None
    for name, case in named(made):
        if case["grade_reasons"] and case["grade"] in ("C", "D"):
            found[f"{name}, grade {case['grade']}: {'; '.join(case['grade_reasons'])}"] = None
        for note in case["energy_notes"]:
            found[f"{name}: {note}"] = None
    return tuple(found)


def _verdicts(cases: Sequence[Named]) -> Iterator[str]:
    return (f"{name}: {case['verdict']}" for name, case in cases if case["verdict"])


def _wrong(cases: Sequence[Named]) -> Iterator[str]:
    """A fast wrong answer is none."""
    for name, case in cases:
        output = case["output"]
        if output is not None and output["wrong"]:
            told = output["reason"]
            if output["error"] is not None:
                told = f"relative error {output['error']:.2g}, and {output['limit']:g} is what its format explains"
            yield f"{name} gives a WRONG OUTPUT against fp32: {told}."


def _fastest(cases: Sequence[Named]) -> Iterator[str]:
    if len(cases) < 2:
        return
    ranked = sorted(cases, key=lambda pair: _per_item(pair[1]))
    (first, fast), (last, slow) = ranked[0], ranked[-1]
    ratio = _per_item(slow) / _per_item(fast) if _per_item(fast) else 0.0
    yield (
        f"{first} is the fastest with {_ms(_per_item(fast))} ms an item, {last} the slowest"
        f" with {_ms(_per_item(slow))} ms: {significant(ratio, 3)} times as long."
    )


def _paradoxes(cases: Sequence[Named]) -> Iterator[str]:
    """Fewer multiply-adds and yet slower, beyond the intervals: what the lab could not explain."""
    found = []
    for one, other in combinations(cases, 2):
        (less, few), (more, many) = sorted((one, other), key=lambda pair: _macs(pair[1]))
        if not 0 < _macs(few) < _macs(many) or few["device"] != many["device"] or few["variant"] != many["variant"]:
            continue
        slow, fast = few["latency_s"]["ci95"], many["latency_s"]["ci95"]
        if slow is None or fast is None or slow[0] / few["batch"] <= fast[1] / many["batch"]:
            continue
        factor = _macs(many) / _macs(few)
        longer = _per_item(few) / _per_item(many)
        found.append(
            (
                factor * longer,
                f"{less} has {significant(factor, 3)} times fewer MACs than {more} and takes"
                f" {significant(longer, 3)} times as long: {_rate(few)} against {_rate(many)} GMACs a second."
                " Multiply-adds alone do not tell the time.",
            )
        )
    yield from (text for _, text in sorted(found, reverse=True)[:MOST_PAIRS])


def _cold(cases: Sequence[Named]) -> Iterator[str]:
    return (f"{name}: {case['cold_start_text']}" for name, case in cases if case["cold_start_text"])


def _frugal(cases: Sequence[Named]) -> Iterator[str]:
    measured = [(name, case) for name, case in cases if case["energy_j"] is not None]
    if len(measured) < 2:
        return
    (first, least), (last, most) = (choose(measured, key=lambda pair: pair[1]["energy_j"]) for choose in (min, max))
    yield (
        f"{first} costs the least energy, {significant(least['energy_j'], 3)} J an item; {last} the most,"
        f" {significant(most['energy_j'], 3)} J."
    )


def _batches(cases: Sequence[Named]) -> Iterator[str]:
    """What a larger batch brings, model by model."""
    by: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for _, case in cases:
        key = (case["model"], case["variant"], case["device"], str((case["input"] or [])[1:]))
        by.setdefault(key, []).append(case)
    for (model, *_), found in by.items():
        small, large = (choose(found, key=lambda case: case["batch"]) for choose in (min, max))
        if small["batch"] == large["batch"] or not small["throughput_ips"] or not large["throughput_ips"]:
            continue
        gain = large["throughput_ips"] / small["throughput_ips"]
        longer = significant(large["latency_s"]["p50"] / small["latency_s"]["p50"], 3)
        yield (
            f"{model}: batch {large['batch']} instead of {small['batch']} gives {significant(gain, 3)} times the"
            f" throughput, and a pass takes {longer} times as long."
        )


def _counts(cases: Sequence[Named]) -> Iterator[str]:
    seen = {}
    for _, case in cases:
        if case["counted"] and case["counted"]["disagreement"]:
            seen[case["model"]] = case["counted"]["disagreement"]
    return (f"{model}: {text}." for model, text in seen.items())


def _failures(made: Documents) -> Iterator[str]:
    for name, case in named(made):
        if case["status"] in ("failed", "refused"):
            remedy = f" What would help: {case['remedies'][0]['text']}." if case["remedies"] else ""
            yield f"{name} was not measured: {case['error']}.{remedy}"


def _of_protocol(document: Mapping[str, Any]) -> Iterator[str]:
    protocol = document["protocol"]
    if protocol is None:
        return
    if protocol["rounds"] == 1:
        yield "One round was measured: how much another run differs is not known, and the order of cases may matter."
    if protocol["k"] is not None and protocol["k"] < 30:
        yield f"{protocol['k']} passes a case: percentiles above the median are near the slowest pass."
    if protocol["shared_cores"]:
        yield "The passes shared a core with the screen and the sensors."
    if not protocol["end_to_end"]:
        yield "The input was synthetic, and warm in the cache: reading and preparing real images is not in the latency."
    if not protocol["cooldown_s"]:
        yield "The board was not let cool between the cases."


def _per_item(case: Mapping[str, Any]) -> float:
    return float(case["latency_s"]["p50"]) / int(case["batch"])


def _macs(case: Mapping[str, Any]) -> float:
    return float(case["macs"] or 0) / int(case["batch"])


def _rate(case: Mapping[str, Any]) -> str:
    return significant(_macs(case) / _per_item(case) * 1e-9, 3) if _per_item(case) else "N/A"


def _ms(seconds: float) -> str:
    return significant(seconds * 1e3)
