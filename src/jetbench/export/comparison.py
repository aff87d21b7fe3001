"""A comparison as a document (docs/compare.schema.json) and as a table made from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from rich.console import RenderableType
from rich.text import Text

from jetbench.analysis import bootstrap
from jetbench.analysis.comparability import Difference
from jetbench.analysis.comparison import FASTER, NAMES, SAME, SLOWER, UNCLEAR, Pair, Ratio, Side, percent
from jetbench.analysis.matching import Comparison, Row, Session
from jetbench.domain.metrics import significant
from jetbench.domain.text import printable, shortened
from jetbench.export import beside
from jetbench.export.columns import MAX_NAME, SETTINGS, Column, fitting
from jetbench.export.document import simulated
from jetbench.export.grid import drawn, hidden, room, show
from jetbench.export.values import figure, text

_MOST = 20  # lines of one kind below a table
_FIGURES = (("p99", "p99"), ("throughput", "items/s"), ("memory", "memory"), ("energy", "energy"))
_MISSING = "N/A"
_WRONG = "WRONG"
_STYLES = {FASTER: "green", SLOWER: "red", UNCLEAR: "yellow"} | {
    f"{word} {_WRONG}": "red" for word in (FASTER, SLOWER, SAME, UNCLEAR, _MISSING)
}


# -- the document


def document(made: Comparison) -> dict[str, Any]:
    """Only what JSON knows: no NaN, no infinity, every text printable and bounded."""
    return {
        "comparable": made.comparable,
        "anyway": made.anyway,
        **({"boards": True} if made.boards else {}),
        "zone": figure(made.zone),
        "method": {
            "statistic": "ratio of medians, other over baseline",
            "interval": "circular block bootstrap",
            "confidence": bootstrap.CONFIDENCE,
            "resamples": bootstrap.RESAMPLES,
            "seed": bootstrap.SEED,
        },
        "sessions": [_session(session) for session in made.sessions],
        "differences": [_difference(label, found) for label, each in made.differences.items() for found in each],
        "remarks": [printable(remark) for remark in made.remarks],
        "cases": [_row(row, made) for row in made.rows],
        "unmatched": [{"session": label, "case": identity(side)} for label, side in made.unmatched],
    }


def identity(side: Side) -> dict[str, Any]:
    """What a case is."""
    case, model = side.case, side.result.model
    sized = [case.batch, 3, *case.size] if case.size is not None else None
    return {
        "model": printable(case.model),
        "variant": printable(case.variant),
        "device": printable(case.device),
        "batch": case.batch,
        "input": list(model.input) if model is not None and model.input else sized,
        "threads": case.threads,
    }


def _session(session: Session) -> dict[str, Any]:
    board, software = session.setting.board, session.setting.software
    return {
        "label": session.label,
        "file": printable(session.name),
        "created": text(session.created),
        "status": printable(session.status),
        **({"member": printable(session.member)} if session.member is not None else {}),
        "board": text(board.model or board.cpu_model or board.kind) if board else None,
        "simulated": simulated(board),
        "torch": text(software.torch) if software else None,
    }


def _difference(label: str, found: Difference) -> dict[str, Any]:
    return {
        "session": label,
        "what": printable(found.what),
        "baseline": text(found.base),
        "value": text(found.other),
        "incomparable": found.incomparable,
    }


def _row(row: Row, made: Comparison) -> dict[str, Any]:
    labels = NAMES[1:] if made.within else tuple(session.label for session in made.sessions[1:])
    of = row.others[0] if made.within and row.others[0] is not None else row.base
    return {
        **identity(of),
        "baseline": identity(row.base) if made.within else None,
        "p50_s": figure(row.base.result.latency.p50) if row.base.result.latency else None,
        "pairs": [
            _pair(label, pair) if pair is not None else _no_pair(label)
            for label, pair in zip(labels, row.pairs, strict=True)
        ],
    }


def _no_pair(label: str) -> dict[str, Any]:
    return {"session": label, "verdict": None, "reason": f"{label} has no such case", **dict.fromkeys(_OF_A_PAIR)}


def _pair(label: str, pair: Pair) -> dict[str, Any]:
    base, other, interval, effect = pair.base, pair.other, pair.interval, pair.effect
    measured = other.result.latency
    return {
        "session": label,
        "verdict": pair.verdict,
        "reason": text(pair.reason),
        "text": printable(sentence(pair)),
        "p50_s": figure(measured.p50) if measured else None,
        "ratio": figure(pair.ratio),
        "ci95": [figure(interval.low), figure(interval.high)] if interval else None,
        "between_runs": pair.between_runs,
        "passes": [sum(base.rounds), sum(other.rounds)],
        "rounds": [len(base.rounds), len(other.rounds)],
        "p_faster": figure(effect.faster) if effect else None,
        "mann_whitney_p": figure(effect.p) if effect else None,
        "grades": [side.result.grade.letter if side.result.grade else None for side in (base, other)],
        "figures": {name: _ratio(found) for name, found in pair.figures.items()} if pair.figures else None,
        "notes": [printable(note) for note in pair.notes],
        "wrong": list(pair.wrong),
        "accuracy": beside.accuracy(pair.accuracy, (NAMES[0], label)),
    }


_OF_A_PAIR = (
    "text", "p50_s", "ratio", "ci95", "between_runs", "passes", "rounds", "p_faster", "mann_whitney_p", "grades",
    "figures", "notes", "wrong", "accuracy",
)  # fmt: skip


def _ratio(found: Ratio) -> dict[str, Any]:
    return {
        "ratio": figure(found.value),
        "u": figure(found.u),
        "differs": found.differs,
        "reason": text(found.reason),
    }


def sentence(pair: Pair) -> str:
    """What a verdict says, in words."""
    edge = f"{100 * pair.zone:g} %"
    if pair.ratio is None or pair.interval is None:
        return f"not compared: {pair.reason}" if pair.verdict is None else f"unclear: {pair.reason}"
    by = f"{change(pair.ratio, pair.interval.low, pair.interval.high)} %"
    return {
        SLOWER: f"slower: {by}, all of it beyond {edge}",
        FASTER: f"faster: {by}, all of it beyond {edge}",
        SAME: f"no difference shown: {by}, all of it within {edge}",
        UNCLEAR: f"unclear: {by} reaches over the edge of {edge}; measure longer (-k, --until, --rounds)",
    }[pair.verdict or UNCLEAR]


def change(ratio: float, low: float, high: float) -> str:
    """``+4.1 [+2.9, +5.4]``: percent away from 1, two significant digits of half the interval, two places at most."""
    half = (percent(high) - percent(low)) / 2
    places = max(0, min(2, 1 - math.floor(math.log10(half)))) if half > 0 else 2
    middle, begin, end = (signed(percent(value), places) for value in (ratio, low, high))
    return f"{middle} [{begin}, {end}]"


def signed(value: float, places: int = 1) -> str:
    """With its sign; what rounds to 0 has a plus."""
    return f"{round(value, places) + 0.0:+.{places}f}"


# -- the table


def print_comparison(made: Comparison, file: IO[str], width: int | None = None) -> None:
    """What is compared, what differs, the table, and what the figures cannot say themselves."""
    told = document(made)
    limit = room(file, width)
    columns = _columns(told)
    chosen = fitting(columns, told["cases"], limit, SETTINGS, least=3)
    parts: list[RenderableType] = [*_head(made, told)]
    if told["cases"]:
        parts.append(drawn(chosen, told["cases"], limit, cut="model", styles=_STYLES))
    parts += [*_legend(told, chosen), *_accuracies(told, made.within), *_notes(told), *_alone(told)]
    parts += hidden(columns, chosen)
    show(parts, file, limit)


def _columns(told: Mapping[str, Any]) -> list[Column]:
    columns = [_words("model", 100), _words("variant", 30), _words("device", 5)]
    columns += [_words("batch", 45, numeric=True), _words("input", 10)]
    columns.append(Column("A p50", "ms", lambda row: _ms(row["p50_s"]), 80))
    labels = [pair["session"] for pair in told["cases"][0]["pairs"]] if told["cases"] else []
    for place, label in enumerate(labels):
        columns += _of_session(place, label)
    return columns


def _words(name: str, keep: int, numeric: bool = False) -> Column:
    def cell(row: Mapping[str, Any]) -> str:
        value = row[name]
        if value is None:
            return _MISSING
        return "x".join(map(str, value)) if isinstance(value, list) else shortened(value, MAX_NAME)

    return Column(name, "", cell, keep, numeric)


def _of_session(place: int, label: str) -> Iterator[Column]:
    def of(name: str) -> Any:
        return lambda row: row["pairs"][place][name]

    p50, p_faster, p = of("p50_s"), of("p_faster"), of("mann_whitney_p")
    yield Column(f"{label} p50", "ms", lambda row: _ms(p50(row)), 81)
    yield Column(f"{label} change", "% [95 %]", lambda row: _change(row["pairs"][place]), 95)
    yield Column(f"{label} verdict", "", lambda row: _verdict(row["pairs"][place]), 96, numeric=False)
    yield Column(f"{label} P(faster)", "", lambda row: _share(p_faster(row)), 58)
    yield Column(f"{label} p", "", lambda row: _share(p(row), 3), 20)
    for name, title in _FIGURES:
        yield Column(f"{label} {title}", "%", _further(place, name), 50)


def _further(place: int, name: str) -> Any:
    """In brackets where it is within its uncertainty."""

    def cell(row: Mapping[str, Any]) -> str:
        found = (row["pairs"][place]["figures"] or {}).get(name)
        if not found or found["ratio"] is None:
            return _MISSING
        shown = signed(percent(found["ratio"]))
        return f"({shown})" if found["differs"] is False else shown

    return cell


def _ms(seconds: float | None) -> str:
    return _MISSING if seconds is None else significant(seconds * 1e3)


def _share(value: float | None, places: int = 2) -> str:
    if value is None:
        return _MISSING
    return f"<{10**-places:.{places}f}" if 0 < value < 10**-places else f"{value:.{places}f}"


def _verdict(pair: Mapping[str, Any]) -> str:
    """Marked where one of the two gives another answer than fp32: it may be as fast as it likes."""
    word: str = pair["verdict"] or _MISSING
    return f"{word} {_WRONG}" if any(pair["wrong"] or ()) else word


def _change(pair: Mapping[str, Any]) -> str:
    if pair["ratio"] is None:
        return _MISSING
    return change(pair["ratio"], *pair["ci95"]) if pair["ci95"] else f"{signed(percent(pair['ratio']))} [N/A]"


def _head(made: Comparison, told: Mapping[str, Any]) -> Iterator[Text]:
    """What is compared, and whether that may be done."""
    for session in told["sessions"]:
        made_up = "SIMULATED BOARD" if session["simulated"] else None
        torch = f"torch {session['torch']}" if session["torch"] else None
        status = session["status"] if session["status"] != "done" else None
        about = ", ".join(filter(None, (session["board"], torch, session["created"], status, made_up)))
        name = session.get("member") or session["file"]
        yield Text(f"{session['label']}  {name}: {about}", "bold yellow" if made_up else "bold")
    if made.within and made.rows:
        yield Text(f"A is {said(identity(made.rows[0].base))}, B the case of a row")
    for incomparable in (True, False):
        for session in told["sessions"][1:]:
            found = [d for d in told["differences"] if d["session"] == session["label"]]
            words = [_told(difference) for difference in found if difference["incomparable"] is incomparable]
            if words and incomparable and made.boards:
                yield Text(f"{session['label']} is another board than A: {', '.join(words)}", "dim")
            elif words and incomparable:
                yield Text(f"NOT COMPARABLE, compared anyway: {session['label']}: {', '.join(words)}", "bold yellow")
            elif words:
                yield Text(f"{session['label']} differs in {', '.join(words)}", "dim")
    for remark in told["remarks"]:
        yield Text(remark, "yellow")


def _told(difference: Mapping[str, Any]) -> str:
    base, value = (difference[name] or "not recorded" for name in ("baseline", "value"))
    return f"{difference['what']} ({base} in A, {value} here)"


def said(case: Mapping[str, Any]) -> str:
    """``resnet18 fp32 b1 224x224 cpu``."""
    size = " " + "x".join(map(str, case["input"][2:])) if case["input"] else ""
    return f"{printable(case['model'])} {case['variant']} b{case['batch']}{size} {case['device']}"


def _legend(told: Mapping[str, Any], columns: Sequence[Column]) -> Iterator[Text]:
    """How the table is read: what is in it and no more."""
    pairs = [pair for row in told["cases"] for pair in row["pairs"]]
    verdicts = {pair["verdict"] for pair in pairs}
    edge = f"±{100 * told['zone']:g} %"
    parts = []
    if verdicts & {FASTER, SLOWER}:
        parts.append(f"FASTER, SLOWER: the whole interval lies beyond {edge}")
    if SAME in verdicts:
        parts.append(f"SAME: no difference shown, the whole interval lies within {edge}")
    if UNCLEAR in verdicts:
        parts.append(f"UNCLEAR: it reaches over the edge of {edge}, measure longer (-k, --until, --rounds)")
    if parts:
        yield Text("; ".join(parts), "dim")
    figures = [found for pair in pairs for found in (pair["figures"] or {}).values()]
    titles = " ".join(column.title for column in columns)
    if "P(faster)" in titles:
        yield Text("P(faster): how often a pass is faster than one of A; p: of Mann and Whitney's test", "dim")
    if any(found["differs"] is False for found in figures) and any(title in titles for _, title in _FIGURES):
        yield Text("in brackets: no difference shown, it is within twice the combined uncertainty", "dim")


def _accuracies(told: Mapping[str, Any], within: bool) -> Iterator[Text]:
    """Of the cases that were given labelled images."""
    several = within or any(len(row["pairs"]) > 1 for row in told["cases"])
    for row in told["cases"]:
        for pair in row["pairs"]:
            if pair["accuracy"] is not None:
                who = f"{said(row)}, {pair['session']}" if several else said(row)
                yield Text(f"{who}: {pair['accuracy']['text']}")


def _notes(told: Mapping[str, Any]) -> Iterator[Text]:
    """Each once, with the cases it is about where it is not about all of them."""
    about: dict[str, list[str]] = {}
    total = 0
    for row in told["cases"]:
        for pair in row["pairs"]:
            total += 1
            for note in [*(pair["notes"] or ()), *_reasons(pair)]:
                about.setdefault(note, []).append(said(row))
    for note, cases in list(about.items())[:_MOST]:
        who = "" if len(cases) == total else f"{', '.join(dict.fromkeys(cases[:3]))}" + _more(len(cases) - 3) + ": "
        yield Text(f"{who}{note}", "dim")
    if len(about) > _MOST:
        yield Text(f"{len(about) - _MOST} more remarks are in --json", "dim")


def _reasons(pair: Mapping[str, Any]) -> Iterator[str]:
    if pair["reason"]:
        yield pair["reason"]
    missing: dict[str, list[str]] = {}
    titles = dict(_FIGURES)
    for name, found in (pair["figures"] or {}).items():
        if found["ratio"] is None:
            missing.setdefault(found["reason"] or _MISSING, []).append(titles[name])
    for reason, names in missing.items():
        yield f"{', '.join(names)} N/A ({reason})"


def _alone(told: Mapping[str, Any]) -> Iterator[Text]:
    for label in dict.fromkeys(found["session"] for found in told["unmatched"]):
        cases = [said(found["case"]) for found in told["unmatched"] if found["session"] == label]
        yield Text(f"only in {label}: {', '.join(cases[:_MOST])}{_more(len(cases) - _MOST)}", "yellow")


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
