"""How fast a case was, and how far that can be trusted: percentiles, clean passes, trend, grade."""

from __future__ import annotations

from jetbench.analysis.flags import DISTURBED, WORDS
from jetbench.domain.results import CaseResult, Grade, LatencySummary, OutputError, Trend
from jetbench.tui.draw.frame import Room
from jetbench.tui.draw.labelled import Group, label_width, line, need, nice
from jetbench.tui.draw.models import GRADES
from jetbench.tui.row import Row
from jetbench.tui.text import ms, percent, significant, spaced

UNSUPPORTED = "?"  # behind a percentile that so few passes cannot tell
_SAME_N_EFF = 0.9


def latency(result: CaseResult, found: LatencySummary, room: Room) -> list[Row]:
    rate = f"{significant(result.throughput_ips or 0.0)} images/s"
    spread = f" {room.glyphs.plus_minus} {ms(found.std)}" if found.std is not None else ""
    return [
        *line("median", room, need((f"{ms(found.p50)} ms", "p50")), need((_interval(found, room), "muted")),
              need((rate, "text"))),
        *_output(result.output, room),
        *_grade(result.grade, room),
        *_clean(result, found, room),
        *_percentiles(found, room),
        *line("mean", room, need((f"{ms(found.mean)}{spread}", "text")),
              need(("min ", "muted"), (ms(found.min), "text")), need(("max ", "muted"), (ms(found.max), "text"))),
        *_passes(result, found, room),
        *_trend(result.trend, room),
    ]  # fmt: skip


def _output(found: OutputError | None, room: Room) -> list[Row]:
    """Of a variant: how far its output lies from that of fp32. A wrong answer may be as fast as it likes."""
    if found is None:
        return []
    if found.error is None and found.wrong:
        return line("output", room, need((f"WRONG: {found.reason}", "bad")))
    if found.error is None:
        return line("output", room, need((f"not compared with fp32: {found.reason}", "warn")))
    told = need((f"{found.error:.1e}{' WRONG' if found.wrong else ''}", "bad" if found.wrong else "good"))
    return line("output", room, told, need((f"relative error to fp32; {found.limit:g} is explained", "muted")))


def _interval(found: LatencySummary, room: Room) -> str:
    if found.ci95 is None:
        return "no interval below 6 passes"
    return f"{ms(found.ci95[0])} {room.glyphs.dash} {ms(found.ci95[1])} (95 %)"


def _clean(result: CaseResult, found: LatencySummary, room: Room) -> list[Row]:
    """The median of the passes without a flag, and what was flagged for what."""
    share = result.flagged_share
    if not share:
        return []
    flagged = found.n - (result.clean.n if result.clean is not None else 0)
    median = (f"{ms(result.clean.p50)} ms", "text") if result.clean is not None else ("N/A", "warn")
    groups = [need(median), need((f"{spaced(flagged)} of {spaced(found.n)} flagged, {percent(share)}", "muted"))]
    groups += [
        need((f"{letter} ", "warn"), (f"{WORDS[letter]} {spaced(result.flags[letter])}", "muted"))
        for letter in DISTURBED
        if result.flags.get(letter)
    ]
    return line("clean", room, *groups)


def _grade(found: Grade | None, room: Room) -> list[Row]:
    """The letter, and behind it every reason why it is no better."""
    if found is None:
        return []
    indent = label_width(room) + 3
    reasons = found.reasons or ("nothing speaks against these figures",)
    rows = [row for reason in reasons for row in room.paragraph(reason, indent=indent)]
    first = line("grade", room, need((found.letter, GRADES.get(found.letter, "text"))))[0]
    return [first.to(indent).put(rows[0].text.strip()), *rows[1:]]


def _percentiles(found: LatencySummary, room: Room) -> list[Row]:
    groups, marked = [], False
    for name, q, value, role in (
        ("p90", 0.90, found.p90, "text"),
        ("p95", 0.95, found.p95, "p95"),
        ("p99", 0.99, found.p99, "p99"),
    ):
        told = found.supports(q)
        marked = marked or not told
        shown = (ms(value), role) if told else (f"{ms(value)}{UNSUPPORTED}", "muted")
        groups.append(need((f"{name} ", "muted"), shown) if name != "p90" else need(shown))
    legend = [need((f"{UNSUPPORTED} told from too few passes", "faint"))] if marked else []
    return line("p90", room, *groups, *legend)


def _passes(result: CaseResult, found: LatencySummary, room: Room) -> list[Row]:
    """How many, what they are worth, and how many of them lie far out."""
    groups: list[Group] = [need((spaced(found.n), "text"))]
    if found.n_eff is not None and found.n_eff < _SAME_N_EFF * found.n:
        groups.append(need((f"worth {found.n_eff:.0f} independent ones", "muted")))
        groups += [nice((f"lag-1 {found.lag1:.2f}", "faint"))] if found.lag1 is not None else []
    if not result.flagged_share:
        groups.append(need(("none flagged", "muted")))
    far = result.outliers
    if far.slow or far.fast:
        each = [f"{far.slow} slow"] * bool(far.slow) + [f"{far.fast} fast"] * bool(far.fast)
        known = f", {far.explained} with a flag" if far.explained else ""
        text = f"{' and '.join(each)} far out{known}, {percent(far.time_share)} of the time"
        groups.append(need((text, "warn" if far.explained < far.slow + far.fast else "muted")))
    return line("passes", room, *groups)


def _trend(trend: Trend, room: Room) -> list[Row]:
    text = trend_words(trend)
    return line("trend", room, need((text, "warn"))) if text else []


def trend_words(trend: Trend) -> str | None:
    """None where the series stayed where it was, or was too short to tell."""
    onset = f"slower from pass {spaced(trend.onset)} on by the latencies alone" if trend.onset is not None else None
    if trend.kind in ("flat", "unknown") or trend.burst is None or trend.sustained is None:
        return onset
    if trend.kind == "unsteady":
        medians = [level for _, level in trend.levels]
        text = f"unsteady: {len(medians)} levels from {ms(min(medians))} to {ms(max(medians))} ms"
        return f"{text}; {onset}" if onset else text
    change = abs(trend.sustained / trend.burst - 1)
    begin = spaced(trend.levels[-1][0])
    if trend.kind == "slowdown":
        text = f"{percent(change)} slower: burst {ms(trend.burst)}, sustained {ms(trend.sustained)} ms"
        return f"{text} from pass {begin} on"
    return f"warming up: {ms(trend.burst)} to {ms(trend.sustained)} ms until pass {begin}, {percent(change)} faster"
