"""The lines below a table of results: what the figures cannot say themselves. From the document, as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from jetbench.domain.metrics import significant, with_uncertainty
from jetbench.domain.text import shortened
from jetbench.export import data_words
from jetbench.export.columns import MAX_NAME, SETTINGS, UNSUPPORTED, Case, Column
from jetbench.export.columns import told as there

NEEDED = (("p90", 29), ("p95", 59), ("p99", 299))  # independent passes: n >= ln 0.05 / ln q


class Remark(msgspec.Struct, frozen=True):
    text: str
    style: str = ""


def remarks(made: Mapping[str, Any], columns: Sequence[Column]) -> Iterator[Remark]:
    """In the order in which they matter. ``columns``: those that had room."""
    cases: Sequence[Case] = made["cases"]
    for case in cases:
        yield from _ended_badly(case, cases)
    for warning in made["warnings"]:
        yield Remark(warning, "yellow")
    yield from _grades(cases)
    yield from _counted(cases)
    for case in cases:
        yield from _of_measured(case, cases)
    ways = {name(case, cases): case["data"]["prepared"] for case in cases if case["data"]}
    yield from (Remark(text, "dim") for text in data_words.prepared(ways))
    names = [name(case, cases) for case in cases] if made["paired"] else []
    yield from (Remark(text) for text in data_words.pairs(made["paired"], names))
    yield from _notes(cases)
    yield from _expectations(made["expectations"])
    if any(UNSUPPORTED in column.cell(case) for column in columns if column.title in ("p95", "p99") for case in cases):
        needs = ", ".join(f"{name} {count}" for name, count in NEEDED[1:])
        yield Remark(f"{UNSUPPORTED} fewer passes than that percentile needs ({needs}): near the slowest one", "dim")
    hidden = [column.title for column in there(cases) if column not in columns and column.title not in SETTINGS]
    if hidden:
        yield Remark(f"not shown at this width: {', '.join(hidden)}")


def name(case: Case, cases: Sequence[Case]) -> str:
    """The model, and what tells the case from others of it."""
    others = [other for other in cases if other["model"] == case["model"]]
    apart = [key for key in SETTINGS if len({str(other[key]) for other in others}) > 1]
    return " ".join(
        [
            shortened(case["model"], MAX_NAME),
            *(f"b{case[key]}" if key == "batch" else _said(case[key]) for key in apart),
        ]
    )


def _said(value: Any) -> str:
    return "x".join(map(str, value[2:])) if isinstance(value, list) else str(value)


def _ended_badly(case: Case, cases: Sequence[Case]) -> Iterator[Remark]:
    if not case["error"]:
        return
    yield Remark(f"{name(case, cases)}: {case['error']}", "red")
    for line in case["evidence"]:
        yield Remark(f"  seen: {line}", "dim")
    for number, remedy in enumerate(case["remedies"], 1):
        needs = f" (needs about {remedy['need_mib']:.0f} MiB)" if remedy["need_mib"] is not None else ""
        yield Remark(f"  {number}. {remedy['text']}{needs}")


def _grades(cases: Sequence[Case]) -> Iterator[Remark]:
    """A line a case, without what holds for all of them."""
    graded = [case for case in cases if case["grade"] is not None]
    reasons = [case["grade_reasons"] for case in graded]
    shared = [text for text in reasons[0] if all(text in other for other in reasons)] if len(graded) > 1 else []
    for case in graded:
        own = [text for text in case["grade_reasons"] if text not in shared]
        if own:
            yield Remark(f"grade {case['grade']} of {name(case, cases)}: {'; '.join(own)}", "dim")
    if shared:
        yield Remark(f"grades of all: {'; '.join(shared)}", "dim")


def _counted(cases: Sequence[Case]) -> Iterator[Remark]:
    shares = {case["model"]: (case["counted"] or {}).get("disagreement_share") for case in cases}
    differ = [f"{model} {share:+.1%}" for model, share in shares.items() if share is not None]
    if differ:
        yield Remark(f"MACs by the second way of counting: {', '.join(differ)} (jetbench-tui count says why)", "dim")


def _of_measured(case: Case, cases: Sequence[Case]) -> Iterator[Remark]:
    who = name(case, cases)
    if case["memory"]["verdict"] == "tight":
        yield Remark(f"{who}: {case['memory']['text']}", "yellow")
    if case["verdict"] is not None:
        sure = f" ({case['why']['sure']} sure)" if case["why"]["sure"] else ""
        yield Remark(f"{who}: {case['verdict']}{sure}", "red" if case["why"]["kind"] == "stalled" else "bold")
    if case["output"] is not None:
        yield from _output(case["output"], who)
    yield from (Remark(text, "yellow" if warns else "") for text, warns in data_words.sentences(case["data"], who))
    if case["cold_start_text"] is not None:
        yield Remark(f"{who}: {case['cold_start_text']}")
    if case["end_to_end_s"] is not None:
        parts = ", ".join(f"{part} {_ms(found['p50'])}" for part, found in case["parts_s"].items())
        yield Remark(f"{who} end to end: p50 {_ms(case['end_to_end_s']['p50'])} ms: {parts}")
    for number, sentence in enumerate((case.get("soak") or {}).get("sentences", ())):
        yield Remark(f"  {sentence}" if number else f"{who} soak: {sentence}")
    if case["transfers_s"]:
        copies = ", ".join(f"{way} {_ms(found['p50'])} ms" for way, found in case["transfers_s"].items())
        yield Remark(f"{who}: copies apart from the passes: {copies}")
    if case["energy_from"] is not None:
        yield from _energy(case, who)
    if case.get("duty") is not None:
        yield Remark(f"{who} {_duty(case['duty'])}")


def _output(output: Mapping[str, Any], who: str) -> Iterator[Remark]:
    """Of a variant: a fast wrong answer is none."""
    if output["error"] is None and output["wrong"]:
        yield Remark(f"{who}: WRONG OUTPUT: {output['reason']}", "red")
    elif output["error"] is None:
        yield Remark(f"{who}: its output is not compared with that of fp32: {output['reason']}", "yellow")
    elif output["wrong"]:
        text = f"relative error {output['error']:.2g} against fp32, {output['limit']:g} is what its format explains"
        yield Remark(f"{who}: WRONG OUTPUT: {text}", "red")


def _energy(case: Case, who: str) -> Iterator[Remark]:
    if case["idle_w"] is not None:
        idle = with_uncertainty(case["idle_w"], case["idle_u_w"] or 0.0)
        net = f"net energy N/A ({case['energy_net_reason']})"
        if case["energy_net_j"] is not None:
            net = f"{with_uncertainty(case['energy_net_j'], case['energy_net_u_j'])} J above that"
        rate = f"{significant(case['items_per_j'])} a joule" if case["items_per_j"] is not None else ""
        yield Remark(f"{who}: {idle} W at rest, {net}, {rate}".rstrip(", "))


def _expectations(scores: Sequence[Mapping[str, Any]]) -> Iterator[Remark]:
    styles = {"supported": "green", "not supported": "red"}
    for score in scores:
        why = f"; likely: {score['why']}" if score["why"] else ""
        text = f"expected {score['expected']}: {score['verdict']}: {score['measured']}{why}"
        yield Remark(text, styles.get(score["verdict"], "yellow"))


def _notes(cases: Sequence[Case]) -> Iterator[Remark]:
    """About energies: each note once, with the cases it is about."""
    measured = [case for case in cases if case["energy_from"] is not None]
    notes: dict[str, list[str]] = {}
    for case in measured:
        for note in case["energy_notes"]:
            notes.setdefault(note, []).append(name(case, cases))
    for note, names in notes.items():
        who = "" if len(names) == len(measured) else f" of {', '.join(names)}"
        yield Remark(f"energy{who}: {note}", "dim")


def _duty(told: Mapping[str, Any]) -> str:
    rate = f"at {told['rate_hz']:g} a second"
    if told["reason"] is not None:
        return f"{rate}: N/A: {told['reason']}"
    hours = ""
    if told["hours"] is not None:
        hours = f", {with_uncertainty(told['hours'], told['hours_u'] or 0.0)} h from {told['battery_wh']:g} Wh"
    return f"{rate}: {with_uncertainty(told['power_w'], told['power_u_w'] or 0.0)} W{hours}"


def _ms(seconds: float | None) -> str:
    return "N/A" if seconds is None else significant(seconds * 1e3)
